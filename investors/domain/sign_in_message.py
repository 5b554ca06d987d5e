"""
The message by which somebody shows that an address is his: its text is made here and read back strictly. A wallet
shows it before it signs, so that a person sees which site asks and what for.

source  EIP-4361, Sign-In with Ethereum
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.domain.errors import Invalid

VERSION = "1"
CHAINS = {
    1: "Ethereum",
    10: "OP Mainnet",
    137: "Polygon",
    8453: "Base",
    42161: "Arbitrum One",
    11155111: "Sepolia (test network)",
}
"""Chain id -> name, as registered at chainlist (EIP-155); an address is proved for one of these."""
_HEAD = " wants you to sign in with your Ethereum account:"
_FIELDS = ("URI", "Version", "Chain ID", "Nonce", "Issued At", "Expiration Time")
_ADDRESS = re.compile(r"0x[0-9A-Fa-f]{40}", re.ASCII)
_NONCE = re.compile(r"[A-Za-z0-9]{8,64}", re.ASCII)
_LONGEST = 2000


class NotASignInMessage(Invalid):
    """The text is not a sign-in message of the form that this portal makes."""

    code = "not-a-sign-in-message"


@dataclass(frozen=True, slots=True)
class SignInMessage:
    """
    domain     host (and port) of the site that asks
    address    as the message states it, in EIP-55 capitals
    chain_id   EIP-155
    issued_at  UTC, whole seconds; so is expires_at
    """

    domain: str
    address: str
    statement: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: datetime
    expires_at: datetime

    def text(self) -> str:
        """What is signed, byte for byte."""
        values = (
            self.uri,
            VERSION,
            str(self.chain_id),
            self.nonce,
            _iso(self.issued_at),
            _iso(self.expires_at),
        )
        lines = [f"{name}: {value}" for name, value in zip(_FIELDS, values, strict=True)]
        return "\n".join([f"{self.domain}{_HEAD}", self.address, "", self.statement, "", *lines])


def parsed(text: str) -> SignInMessage:
    """
    Read a message back; what a form does to line ends is undone.

    raises  NotASignInMessage naming the line
    """
    if len(text) > _LONGEST:
        raise _wrong(f"it has {len(text)} characters; at most {_LONGEST} are read")
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    if len(lines) != 5 + len(_FIELDS):
        raise _wrong(f"it has {len(lines)} lines and should have {5 + len(_FIELDS)}")
    if not lines[0].endswith(_HEAD):
        raise _wrong("its first line does not say which site asks")
    if not _ADDRESS.fullmatch(lines[1]):
        raise _wrong("its second line is no address of 0x and 40 hexadecimal digits")
    if lines[2] or lines[4]:
        raise _wrong("its third and fifth line should be empty")
    values = {}
    for number, (name, line) in enumerate(zip(_FIELDS, lines[5:], strict=True), start=6):
        before, colon, after = line.partition(": ")
        if before != name or not colon or not after:
            raise _wrong(f"line {number} should begin with “{name}: ”")
        values[name] = after
    return _message(lines, values)


def _message(lines: list[str], values: dict[str, str]) -> SignInMessage:
    chain = values["Chain ID"]
    if values["Version"] != VERSION:
        raise _wrong(f"its version is {values['Version'][:20]}; only {VERSION} exists")
    if not (chain.isascii() and chain.isdigit() and len(chain) <= 12):
        raise _wrong("its chain id is no whole number")
    if not _NONCE.fullmatch(values["Nonce"]):
        raise _wrong("its nonce is not 8 to 64 letters and digits")
    return SignInMessage(
        domain=lines[0].removesuffix(_HEAD),
        address=lines[1],
        statement=lines[3],
        uri=values["URI"],
        chain_id=int(chain),
        nonce=values["Nonce"],
        issued_at=_instant(values["Issued At"], "Issued At"),
        expires_at=_instant(values["Expiration Time"], "Expiration Time"),
    )


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(text: str, name: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _wrong(f"“{name}” is no instant such as 2026-11-22T09:30:00Z") from None


def _wrong(why: str) -> NotASignInMessage:
    return NotASignInMessage(
        f"This is not the message that was to be signed: {why}.",
        field="message",
        next_step="Sign the message exactly as the page shows it.",
    )
