"""Tax and registration numbers, checked by python-stdnum; countries by ISO 3166-1 (pycountry)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pycountry
from stdnum import get_cc_module, lei
from stdnum.exceptions import ValidationError
from stdnum.us import atin, ein, itin, ssn

from portal.domain.errors import Invalid

IDENTIFIER_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "us.ssn": "US Social Security number",
        "us.itin": "US individual taxpayer number",
        "us.atin": "US adoption taxpayer number",
        "us.ein": "US employer identification number",
        "lei": "Legal entity identifier",
        "tin": "Tax number of the country of residence",
        "none": "None",
    }
)
_FIXED = {"us.ssn": ssn, "us.itin": itin, "us.atin": atin, "us.ein": ein, "lei": lei}
# The number that tax authorities give a person is seldom the one they give a company; python-stdnum names them by country.
_PERSONAL = {
    "AR": ("cuit",), "AU": ("tfn",), "BE": ("nn", "bis"), "BG": ("egn",), "BR": ("cpf",), "CA": ("sin",), "CH": ("ssn",),
    "CL": ("rut",), "CN": ("ric",), "CZ": ("rc",), "DE": ("idnr",), "DK": ("cpr",), "EE": ("ik",),
    "ES": ("dni", "nie"), "FI": ("hetu",), "FR": ("nif",), "GB": ("utr",), "GR": ("vat",), "HR": ("oib",),
    "IE": ("pps",), "IL": ("idnr",), "IN": ("pan",), "IS": ("kennitala",), "IT": ("codicefiscale",), "KR": ("rrn",),
    "LT": ("asmens",), "LV": ("pvn",), "MX": ("rfc",), "NL": ("bsn",), "NO": ("fodselsnummer",), "NZ": ("ird",),
    "PL": ("pesel", "nip"), "PT": ("nif",), "RO": ("cnp",), "RU": ("inn",), "SE": ("personnummer",), "TR": ("tckimlik",),
    "ZA": ("tin", "idnr"),
}  # fmt: skip
KINDS_FOR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "natural": ("us.ssn", "us.itin", "us.atin", "tin", "none"),
        "joint": ("us.ssn", "us.itin", "us.atin", "tin", "none"),
        # A trust or plan may report under its grantor's or holder's own number.
        "entity": ("us.ein", "us.ssn", "lei", "tin", "none"),
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
    modules = _modules(kind, country, person=investor_kind != "entity")
    if not modules:
        return "".join(value.split()).upper()
    for module in modules:
        try:
            return str(module.validate(value))
        except ValidationError:
            continue
    raise Invalid(
        f"{IDENTIFIER_KINDS[kind]}: this is not a valid number; a digit may be missing or wrong.",
        field="identifier",
    )


def checked_lei(value: str) -> str:
    """
    A legal entity identifier in its compact form, "" for none.

    raises  Invalid
    source  ISO 17442, check digits by ISO 7064
    """
    if not value.strip():
        return ""
    try:
        return str(lei.validate(value))
    except ValidationError:
        raise Invalid(
            "The LEI is not valid; it has 20 characters with two check digits.", field="lei"
        ) from None


def _modules(kind: str, country: str, *, person: bool) -> list[Any]:
    """The checks of a kind of number; none where the country's is not known, and then the number is taken as typed."""
    if kind in _FIXED:
        return [_FIXED[kind]]
    names = _PERSONAL.get(country, ()) if person else ("tin", "vat")
    found = [get_cc_module(country.lower(), name) for name in names]
    return [module for module in found if module is not None][: None if person else 1]


def masked(value: str, *, keep: int = 4) -> str:
    """All but the last characters as dots: what a page shows of a number. A short value is hidden whole."""
    return "•" * (len(value) - keep) + value[-keep:] if len(value) > keep + 2 else "•" * len(value)


def masked_name(name: str) -> str:
    """Each word's first letter: what a page shows of a name."""
    return " ".join(word[0] + "•" * 4 for word in name.split() if word)
