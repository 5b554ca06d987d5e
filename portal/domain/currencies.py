"""
Currencies by ISO 4217. The exponents are a dated table, because the list of codes that a library carries has none.

Source: ISO 4217 list one as maintained by SIX, edition of 2026-01-01 (amendment 180 and those before it).
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import pycountry

from portal.domain.errors import Invalid

EDITION = date(2026, 1, 1)
USUAL_EXPONENT = 2

# Codes whose smallest unit is not the hundredth.
EXPONENTS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
                "VUV", "XAF", "XOF", "XPF",
            ),
            0,
        ),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
        **dict.fromkeys(("CLF", "UYW"), 4),
    }
)  # fmt: skip


class NoSuchCurrency(Invalid):
    code = "no-such-currency"


def exponent(code: str, *, field: str = "currency") -> int:
    """
    Decimals of a currency's smallest unit: 2 for USD, 0 for JPY, 3 for KWD.

    raises  NoSuchCurrency
    """
    if (
        len(code) != 3
        or not code.isascii()
        or not code.isupper()
        or pycountry.currencies.get(alpha_3=code) is None
    ):
        raise NoSuchCurrency(f"{code[:10]!r} is no currency of ISO 4217.", field=field)
    return EXPONENTS.get(code, USUAL_EXPONENT)
