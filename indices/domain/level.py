"""
Index levels: level = sum(price x quantity) / divisor. The divisor moves so that the level does not when the
basket changes. Arrays of floats for history and back-tests, exact decimals for the record that is published.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import ArrayLike, NDArray

from portal.domain.errors import Invalid

Floats = NDArray[np.float64]
DIGITS = 80
LEVEL_PLACES = Decimal(1).scaleb(-18)
DIVISOR_PLACES = Decimal(1).scaleb(-30)


class BadPrices(Invalid):
    """A price that is needed is missing, not a number, zero or negative: says which day and which column."""

    code = "bad-prices"


class BadQuantities(Invalid):
    """Quantities do not fit the prices, or a basket is worth nothing."""

    code = "bad-quantities"


@dataclass(frozen=True, slots=True)
class Chain:
    """levels, divisors, values: (T,) each; values are market values of the basket held after the day's close."""

    levels: Floats
    divisors: Floats
    values: Floats


def chain(prices: ArrayLike, quantities: ArrayLike, *, base_level: float = 100.0) -> Chain:
    """
    Levels of a basket that changes at closes, by divisor.

    prices      (T, n) closes in one currency per token; NaN is allowed where nothing of the column is held or
                was held the day before
    quantities  (n,) for a constant basket, or (T, n): row t is what is held after the close of day t, so a row
                that differs from the one before is an event at the close of its own day, at its own prices
    base_level  the level of day 0
    returns     Chain; levels[t] == values[t] / divisors[t]; at an event D_new = D_old x MV_after / MV_before at
                the same prices, so the level is continuous
    raises      BadPrices, BadQuantities
    source      S&P Dow Jones Indices, Index Mathematics; Coin Metrics, CMBI methodology v1.4
    """
    closes = _two_dimensional(prices)
    held = _quantities(quantities, closes.shape)
    before = np.vstack([held[:1], held[:-1]])
    _require_prices(closes, (held > 0) | (before > 0))
    filled = np.nan_to_num(closes)
    values = np.einsum("tn,tn->t", filled, held)
    carried = np.einsum("tn,tn->t", filled, before)
    if (values <= 0).any() or (carried <= 0).any():
        day = int(np.flatnonzero((values <= 0) | (carried <= 0))[0])
        raise BadQuantities(f"The basket of day {day} is worth nothing.", field="quantities")
    changed = np.any(held != before, axis=1)
    factors = np.where(changed, values / carried, 1.0)
    factors[0] = values[0] / base_level
    divisors: Floats = np.cumprod(factors, dtype=np.float64)
    return Chain(levels=values / divisors, divisors=divisors, values=values)


def chain_linked(level: float, weights: ArrayLike, prices: ArrayLike, base_prices: ArrayLike) -> Floats:
    """
    The same levels between two rebalances without a divisor: level x sum(weight x price / base price).

    level        at the rebalance
    weights      (n,) that sum to 1, set at base_prices
    prices       (T, n); base_prices (n,)
    returns      (T,) levels
    """
    relative = _two_dimensional(prices) / np.asarray(base_prices, dtype=np.float64)
    linked: Floats = level * (relative @ np.asarray(weights, dtype=np.float64))
    return linked


def divisor_after(divisor: Decimal, *, before: Decimal | int, after: Decimal | int) -> Decimal:
    """
    The divisor after an event, to 30 decimals: divisor x value after / value before, both at the same prices.

    raises  BadQuantities when a value is not above zero
    """
    if before <= 0 or after <= 0:
        raise BadQuantities("A basket is worth nothing; the divisor cannot be carried over.")
    with localcontext(prec=DIGITS):
        return (divisor * Decimal(after) / Decimal(before)).quantize(DIVISOR_PLACES)


def level_of(value: Decimal | int, divisor: Decimal) -> Decimal:
    """The level of a basket value, to 18 decimals."""
    with localcontext(prec=DIGITS):
        return (Decimal(value) / divisor).quantize(LEVEL_PLACES)


def _two_dimensional(prices: ArrayLike) -> Floats:
    array = np.asarray(prices, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise BadPrices("Prices are a table: one row per day, one column per constituent.", field="prices")
    return array


def _quantities(quantities: ArrayLike, shape: tuple[int, ...]) -> Floats:
    array = np.asarray(quantities, dtype=np.float64)
    if array.shape not in (shape, shape[1:]):
        raise BadQuantities(
            f"Quantities of shape {array.shape} do not fit prices of shape {shape}.", field="quantities"
        )
    if not np.isfinite(array).all() or (array < 0).any():
        raise BadQuantities("A quantity is negative or not a number.", field="quantities")
    return np.broadcast_to(array, shape)


def _require_prices(closes: Floats, needed: NDArray[np.bool_]) -> None:
    wrong = np.argwhere(needed & ~(np.isfinite(closes) & (closes > 0)))
    if wrong.size:
        day, column = (int(place) for place in wrong[0])
        raise BadPrices(
            f"The price of column {column} on day {day} is {closes[day, column]}; it must be above zero"
            + (f" ({len(wrong)} such prices in all)." if len(wrong) > 1 else "."),
            field="prices",
            next_step="Supply the price, or take the constituent out before that day.",
        )
