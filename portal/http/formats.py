"""Figures and instants as people of a locale read them: pure text, exact digits, no rounding upwards."""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils import formats
from django.utils.dateformat import DateFormat

from portal.domain.money import format_amount

MINUS = "−"
NARROW = "\u202f"
NO_BREAK = "\u00a0"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def grouped(text: str) -> str:
    """A plain decimal string with the locale's separators and a real minus: "-1234.5" is "−1,234.5"."""
    sign, digits = (MINUS, text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    separator = formats.get_format("THOUSAND_SEPARATOR")
    parts = []
    while len(whole) > 3:
        whole, last = whole[:-3], whole[-3:]
        parts.append(last)
    whole = separator.join([whole, *reversed(parts)])
    return f"{sign}{whole}{formats.get_format('DECIMAL_SEPARATOR') + fraction if fraction else ''}"


def quantity(value: int, *, scale: int) -> str:
    """Smallest units as the instrument's digits: 159926990000 at scale 10 is "15.9926990000"."""
    return grouped(format_amount(value, scale=scale))


def money_parts(value: int, *, currency: str, scale: int = 2) -> tuple[str, str, str]:
    """
    (before, cents, after) so that a page can print the cents one shade lighter.

    The currency's symbol stands before the figure or, where the locale writes it so, after it; a currency
    without a symbol of its own shows its code.
    """
    point = formats.get_format("DECIMAL_SEPARATOR")
    whole, _, fraction = quantity(abs(value), scale=scale).rpartition(point) if scale else ("", "", "")
    if not scale:
        whole = quantity(abs(value), scale=0)
    cents = f"{point}{fraction}" if scale else ""
    sign = MINUS if value < 0 else ""
    symbol = SYMBOLS.get(currency)
    if point == ",":
        return f"{sign}{whole}", cents, f"{NO_BREAK}{symbol or currency}"
    return (f"{sign}{symbol}{whole}" if symbol else f"{sign}{currency}{NO_BREAK}{whole}"), cents, ""


def money(value: int, *, currency: str, scale: int = 2) -> str:
    """1234567 cents of USD is "$12,345.67"."""
    return "".join(money_parts(value, currency=currency, scale=scale))


def percent(value: Decimal | int | float, *, digits: int = 2) -> str:
    """A figure that is already in percent, to the digits known: 2.4063 is "2.41 %" with a narrow space."""
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    text = f"{exact:f}"
    return f"{grouped(text.lstrip('-') if not exact else text)}{NARROW}%"


def ppm_as_percent(ppm: int) -> Decimal:
    """Shares of a whole are kept in millionths: 228000 ppm is 22.8 percent."""
    return Decimal(ppm) / 10_000


def day(value: date) -> str:
    """23 Nov 2026; an instant is told by its day in UTC."""
    at = value.astimezone(UTC) if isinstance(value, datetime) else value
    return DateFormat(at).format("j M Y")


def moment(value: datetime) -> str:
    """23 Nov 2026, 09:41 UTC."""
    at = value.astimezone(UTC)
    return f"{day(at)}, {at:%H:%M} UTC"


def initials(name: str) -> str:
    """Two letters for the round sign of a person: "Mara Lindqvist" is ML, an address its first letter."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word]
    if not words:
        return "–"
    if "@" in name:
        return words[0][:2].upper()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
