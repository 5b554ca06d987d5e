"""
Indicators that need closes only: of trend, momentum and volatility. TA-Lib where it has the function.

`calculate` takes one asset's stretch without gaps; windows count days.
"""

from collections.abc import Callable, Collection, Iterator

import numpy as np
import talib
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Made = Callable[["Closes"], Floats]
YEAR = 365


class Closes:
    """(T,) closes and their daily log returns; the first return is not known."""

    __slots__ = ("close", "logs", "returns")

    def __init__(self, close: Floats) -> None:
        self.close = close
        self.logs: Floats = np.log(close)
        self.returns: Floats = np.concatenate(([np.nan], np.diff(self.logs)))


def _over(average: Callable[..., Floats], days: int) -> Made:
    return lambda of: of.close / average(of.close, days) - 1


def _growth(days: int) -> Made:
    return lambda of: talib.ROCP(of.close, days)


def _deviation(days: int) -> Made:
    return lambda of: talib.STDDEV(of.returns, days) * np.sqrt(YEAR * days / (days - 1))


def _cross(average: Callable[..., Floats], short: int, long: int) -> Made:
    return lambda of: average(of.close, short) / average(of.close, long) - 1


def _slope(days: int) -> Made:
    """Growth a day of the straight line through the logarithms."""
    return lambda of: talib.LINEARREG_SLOPE(of.logs, days)


def _downside(of: Closes) -> Floats:
    return np.sqrt(YEAR * talib.SMA(np.minimum(of.returns, 0.0) ** 2, 30))


def _moments(of: Closes, days: int) -> tuple[Floats, Floats, Floats]:
    """Central moments 2 to 4 of the returns; those of a series that does not move are zero."""
    mean = talib.SMA(of.returns, days)
    square = of.returns * of.returns
    raw = [talib.SMA(power, days) for power in (square, square * of.returns, square * square)]
    second = np.maximum(raw[0] - mean**2, 0.0)
    third = raw[1] - 3 * mean * raw[0] + 2 * mean * mean * mean
    flat = mean * mean
    fourth = raw[2] - 4 * mean * raw[1] + 6 * flat * raw[0] - 3 * flat * flat
    return second, third, fourth


def _skewness(of: Closes) -> Floats:
    second, third, _ = _moments(of, 90)
    return np.where(second > 1e-12, third / (second * np.sqrt(second)), np.nan)


def _kurtosis(of: Closes) -> Floats:
    second, _, fourth = _moments(of, 90)
    return np.where(second > 1e-12, fourth / (second * second) - 3, np.nan)


def _sharpe(of: Closes) -> Floats:
    deviation = talib.STDDEV(of.returns, 90)
    return np.where(deviation > 1e-12, talib.SMA(of.returns, 90) / deviation * np.sqrt(YEAR), np.nan)


def _ulcer(of: Closes) -> Floats:
    fall = of.close / talib.MAX(of.close, 14) - 1
    return np.sqrt(talib.SMA(fall**2, 14))


def _rsi(days: int) -> Made:
    return lambda of: talib.RSI(of.close, days)


def _band(of: Closes, width: bool) -> Floats:
    upper, middle, lower = talib.BBANDS(of.close, 20)
    return (upper - lower) / middle if width else (of.close - lower) / (upper - lower)


def _macd(part: int) -> Made:
    return lambda of: talib.MACD(of.close)[part] / of.close


def _since_high(of: Closes) -> Floats:
    since = np.arange(len(of.close)) - talib.MAXINDEX(of.close, YEAR)
    return np.where(np.arange(len(of.close)) >= YEAR - 1, since, np.nan).astype(np.float64)


_TREND: dict[str, Made] = {
    **{f"sma_{days}_distance": _over(talib.SMA, days) for days in (10, 20, 50, 100, 200)},
    **{f"ema_{days}_distance": _over(talib.EMA, days) for days in (12, 26, 50, 200)},
    "wma_20_distance": _over(talib.WMA, 20),
    "dema_20_distance": _over(talib.DEMA, 20),
    "tema_20_distance": _over(talib.TEMA, 20),
    "kama_30_distance": _over(talib.KAMA, 30),
    "trima_20_distance": _over(talib.TRIMA, 20),
    "t3_10_distance": _over(talib.T3, 10),
    "midpoint_14_distance": _over(talib.MIDPOINT, 14),
    "hilbert_trend_distance": lambda of: of.close / talib.HT_TRENDLINE(of.close) - 1,
    "hilbert_cycle_days": lambda of: talib.HT_DCPERIOD(of.close),
    "sma_20_50_cross": _cross(talib.SMA, 20, 50),
    "sma_50_200_cross": _cross(talib.SMA, 50, 200),
    "ema_12_26_cross": _cross(talib.EMA, 12, 26),
    "macd": _macd(0),
    "macd_signal": _macd(1),
    "macd_histogram": _macd(2),
    "slope_30": _slope(30),
    "slope_90": _slope(90),
    "line_30_distance": lambda of: np.expm1(of.logs - talib.LINEARREG(of.logs, 30)),
}
_MOMENTUM: dict[str, Made] = {
    **{f"return_{days}": _growth(days) for days in (1, 7, 14, 30, 60, 90, 180, 365)},
    "return_365_without_30": lambda of: (1 + talib.ROCP(of.close, 365)) / (1 + talib.ROCP(of.close, 30)) - 1,
    **{f"rsi_{days}": _rsi(days) for days in (7, 14, 28)},
    "stochastic_rsi": lambda of: talib.STOCHRSI(of.close, 14, 14, 3)[0],
    "chande_momentum_14": lambda of: talib.CMO(of.close, 14),
    "acceleration_14": lambda of: talib.MOM(talib.ROCP(of.close, 14), 14),
    "trix_15": lambda of: talib.TRIX(of.close, 15),
    "up_days_30": lambda of: talib.SMA(np.where(np.isnan(of.returns), np.nan, of.returns > 0), 30),
    "sharpe_90": _sharpe,
    "low_365_distance": lambda of: of.close / talib.MIN(of.close, YEAR) - 1,
}
_VOLATILITY: dict[str, Made] = {
    **{f"volatility_{days}": _deviation(days) for days in (7, 30, 90, 365)},
    "volatility_7_to_90": lambda of: talib.STDDEV(of.returns, 7) / talib.STDDEV(of.returns, 90),
    "downside_volatility_30": _downside,
    "bollinger_width_20": lambda of: _band(of, True),
    "bollinger_place_20": lambda of: _band(of, False),
    "skewness_90": _skewness,
    "kurtosis_90": _kurtosis,
    "worst_day_90": lambda of: np.expm1(talib.MIN(of.returns, 90)),
    "best_day_90": lambda of: np.expm1(talib.MAX(of.returns, 90)),
    "ulcer_14": _ulcer,
    "drawdown_90": lambda of: of.close / talib.MAX(of.close, 90) - 1,
    "drawdown_365": lambda of: of.close / talib.MAX(of.close, YEAR) - 1,
    "days_since_high_365": _since_high,
}
TREND, MOMENTUM, VOLATILITY = tuple(_TREND), tuple(_MOMENTUM), tuple(_VOLATILITY)
NAMES = TREND + MOMENTUM + VOLATILITY
_ALL = {**_TREND, **_MOMENTUM, **_VOLATILITY}


def calculate(close: Floats, wanted: Collection[str]) -> Iterator[tuple[str, Floats]]:
    """(T,) closes without a gap -> the name and (T,) values of each indicator wanted."""
    of = Closes(close)
    for name in NAMES:
        if name in wanted:
            yield name, _ALL[name](of)
