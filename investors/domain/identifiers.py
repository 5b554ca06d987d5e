"""Tax and registration numbers, checked by python-stdnum; countries by ISO 3166-1 (pycountry)."""

from collections.abc import Mapping
from types import MappingProxyType

import pycountry
from stdnum import get_cc_module, lei
from stdnum.exceptions import ValidationError
from stdnum.us import ein, itin, ssn

from portal.domain.errors import Invalid

IDENTIFIER_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "us.ssn": "US Social Security number",
        "us.itin": "US individual taxpayer number",
        "us.ein": "US employer identification number",
        "lei": "Legal entity identifier",
        "tin": "Tax number of the country of residence",
        "none": "None",
    }
)
_FIXED = {"us.ssn": ssn, "us.itin": itin, "us.ein": ein, "lei": lei}
KINDS_FOR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "natural": ("us.ssn", "us.itin", "tin", "none"),
        "joint": ("us.ssn", "us.itin", "tin", "none"),
        "entity": ("us.ein", "lei", "tin", "none"),
    }
)


def country_code(text: str, *, field: str = "country") -> str:
    """
    The ISO 3166-1 alpha-2 code, upper case.

    raises  Invalid when there is no such country
    """
    code = text.strip().upper()
    if len(code) != 2 or pycountry.countries.get(alpha_2=code) is None:
        raise Invalid(
            f"{text.strip()[:20]!r} is not a country code. Give two letters of ISO 3166, such as US or DE.",
            field=field,
        )
    return code


def country_name(code: str) -> str:
    """The short English name of a code, or the code itself where ISO has none."""
    country = pycountry.countries.get(alpha_2=code)
    return str(getattr(country, "common_name", country.name)) if country else code


def country_choices() -> list[tuple[str, str]]:
    """(code, name) pairs in the order of the names."""
    return sorted(
        ((c.alpha_2, country_name(c.alpha_2)) for c in pycountry.countries), key=lambda pair: pair[1]
    )


def checked_identifier(*, kind: str, value: str, country: str, investor_kind: str) -> str:
    """
    The number in its compact form, its check digits verified where the country has them.

    kind    a key of IDENTIFIER_KINDS that fits the kind of investor
    value   as typed; "" only with kind "none"
    raises  Invalid naming what is wrong, without repeating the number
    """
    if kind not in KINDS_FOR.get(investor_kind, ()):
        able = ", ".join(IDENTIFIER_KINDS[k] for k in KINDS_FOR.get(investor_kind, ()))
        raise Invalid(
            f"This kind of number does not fit the investor; possible: {able}.", field="identifier_kind"
        )
    if kind == "none":
        if value.strip():
            raise Invalid("A number is given without its kind.", field="identifier_kind")
        return ""
    if not value.strip():
        raise Invalid(f"{IDENTIFIER_KINDS[kind]} is missing.", field="identifier")
    if len(value) > 40 or not value.isascii():
        raise Invalid(
            f"{IDENTIFIER_KINDS[kind]}: at most 40 plain characters are possible.", field="identifier"
        )
    module = (
        _FIXED.get(kind) or get_cc_module(country.lower(), "tin") or get_cc_module(country.lower(), "vat")
    )
    if module is None:
        return "".join(value.split()).upper()
    try:
        return str(module.validate(value))
    except ValidationError:
        raise Invalid(
            f"{IDENTIFIER_KINDS[kind]}: this is not a valid number; a digit may be missing or wrong.",
            field="identifier",
        ) from None


def masked(value: str, *, keep: int = 4) -> str:
    """All but the last characters as dots: what a page shows of a number. A short value is hidden whole."""
    return "•" * (len(value) - keep) + value[-keep:] if len(value) > keep + 2 else "•" * len(value)


def masked_name(name: str) -> str:
    """Each word's first letter: what a page shows of a name."""
    return " ".join(word[0] + "•" * 4 for word in name.split() if word)
