"""
What holdings are worth, in exact integers. Prices are 1e-18 of the currency per whole token, so that a token of
0.000000177 dollars keeps its digits; money is in cents; each function says which way it rounds.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Final

from portal.domain.errors import Invalid

PRICE_SCALE: Final = 18
MONEY_SCALE: Final = 2
TOKEN_SCALE: Final = 18
UNIT_SCALE: Final = 8
CASH: Final = "USD"
"""How a basket names the part of it that is not invested: one of it is worth one dollar."""
CASH_PRICE: Final = 10**PRICE_SCALE
_TO_MINOR: Final = 10 ** (TOKEN_SCALE + PRICE_SCALE - MONEY_SCALE)


class MissingPrice(Invalid):
    """Something is held and its price is not known: nothing is valued by a guess."""

    code = "missing-price"


def price_e18(price: Decimal) -> int:
    """A price as an integer of 1e-18; raises Invalid unless it is finite and above zero at that precision."""
    if not price.is_finite() or price <= 0:
        raise Invalid(f"The price is {price}; it must be above zero.", field="price")
    with localcontext(prec=60):
        whole = int(price.scaleb(PRICE_SCALE))
    if whole <= 0:
        raise Invalid("The price is below 1e-18; it cannot be kept.", field="price")
    return whole


def value_e36(quantities: Mapping[str, int], prices: Mapping[str, int]) -> int:
    """
    The exact value of token quantities in 1e-36 of the currency.

    quantities  symbol -> smallest units (1e-18 tokens)
    prices      symbol -> 1e-18 of the currency per token
    raises      MissingPrice naming all that are missing
    """
    missing = sorted(symbol for symbol, quantity in quantities.items() if quantity and symbol not in prices)
    if missing:
        raise MissingPrice(f"No price is known for {', '.join(missing)}.", field="prices")
    return sum(quantity * prices[symbol] for symbol, quantity in quantities.items() if quantity)


def minor_down(value: int) -> int:
    """1e-36 of the currency as cents, rounded down: what an index receives, or is said to be worth."""
    return value // _TO_MINOR


def minor_up(value: int) -> int:
    """1e-36 of the currency as cents, rounded up: what an index pays."""
    return -(-value // _TO_MINOR)


def quantity_down(amount_minor: int, price: int) -> int:
    """The most smallest units of a token that cents buy at a price of 1e-18, rounded down."""
    return amount_minor * _TO_MINOR // price


def units_created(*, net_minor: int, nav_minor: int, outstanding: int, first_price_minor: int) -> int:
    """
    Units for cash that comes in, rounded down: the fraction stays with all holders.

    nav_minor, outstanding  of the fund before anybody of this run came or went
    first_price_minor       cents per whole unit while there are none
    """
    if outstanding == 0:
        return net_minor * 10**UNIT_SCALE // first_price_minor
    if nav_minor <= 0:
        raise Invalid("The fund is worth nothing; units cannot be created at a price of zero.")
    return net_minor * outstanding // nav_minor


def units_worth(*, units: int, nav_minor: int, outstanding: int) -> int:
    """Cents for units that go out, rounded down: the fraction stays with the remaining holders."""
    return units * nav_minor // outstanding


def price_per_unit(*, nav_minor: int, outstanding: int, first_price_minor: int) -> Decimal:
    """Money per whole unit to 8 decimals, rounded down; for showing: dealing uses nav and outstanding themselves."""
    if outstanding == 0:
        return Decimal(first_price_minor).scaleb(-MONEY_SCALE).quantize(Decimal("1e-8"))
    whole = nav_minor * 10 ** (UNIT_SCALE + 8 - MONEY_SCALE) // outstanding
    return Decimal(whole).scaleb(-8)


def dollars(value: int) -> Decimal:
    """1e-36 of the currency as an exact decimal of it."""
    with localcontext(prec=100):
        return Decimal(value).scaleb(-TOKEN_SCALE - PRICE_SCALE)


def basket_quantities(
    weights_ppb: Mapping[str, int], prices: Mapping[str, int], *, worth: int
) -> dict[str, int]:
    """
    Whole quantities of a basket that is worth about `worth` at these prices, each rounded down.

    weights_ppb  symbol -> parts per billion
    worth        1e-36 of the currency
    returns      symbol -> 1e-18 tokens; what rounding leaves over the divisor takes up
    """
    return {
        symbol: worth * share // 1_000_000_000 // prices[symbol]
        for symbol, share in weights_ppb.items()
        if share
    }
