"""Keys of wallets for tests: real ones, without Django."""

from itertools import count

from eth_hash.auto import keccak
from eth_keys import keys

_number = count(1)


class Key:
    """A wallet's key; the same number is the same key."""

    def __init__(self, number: int | None = None) -> None:
        self.key = keys.PrivateKey((number or 10_000 + next(_number)).to_bytes(32, "big"))
        self.address: str = self.key.public_key.to_checksum_address()

    def sign(self, message: str) -> str:
        """As a wallet does it for personal_sign: EIP-191, version 0x45, with v 27 or 28."""
        body = message.encode()
        signed = self.key.sign_msg_hash(keccak(b"\x19Ethereum Signed Message:\n%d%b" % (len(body), body)))
        return "0x" + (signed.to_bytes()[:64] + bytes([27 + signed.v])).hex()
