"""Indicators that need the day's range: highs, lows and opens beside closes. TA-Lib where it has the function."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
import talib
from numpy.typing import NDArray

Floats = NDArray[np.float64]
YEAR = 365


@dataclass(frozen=True, slots=True)
class Bars:
    """(T,) each, without a gap."""

    high: Floats
    low: Floats
    open: Floats
    close: Floats


Made = Callable[[Bars], Floats]


def _hlc(function: Callable[..., Floats], days: int) -> Made:
    return lambda of: function(of.high, of.low, of.close, days)


def _parkinson(of: Bars) -> Floats:
    wide: Floats = np.sqrt(talib.SMA(np.log(of.high / of.low) ** 2, 30) * YEAR / (4 * np.log(2)))
    return wide


def _garman_klass(of: Bars) -> Floats:
    span, body = np.log(of.high / of.low) ** 2, np.log(of.close / of.open) ** 2
    wide: Floats = np.sqrt(np.maximum(talib.SMA(0.5 * span - (2 * np.log(2) - 1) * body, 30), 0.0) * YEAR)
    return wide


def _donchian(of: Bars, width: bool) -> Floats:
    top, bottom = talib.MAX(of.high, 20), talib.MIN(of.low, 20)
    return (top - bottom) / of.close if width else (of.close - bottom) / (top - bottom)


def _stochastic(of: Bars) -> tuple[Floats, Floats]:
    return talib.STOCH(of.high, of.low, of.close, 14, 3, slowd_period=3)


def _keltner(of: Bars) -> Floats:
    """How many average true ranges the close stands above its own average."""
    return (of.close - talib.EMA(of.close, 20)) / talib.ATR(of.high, of.low, of.close, 10)


_TREND: dict[str, Made] = {
    "adx_14": _hlc(talib.ADX, 14),
    "adxr_14": _hlc(talib.ADXR, 14),
    "plus_direction_14": _hlc(talib.PLUS_DI, 14),
    "minus_direction_14": _hlc(talib.MINUS_DI, 14),
    "aroon_up_25": lambda of: talib.AROON(of.high, of.low, 25)[1],
    "aroon_down_25": lambda of: talib.AROON(of.high, of.low, 25)[0],
    "aroon_oscillator_25": lambda of: talib.AROONOSC(of.high, of.low, 25),
    "parabolic_distance": lambda of: of.close / talib.SAR(of.high, of.low) - 1,
}
_MOMENTUM: dict[str, Made] = {
    "stochastic_k": lambda of: _stochastic(of)[0],
    "stochastic_d": lambda of: _stochastic(of)[1],
    "commodity_channel_20": _hlc(talib.CCI, 20),
    "williams_r_14": _hlc(talib.WILLR, 14),
    "ultimate_oscillator": lambda of: talib.ULTOSC(of.high, of.low, of.close, 7, 14, 28),
    "balance_of_power_14": lambda of: talib.SMA(talib.BOP(of.open, of.high, of.low, of.close), 14),
}
_VOLATILITY: dict[str, Made] = {
    "true_range_14": _hlc(talib.NATR, 14),
    "true_range_7_to_28": lambda of: (
        talib.ATR(of.high, of.low, of.close, 7) / talib.ATR(of.high, of.low, of.close, 28)
    ),
    "parkinson_30": _parkinson,
    "garman_klass_30": _garman_klass,
    "donchian_width_20": lambda of: _donchian(of, True),
    "donchian_place_20": lambda of: _donchian(of, False),
    "keltner_place_20": _keltner,
}
TREND, MOMENTUM, VOLATILITY = tuple(_TREND), tuple(_MOMENTUM), tuple(_VOLATILITY)
NAMES = TREND + MOMENTUM + VOLATILITY
_ALL = {**_TREND, **_MOMENTUM, **_VOLATILITY}


def calculate(
    high: Floats, low: Floats, opened: Floats, close: Floats, wanted: Collection[str]
) -> Iterator[tuple[str, Floats]]:
    """(T,) prices without a gap -> the name and (T,) values of each indicator wanted."""
    of = Bars(high, low, opened, close)
    for name in NAMES:
        if name in wanted:
            yield name, _ALL[name](of)
