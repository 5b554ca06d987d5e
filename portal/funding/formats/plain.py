"""What the readers of all formats share: text, amounts and days out of a bank's file, or a sentence why not."""

import re
from datetime import date, datetime

from portal.domain.currencies import exponent
from portal.domain.errors import Invalid
from portal.domain.money import parse_amount

LARGEST = 10**15
MOST_LINES = 20_000
_ID = re.compile(r"[^0-9A-Z/]")


class UnreadableStatement(Invalid):
    """The file is not what it claims to be, or says something that cannot be; nothing of it was kept."""

    code = "unreadable-statement"

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(
            message,
            field="file",
            next_step=next_step or "Nothing was imported. Fetch the file from the bank again.",
        )


def text_of(content: bytes) -> str:
    """
    The file's text.

    raises  UnreadableStatement unless it is UTF-8 without NUL
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise UnreadableStatement(
            f"The file is not text in UTF-8: byte {wrong.start + 1} does not fit.",
            next_step="Nothing was imported. Save or fetch it in UTF-8.",
        ) from wrong
    if "\0" in text:
        raise UnreadableStatement("The file holds NUL bytes, so it is no text.")
    return text


def minor_of(text: str, currency: str, *, where: str) -> int:
    """
    Smallest units of an amount as ISO 20022 writes it; zeros beyond the currency's decimals are no digits.

    raises  UnreadableStatement
    """
    given, scale = text.strip(), exponent(currency, field="file")
    whole, point, fraction = given.partition(".")
    if point and fraction.isdigit():
        kept = fraction[:scale] + fraction[scale:].rstrip("0")
        given = f"{whole}.{kept}" if kept else whole
    try:
        value = parse_amount(given, scale=scale, field="amount", allow_zero=True)
    except Invalid as wrong:
        raise UnreadableStatement(f"{where}: {wrong.message}") from wrong
    if value >= LARGEST:
        raise UnreadableStatement(f"{where}: the amount {given[:40]} {currency} is larger than any here.")
    return value


def day_of(text: str, *, where: str, form: str = "%Y-%m-%d") -> date:
    """raises  UnreadableStatement"""
    try:
        return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  a day of the bank has no zone
    except ValueError as wrong:
        raise UnreadableStatement(f"{where}: {text.strip()[:30]!r} is not a day.") from wrong


def short(text: str | None, most: int) -> str:
    """One line of printable text, cut to fit."""
    joined = " ".join((text or "").split())
    return "".join(letter for letter in joined if letter.isprintable())[:most]


def account_of(text: str) -> str:
    """An account number with its blanks and marks taken out."""
    return _ID.sub("", text.upper())
