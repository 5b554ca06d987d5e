"""Amounts at the edge: strict strings in, exact strings out, integers in smallest units between."""

import re

from portal.domain.errors import Invalid

MAX_DIGITS = 38
_AMOUNT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)


def parse_amount(text: object, *, scale: int, field: str = "amount", allow_zero: bool = False) -> int:
    """
    Smallest units of a decimal string such as "1250.00".

    text     a string of ASCII digits with at most one point; no sign other than a leading minus, no
             separators, no exponent, no blanks, no other scripts' digits
    scale    decimals of the instrument: "1.5" at scale 2 is 150
    returns  an integer > 0 (>= 0 with allow_zero)
    raises   Invalid naming the field
    """
    if not isinstance(text, str):
        raise Invalid(
            f'{_name(field)} must be text such as "{format_amount(100 * 10**scale, scale=scale)}", so that no digit is lost.',
            field=field,
        )
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise Invalid(
            f"{_name(field)} is not a plain decimal number. Write digits with a point, without separators or spaces.",
            field=field,
        )
    sign, whole, fraction = match.group(1), match.group(2).lstrip("0") or "0", match.group(3) or ""
    if len(fraction) > scale:
        raise Invalid(
            f"{_name(field)} has {len(fraction)} decimals; at most {scale} are possible here.", field=field
        )
    if len(whole) + scale > MAX_DIGITS:
        raise Invalid(f"{_name(field)} has more than {MAX_DIGITS} digits.", field=field)
    value: int = int(whole) * 10**scale + int(fraction.ljust(scale, "0") or "0")
    if sign and value:
        raise Invalid(f"{_name(field)} is negative; it must be above zero.", field=field)
    if value == 0 and not allow_zero:
        raise Invalid(f"{_name(field)} is zero; it must be above zero.", field=field)
    return value


def format_amount(value: int, *, scale: int) -> str:
    """The exact decimal string of smallest units: 150 at scale 2 is "1.50"."""
    sign, digits = ("-", -value) if value < 0 else ("", value)
    if scale == 0:
        return f"{sign}{digits}"
    whole, fraction = divmod(digits, 10**scale)
    return f"{sign}{whole}.{fraction:0{scale}d}"


def told_amount(value: int, *, scale: int) -> str:
    """The same for a sentence, with its thousands apart: 1234567 at scale 2 is "12,345.67"."""
    whole, point, fraction = format_amount(value, scale=scale).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{point}{fraction}"


def _name(field: str) -> str:
    return field.replace("_", " ").capitalize()
