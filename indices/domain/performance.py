"""What a series of returns amounts to. Crypto trades every day, so a year has 365 periods and not 252."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from portal.domain.errors import Invalid

Floats = NDArray[np.float64]


class BadReturns(Invalid):
    code = "bad-returns"


@dataclass(frozen=True, slots=True)
class Statistics:
    """
    Shares of one (0.25 is 25 %); None where a figure is not defined, such as a ratio over no deviation.

    periods        number of returns
    total_return   growth over all periods
    cagr           growth a year
    volatility     standard deviation a year, ddof 1
    sharpe         mean / standard deviation, a year, no risk-free rate
    sortino        mean / downside deviation below zero, a year
    max_drawdown   deepest fall from a peak, <= 0; the start counts as a peak
    calmar         cagr / |max_drawdown|
    """

    periods: int
    total_return: float
    cagr: float
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    calmar: float | None
    best: float
    worst: float
    positive: float

    @property
    def total_percent(self) -> float:
        return 100 * self.total_return

    @property
    def drawdown_percent(self) -> float:
        return 100 * self.max_drawdown

    @property
    def volatility_percent(self) -> float | None:
        return None if self.volatility is None else 100 * self.volatility


def statistics(returns: ArrayLike, periods_per_year: int = 365) -> Statistics:
    """
    returns  (T,) simple returns per period, T >= 1, finite, each >= -1
    raises   BadReturns naming the first that is not
    """
    array = np.asarray(returns, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise BadReturns("Statistics need at least one return.", field="returns")
    wrong = np.flatnonzero(~np.isfinite(array) | (array < -1))
    if wrong.size:
        place = int(wrong[0])
        raise BadReturns(
            f"Return {place + 1} of {array.size} is {array[place]}; it must be a finite number of -1 or more.",
            field="returns",
        )
    growth = float(np.prod(1 + array))
    cagr = growth ** (periods_per_year / array.size) - 1
    deviation = float(array.std(ddof=1)) if array.size > 1 else math.nan
    downside = math.sqrt(float(np.mean(np.minimum(array, 0.0) ** 2)))
    mean, root = float(array.mean()), math.sqrt(periods_per_year)
    deepest = float(drawdowns(array).min())
    return Statistics(
        periods=int(array.size),
        total_return=growth - 1,
        cagr=cagr,
        volatility=None if math.isnan(deviation) else deviation * root,
        sharpe=_ratio(mean * root, deviation),
        sortino=_ratio(mean * root, downside),
        max_drawdown=deepest,
        calmar=_ratio(cagr, -deepest),
        best=float(array.max()),
        worst=float(array.min()),
        positive=float((array > 0).mean()),
    )


def returns_of(levels: ArrayLike) -> Floats:
    """(T,) levels above zero as (T - 1,) simple returns."""
    array = np.asarray(levels, dtype=np.float64)
    if array.ndim != 1 or array.size < 2 or not np.isfinite(array).all() or (array <= 0).any():
        raise BadReturns("Returns need at least two levels, all above zero.", field="levels")
    change: Floats = array[1:] / array[:-1] - 1
    return change


def drawdowns(returns: ArrayLike) -> Floats:
    """(T,) falls from the highest value so far, the start included; 0 at a peak, never above."""
    wealth = np.cumprod(1 + np.asarray(returns, dtype=np.float64))
    peak = np.maximum(np.maximum.accumulate(wealth), 1.0)
    fall: Floats = wealth / peak - 1
    return fall


def _ratio(above: float, below: float) -> float | None:
    if math.isnan(below) or below <= 1e-15:
        return None
    return above / below
