"""
Weights of constituents. Every function takes and gives numpy arrays of floats; shares of a whole that become a
holding are made whole by `in_ppb`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from portal.domain.apportionment import apportion
from portal.domain.errors import Invalid

Floats = NDArray[np.float64]
PPB = 1_000_000_000
_EPS = 1e-15


class BadValues(Invalid):
    """What was to be weighted is not a list of finite numbers, none negative, not all zero."""

    code = "bad-values"


class InfeasibleCaps(Invalid):
    """The caps leave a part of the whole that nobody may hold."""

    code = "infeasible-caps"


def cap_weights(values: ArrayLike, caps: ArrayLike = 1.0, passes: int | None = None) -> Floats:
    """
    Weights proportional to `values`, none above its cap; what a cap cuts off goes pro rata to the uncapped.

    values   (n,) finite, >= 0, not all zero: market capitalisations, their roots, scores
    caps     one number or (n,), each in (0, 1]: the most that a constituent may weigh
    passes   None: until nothing exceeds its cap. k: cut off and redistribute k times, so that a constituent may
             end above its cap (the DeFi Pulse Index made one pass); 0: no capping
    returns  (n,) floats that sum to 1, in the order given
    raises   BadValues; InfeasibleCaps when the caps of all that have value sum to less than 1
    source   S&P Dow Jones Indices, Index Mathematics (capped market capitalisation); Index Coop, DPI (one pass)
    """
    weights = proportional(values)
    limits = _limits(caps, weights)
    capped = np.zeros(len(weights), dtype=bool)
    rounds = len(weights) if passes is None else passes
    for _ in range(rounds):
        over = (weights > limits + _EPS) & ~capped
        if not over.any():
            break
        capped |= over
        free = ~capped & (weights > 0)
        left = 1.0 - float(limits[capped].sum())
        weights = np.where(capped, limits, weights)
        if not free.any():
            if left > 1e-12:
                raise _infeasible(limits, capped)
            break
        weights[free] *= left / float(weights[free].sum())
    total: Floats = weights / weights.sum()
    return total


def cap_rows(values: Floats, cap: float, passes: int | None = None) -> Floats:
    """
    `cap_weights` of many rows at once, with one cap for all.

    values   (R, n) finite, >= 0; zero takes no part, and no row is all zero
    returns  (R, n) floats, each row the same as `cap_weights` gives; a row that its caps cannot fill is NaN
    """
    weights: Floats = values / values.sum(axis=1, keepdims=True)
    if cap >= 1:
        return weights
    holders: Floats = (values > 0).sum(axis=1, dtype=np.float64)
    infeasible: NDArray[np.bool_] = holders * cap < 1 - 1e-12
    capped = np.zeros(weights.shape, dtype=bool)
    for _ in range(weights.shape[1] if passes is None else passes):
        over = (weights > cap + _EPS) & ~capped
        if not over.any():
            break
        moved: NDArray[np.bool_] = np.any(over, axis=1, keepdims=True)
        capped |= over
        free = np.where(capped, 0.0, weights)
        left = 1.0 - cap * capped.sum(axis=1, keepdims=True)
        room = free.sum(axis=1, keepdims=True)
        scale = np.where(moved & (room > 0), left / np.where(room > 0, room, 1.0), 1.0)
        weights = np.where(capped & moved, cap, weights * scale)
    weights = weights / weights.sum(axis=1, keepdims=True)
    weights[infeasible] = np.nan
    return weights


def proportional(values: ArrayLike) -> Floats:
    """
    (n,) values as shares of their sum.

    raises  BadValues naming the first that is not a finite number >= 0
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise BadValues("There is nothing to weight: give one value per constituent.", field="values")
    wrong = np.flatnonzero(~np.isfinite(array) | (array < 0))
    if wrong.size:
        place = int(wrong[0])
        raise BadValues(
            f"Value {place + 1} of {array.size} is {array[place]}; it must be a finite number of zero or more.",
            field="values",
        )
    largest = float(array.max())
    if largest == 0:
        raise BadValues("Every value is zero; there is nothing to weight by.", field="values")
    scaled = array / largest
    result: Floats = scaled / scaled.sum()
    return result


def equal_weights(count: int) -> Floats:
    """(count,) floats, each 1/count."""
    if count < 1:
        raise BadValues("An index needs at least one constituent.", field="count")
    return np.full(count, 1.0 / count)


def root_weights(values: ArrayLike) -> Floats:
    """Weights proportional to the square root of each value, so that the largest dominate less (CCI30's rule)."""
    return proportional(np.sqrt(np.asarray(values, dtype=np.float64)))


def inverse_volatility_weights(returns: ArrayLike) -> Floats:
    """
    Weights proportional to 1 / standard deviation of each column.

    returns  (T, n) simple returns, T >= 2, finite
    raises   BadValues when a column is not finite or does not move
    """
    array = np.asarray(returns, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] < 2:
        raise BadValues("Volatility needs at least two returns per constituent.", field="returns")
    deviation = array.std(axis=0, ddof=1)
    wrong = np.flatnonzero(~np.isfinite(deviation) | (deviation <= 0))
    if wrong.size:
        raise BadValues(
            f"The returns of constituent {int(wrong[0]) + 1} are not finite or do not move; "
            "its volatility cannot be inverted.",
            field="returns",
        )
    return proportional(1.0 / deviation)


def momentum_with_cash(
    returns: ArrayLike,
    *,
    threshold: float = 0.08,
    first: float = 0.28,
    step: float = 0.08,
) -> Floats:
    """
    Equal weights among what rose by more than `threshold`; the rest of the whole is cash.

    returns  (n,) simple returns over the window (14 days in the source), NaN counts as not risen
    result   (n,) floats; 1 - their sum is cash: nothing invested when none rose, `first` when one did, and
             `step` more for each further, up to all
    source   Coin Metrics, CMBI 10 14-day momentum index, methodology v1.3
    """
    rose = np.asarray(returns, dtype=np.float64) > threshold
    count = int(rose.sum())
    if count == 0:
        return np.zeros(rose.shape, dtype=np.float64)
    invested = min(1.0, first + step * (count - 1))
    return np.where(rose, invested / count, 0.0)


def float_bands(shares: ArrayLike) -> Floats:
    """
    Free float in bands: what counts of a supply of which a share is free.

    shares   (n,) each from 0 to 1
    returns  (n,): below 15 % nothing, 15 to 20 % as 20 %, then the upper end of each ten points, above 90 % all
    source   Coin Metrics, CMBI methodology v1.4
    """
    array = np.asarray(shares, dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(array) | (array < 0) | (array > 1))
    if wrong.size:
        place = int(wrong[0])
        raise BadValues(
            f"Free float {place + 1} of {array.size} is {array[place]}; it is a share from 0 to 1.",
            field="shares",
        )
    points = np.round(array * 100, 9)
    upper = np.minimum(np.floor(points / 10) * 10 + 10, 100) / 100
    banded: Floats = np.where(points < 15, 0.0, np.where(points < 20, 0.2, upper))
    return banded


def free_float_weights(
    values: ArrayLike, shares: ArrayLike, caps: ArrayLike = 1.0, passes: int | None = None
) -> Floats:
    """Weights by market capitalisation times banded free float, capped as `cap_weights` does."""
    free = float_bands(shares)
    array = np.asarray(values, dtype=np.float64)
    if free.shape != array.shape:
        raise BadValues(f"{free.size} free floats do not fit {array.size} values.", field="shares")
    return cap_weights(array * free, caps, passes)


def score_tilt_weights(
    values: ArrayLike,
    scores: ArrayLike,
    *,
    strength: float = 1.0,
    caps: ArrayLike = 1.0,
    passes: int | None = None,
) -> Floats:
    """
    Weights by value, leaning towards high scores.

    scores    (n,) finite, of any scale: they count by their distance from the mean in standard deviations, z, cut
              off at three
    strength  0: no tilt. A value is multiplied by 1 + strength x z above the mean, divided by 1 - strength x z below
    raises    BadValues, InfeasibleCaps
    source    MSCI Factor Tilt methodology (the form of the multiplier)
    """
    array, given = proportional(values), np.asarray(scores, dtype=np.float64)
    if given.shape != array.shape or not np.isfinite(given).all():
        raise BadValues(f"{array.size} values need as many finite scores.", field="scores")
    if not strength >= 0:
        raise BadValues(f"The strength of a tilt is {strength}; it must be zero or more.", field="strength")
    deviation = float(given.std())
    apart = np.zeros(given.shape) if deviation < 1e-15 else np.clip((given - given.mean()) / deviation, -3, 3)
    leaning = np.where(apart >= 0, 1 + strength * apart, 1 / (1 - strength * np.minimum(apart, 0)))
    return cap_weights(array * leaning, caps, passes)


def in_ppb(weights: Sequence[float] | Floats) -> list[int]:
    """
    Weights as whole parts per billion by largest remainder.

    weights  (n,) floats >= 0 that sum to at most 1 (within 1e-9); what is missing to 1 is cash
    returns  (n + 1,) integers that sum to 1,000,000,000; the last is cash
    raises   BadValues
    """
    array = np.asarray(weights, dtype=np.float64)
    total = float(array.sum())
    if not np.isfinite(array).all() or (array < 0).any() or total > 1 + 1e-9:
        raise BadValues(f"The weights sum to {total:.12f}; shares of a whole cannot.", field="weights")
    parts = [round(float(weight) * 1e15) for weight in array]
    cash = max(0, 10**15 - sum(parts))
    return apportion(PPB, [*parts, cash if cash > 1_000_000 else 0])


def _limits(caps: ArrayLike, weights: Floats) -> Floats:
    array = np.broadcast_to(np.asarray(caps, dtype=np.float64), weights.shape).copy()
    if not np.isfinite(array).all() or (array <= 0).any() or (array > 1).any():
        raise Invalid("A cap is a share of the whole: above 0 and at most 1.", field="caps")
    if float(array[weights > 0].sum()) < 1 - 1e-12:
        raise _infeasible(array, weights > 0)
    return array


def _infeasible(limits: Floats, holders: NDArray[np.bool_]) -> InfeasibleCaps:
    room = float(limits[holders].sum())
    return InfeasibleCaps(
        f"{int(holders.sum())} constituents with these caps can hold at most {100 * room:.4g} % of the index.",
        field="caps",
        next_step="Raise the cap, or take in more constituents.",
    )
