"""
Overlays: how much of an index is invested and how much waits in cash, from closes that are known.

An exposure is a share of the whole; day t's uses closes up to and including t, so it can be traded at t + 1's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.domain.momentum import relative_strength
from portal.domain.errors import Invalid

Floats = NDArray[np.float64]
Signals = NDArray[np.int8]
IN, OUT, NONE = 1, -1, 0


class BadOverlay(Invalid):
    """The parameters of an overlay contradict each other, or there are too few closes for them."""

    code = "bad-overlay"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """
    closes            in a row that a signal must hold, its own included; what does not hold so long is void
    days_between      between two switches, at least
    starts_invested   before the first signal that holds
    """

    closes: int = 1
    days_between: int = 0
    starts_invested: bool = False


def switched(states: Signals, confirmation: Confirmation) -> Floats:
    """
    (T,) states, IN, OUT or NONE (no opinion: the state before goes on) -> (T,) exposures, 0 or 1.

    A switch follows on the day that the other state has held `closes` closes in a row, and not before
    `days_between` days have passed since the last one.
    """
    if confirmation.closes < 1 or confirmation.days_between < 0:
        raise BadOverlay(
            "A signal is confirmed by one close or more, and days are not negative.", field="overlay"
        )
    invested, held, last = confirmation.starts_invested, 0, -confirmation.days_between
    opinion, exposures = NONE, np.zeros(len(states))
    for day, state in enumerate(states):
        if state != NONE:
            opinion = int(state)
        against = opinion == (OUT if invested else IN)
        held = held + 1 if against else 0
        if held >= confirmation.closes and day - last >= confirmation.days_between:
            invested, held, last = not invested, 0, day
        exposures[day] = float(invested)
    return exposures


def rsi_exposure(
    closes: ArrayLike,
    *,
    window: int = 14,
    enter: float = 60.0,
    leave: float = 40.0,
    confirmation: Confirmation | None = None,
) -> Floats:
    """
    In from a relative strength above `enter` until it falls below `leave`; between the two nothing changes.

    closes   (T,) finite, T > window
    source   TokenSets, ETH RSI 60/40 Crossover
    """
    if not 0 <= leave <= enter <= 100 or window < 2:
        raise BadOverlay(
            f"An RSI that enters at {enter:g} and leaves at {leave:g} decides nothing.", field="overlay"
        )
    strength = relative_strength(closes, window)
    states = np.where(strength > enter, IN, np.where(strength < leave, OUT, NONE)).astype(np.int8)
    return switched(states, confirmation or Confirmation())


def cross_exposure(
    closes: ArrayLike,
    *,
    short: int = 20,
    long: int = 50,
    confirmation: Confirmation | None = None,
) -> Floats:
    """
    In while the average of `short` closes stands above that of `long` closes.

    closes   (T,) finite, T >= long
    source   TokenSets, ETH 20-day / 50-day moving average crossover
    """
    array = _closes(closes)
    if not 1 <= short < long:
        raise BadOverlay(f"A cross of {short} and {long} days: the first must be shorter.", field="overlay")
    if len(array) < long:
        raise BadOverlay(
            f"An average of {long} closes needs as many; there are {len(array)}.", field="closes"
        )
    fast, slow = _average(array, short)[long - short :], _average(array, long)
    states = np.zeros(len(array), dtype=np.int8)
    states[long - 1 :] = np.where(fast > slow, IN, np.where(fast < slow, OUT, NONE))
    return switched(states, confirmation or Confirmation())


def volatility_exposure(
    returns: ArrayLike, *, target: float, window: int = 30, most: float = 1.0, periods_per_year: int = 365
) -> Floats:
    """
    As much as keeps the volatility of the last `window` days at the target, and never more than `most`.

    returns  (T,) finite simple returns; target a share a year (0.4 is 40 %)
    result   (T,) exposures; NaN before the window is full
    """
    array = np.asarray(returns, dtype=np.float64)
    if array.ndim != 1 or not np.isfinite(array).all() or len(array) < window:
        raise BadOverlay(f"A volatility of {window} days needs as many finite returns.", field="returns")
    if not (target > 0 and 0 < most <= 1 and window >= 2):
        raise BadOverlay(
            "A volatility target is above zero, and the most invested at most all.", field="overlay"
        )
    parts = np.lib.stride_tricks.sliding_window_view(array, window)
    deviation = parts.std(axis=1, ddof=1) * np.sqrt(periods_per_year)
    exposures = np.full(len(array), np.nan)
    exposures[window - 1 :] = np.where(
        deviation > 0, np.minimum(most, target / np.maximum(deviation, 1e-300)), most
    )
    return exposures


def exit_to_cash(weights: ArrayLike, bearish: ArrayLike) -> Floats:
    """(n,) weights without those that are bearish; what they had is cash and is not handed to the others."""
    shares, out = np.asarray(weights, dtype=np.float64), np.asarray(bearish, dtype=bool)
    if shares.shape != out.shape:
        raise BadOverlay(f"{out.size} signals do not fit {shares.size} weights.", field="bearish")
    return np.where(out, 0.0, shares)


def _average(array: Floats, window: int) -> Floats:
    means: Floats = np.lib.stride_tricks.sliding_window_view(array, window).mean(axis=1)
    return means


def _closes(closes: ArrayLike) -> Floats:
    array = np.asarray(closes, dtype=np.float64)
    if array.ndim != 1 or not np.isfinite(array).all() or (array <= 0).any():
        raise BadOverlay("An overlay needs finite closes above zero.", field="closes")
    return array
