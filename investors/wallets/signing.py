"""
Who signed: the address behind a personal_sign signature. Deterministic, no network, no keys of our own.

source  EIP-191 (version 0x45), EIP-55, EIP-2 (low s), SEC 1 section 4.1.6 by the library eth-keys
"""

import re
from functools import cache
from importlib import import_module
from typing import Any

from eth_hash.auto import keccak

from portal.domain.errors import Invalid

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]*)", re.ASCII)


class BadAddress(Invalid):
    """What was typed is no Ethereum address, or has a typing error that its checksum shows."""

    code = "bad-address"


class BadSignature(Invalid):
    """The text is no signature that could have been made over any message."""

    code = "bad-signature"


def checksum_address(text: str) -> str:
    """
    The address in EIP-55 capitals. Mixed capitals that are not those are a typing error; all lower or upper is taken.

    raises  BadAddress
    """
    given = text.strip()
    digits = given[2:]
    if not (given[:2] in ("0x", "0X") and re.fullmatch("[0-9a-fA-F]{40}", digits, re.ASCII)):
        raise BadAddress("An address is 0x and 40 hexadecimal digits.", field="address")
    proper = _capitals(digits.lower())
    if digits not in (digits.lower(), digits.upper(), proper[2:]):
        raise BadAddress(
            "The capitals of this address are not those of its checksum: a character is mistyped.",
            field="address",
            next_step="Copy the address from the wallet.",
            source="EIP-55",
        )
    return proper


def parsed_signature(text: str) -> bytes:
    """
    65 bytes r, s, v with v 0 or 1, of hexadecimal text.

    raises  BadSignature: wrong length, not hexadecimal, r or s out of range, s in the upper half, v unknown
    """
    found = _HEX.fullmatch("".join(text.split()))
    if found is None or len(found[1]) != 130:
        raise BadSignature(
            "A signature is 0x and 130 hexadecimal digits.",
            field="signature",
            next_step="Paste the whole signature. Contract wallets, which sign otherwise, are not supported.",
        )
    raw = bytes.fromhex(found[1])
    r, s, v = int.from_bytes(raw[:32]), int.from_bytes(raw[32:64]), raw[64]
    if not (0 < r < ORDER and 0 < s < ORDER):
        raise BadSignature("The numbers of this signature lie outside the curve's order.", field="signature")
    if s > ORDER // 2:
        raise BadSignature(
            "The signature's second half is the larger of two equal ones, which could be made from somebody else's.",
            field="signature",
            next_step="Sign again with a wallet of today: each makes the smaller one.",
            source="EIP-2",
        )
    parity = {0: 0, 1: 1, 27: 0, 28: 1}.get(v)
    if parity is None:
        raise BadSignature(f"The signature ends in {v}; it ends in 27 or 28.", field="signature")
    return raw[:64] + bytes([parity])


def signer(message: str, signature: bytes) -> str:
    """
    Address whose key made this signature over the message by personal_sign.

    signature  65 bytes as `parsed_signature` gives them
    returns    EIP-55; any well-formed signature recovers to somebody, so compare it
    raises     BadSignature when it recovers to no point
    """
    text = message.encode()
    digest = keccak(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)
    eth_keys = _eth_keys()
    try:
        key = eth_keys.keys.Signature(signature_bytes=signature).recover_public_key_from_msg_hash(digest)
    except (eth_keys.exceptions.BadSignature, eth_keys.exceptions.ValidationError):
        raise BadSignature("Nobody's key can have made this signature.", field="signature") from None
    return str(key.to_checksum_address())


@cache
def _eth_keys() -> Any:
    # 25 MB that a process needs only once somebody proves a wallet in it.
    return import_module("eth_keys")


def _capitals(digits: str) -> str:
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        one.upper() if int(mark, 16) >= 8 else one for one, mark in zip(digits, marks, strict=False)
    )
