"""Indicators of what was traded. Volume is value in the currency of the closes."""

from collections.abc import Callable, Collection, Iterator

import numpy as np
import talib
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Made = Callable[[Floats, Floats], Floats]


def _standing(close: Floats, volume: Floats) -> Floats:
    """Standard deviations of the day's volume above its mean of 30 days."""
    return (volume - talib.SMA(volume, 30)) / talib.STDDEV(volume, 30)


def _balance(close: Floats, volume: Floats) -> Floats:
    """Share of 30 days' volume that days up have over days down."""
    signed = np.concatenate(([np.nan], np.sign(np.diff(close)))) * volume
    return talib.SMA(signed, 30) / talib.SMA(volume, 30)


def _force(close: Floats, volume: Floats) -> Floats:
    """Elder's force index: returns weighed by how much more than usual was traded."""
    moves = np.concatenate(([np.nan], close[1:] / close[:-1] - 1))
    return talib.EMA(moves * volume / talib.SMA(volume, 30), 13)


def _average_price(close: Floats, volume: Floats) -> Floats:
    return close / (talib.SMA(volume, 30) / talib.SMA(volume / close, 30)) - 1


def _illiquidity(close: Floats, volume: Floats) -> Floats:
    """Amihud: log of the mean of |return| per million traded."""
    moves = np.abs(np.concatenate(([np.nan], close[1:] / close[:-1] - 1)))
    worth = np.where(volume > 0, moves / np.where(volume > 0, volume, 1.0), 0.0)
    worth[0] = np.nan
    return np.log1p(talib.SMA(worth * 1e6, 30))


def _together(close: Floats, volume: Floats) -> Floats:
    moves = np.concatenate(([0.0], np.diff(np.log(close))))
    change = np.concatenate(([0.0], np.diff(np.log1p(volume))))
    return talib.CORREL(moves, change, 30)


_PLAIN: dict[str, Made] = {
    "volume_30": lambda close, volume: np.log1p(talib.SMA(volume, 30)),
    "volume_7_to_30": lambda close, volume: talib.SMA(volume, 7) / talib.SMA(volume, 30) - 1,
    "volume_30_to_180": lambda close, volume: talib.SMA(volume, 30) / talib.SMA(volume, 180) - 1,
    "volume_standing_30": _standing,
    "volume_balance_30": _balance,
    "force_13": _force,
    "average_price_30_distance": _average_price,
    "illiquidity_30": _illiquidity,
    "price_volume_correlation_30": _together,
}
_RANGED: dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "money_flow_14": lambda high, low, close, volume: talib.MFI(high, low, close, volume, 14),
    "accumulation_20": lambda high, low, close, volume: (
        talib.SMA(_flow(high, low, close) * volume, 20) / talib.SMA(volume, 20)
    ),
    "chaikin_oscillator": lambda high, low, close, volume: (
        talib.ADOSC(high, low, close, volume) / talib.SMA(volume, 30)
    ),
}
VOLUME, RANGE_VOLUME = tuple(_PLAIN), tuple(_RANGED)


def _flow(high: Floats, low: Floats, close: Floats) -> Floats:
    """Where in the day's range it closed, from -1 to 1."""
    span = high - low
    return np.where(span > 0, ((close - low) - (high - close)) / np.where(span > 0, span, 1.0), 0.0)


def calculate(close: Floats, volume: Floats, wanted: Collection[str]) -> Iterator[tuple[str, Floats]]:
    """(T,) closes and volumes without a gap -> name and (T,) values of each indicator wanted."""
    for name, made in _PLAIN.items():
        if name in wanted:
            yield name, made(close, volume)


def calculate_ranges(
    high: Floats, low: Floats, close: Floats, volume: Floats, wanted: Collection[str]
) -> Iterator[tuple[str, Floats]]:
    """The same with the day's range."""
    for name, made in _RANGED.items():
        if name in wanted:
            yield name, made(high, low, close, volume)
