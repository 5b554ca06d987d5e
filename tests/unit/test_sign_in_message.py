"""The message that a wallet signs, and what a signature tells of its signer (EIP-4361, EIP-191, EIP-55)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from investors.domain.sign_in_message import NotASignInMessage, SignInMessage, parsed
from investors.wallets.signing import (
    ORDER,
    BadAddress,
    BadSignature,
    checksum_address,
    parsed_signature,
    signer,
)
from tests.factories.keys import Key

ISSUED = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MESSAGE = SignInMessage(
    domain="portal.example:8000",
    address="0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    statement="Show that this address is yours.",
    uri="https://portal.example:8000/wallets/",
    chain_id=1,
    nonce="0123456789abcdef",
    issued_at=ISSUED,
    expires_at=ISSUED + timedelta(minutes=10),
)

TEXT = """portal.example:8000 wants you to sign in with your Ethereum account:
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed

Show that this address is yours.

URI: https://portal.example:8000/wallets/
Version: 1
Chain ID: 1
Nonce: 0123456789abcdef
Issued At: 2026-11-22T09:30:00Z
Expiration Time: 2026-11-22T09:40:00Z"""
# Published with EIP-55.
CHECKSUMMED = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


def test_the_message_is_written_as_the_standard_shows_it_and_read_back():
    assert MESSAGE.text() == TEXT
    assert parsed(TEXT) == MESSAGE
    assert parsed(TEXT.replace("\n", "\r\n") + "\r\n") == MESSAGE


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Version: 1", "Version: 2", "its version is 2"),
        ("Chain ID: 1", "Chain ID: one", "chain id is no whole number"),
        ("Chain ID: 1", "Chain ID: ١", "chain id is no whole number"),
        ("Nonce: 0123456789abcdef", "Nonce: 0123456", "nonce is not 8 to 64"),
        ("Nonce: ", "Once: ", "line 9 should begin with “Nonce: ”"),
        ("2026-11-22T09:30:00Z", "2026-02-30T09:30:00Z", "“Issued At” is no instant"),
        ("2026-11-22T09:40:00Z", "2026-11-22T09:40:00", "“Expiration Time” is no instant"),
        ("0x5aAeb", "0x5aAe", "second line is no address"),
        (" wants you to sign in", " asks you to sign in", "first line does not say which site"),
        ("\nURI", "more\nURI", "third and fifth line should be empty"),
        ("\nVersion", "\nResources: x\nVersion", "it has 12 lines"),
        ("Show", "x" * 2000, "characters; at most 2000"),
    ],
)
def test_a_message_of_another_form_is_refused_with_its_line(old, new, told):
    with pytest.raises(NotASignInMessage) as refused:
        parsed(TEXT.replace(old, new))
    assert told in refused.value.message
    assert refused.value.field == "message"


@given(st.text(max_size=400))
def test_any_other_text_is_refused_and_nothing_else_happens(text):
    with pytest.raises(NotASignInMessage):
        parsed(text)


@pytest.mark.parametrize("address", CHECKSUMMED)
def test_capitals_are_those_of_the_standard(address):
    assert checksum_address(address.lower()) == address
    assert checksum_address(f" {address} ") == address
    assert checksum_address("0x" + address[2:].upper()) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "0x",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
        "0x" + "g" * 40,
        "0x" + "١" * 40,
        "0x" + "a" * 39,
        "0x" + "a" * 41,
        "vitalik.eth",
    ],
)
def test_a_mistyped_address_is_refused(address):
    with pytest.raises(BadAddress):
        checksum_address(address)


@settings(max_examples=15)
@given(key=st.integers(1, ORDER - 1), text=st.text(max_size=80).filter(lambda t: "\udc00" not in t))
def test_the_signer_is_whose_key_it_was(key, text):
    wallet = Key(key)
    signed = wallet.sign(text)
    assert signer(text, parsed_signature(signed)) == wallet.address
    assert signer(text + ".", parsed_signature(signed)) != wallet.address


def test_the_signature_of_the_published_example_is_its_signers():
    """web3.js documentation, eth.accounts.sign of "Some data"."""
    signature = (
        "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
        "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c"
    )
    assert signer("Some data", parsed_signature(signature)) == "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"


def hexed(r: int, s: int, v: int = 27) -> str:
    return "0x" + r.to_bytes(32, "big").hex() + s.to_bytes(32, "big").hex() + bytes([v]).hex()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "0x and 130"),
        ("0x1234", "0x and 130"),
        ("0x" + "z" * 130, "0x and 130"),
        ("0x" + "1" * 132, "0x and 130"),
        (hexed(0, 1), "outside the curve"),
        (hexed(1, 0), "outside the curve"),
        (hexed(ORDER, 1), "outside the curve"),
        (hexed(1, ORDER // 2 + 1), "larger of two"),
        (hexed(1, ORDER - 1), "larger of two"),
        (hexed(1, 1, 29), "ends in 29"),
        (hexed(1, 1, 2), "ends in 2"),
    ],
)
def test_what_is_no_signature_is_refused(text, told):
    with pytest.raises(BadSignature) as refused:
        parsed_signature(text)
    assert told in refused.value.message


def test_the_largest_s_of_the_lower_half_is_still_taken():
    assert parsed_signature(hexed(1, ORDER // 2))[32:64] == (ORDER // 2).to_bytes(32, "big")


def test_a_signature_that_no_key_can_have_made_is_refused():
    with pytest.raises(BadSignature, match="Nobody's key"):
        signer("hello", parsed_signature(hexed(5, 1)))  # x = 5 lies on no point of secp256k1


def test_the_mirror_image_of_a_good_signature_is_refused():
    signed = parsed_signature(Key(7).sign(TEXT))
    r, s, v = int.from_bytes(signed[:32]), int.from_bytes(signed[32:64]), signed[64]
    mirrored = hexed(r, ORDER - s, 27 + (1 - v))
    with pytest.raises(BadSignature, match="larger of two"):
        parsed_signature(mirrored)
