"""Prices that look wrong. A check names what it sees; whether it is an error is for a person to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WINDOW: Final = 60
"""Known closes before a day that its step is measured against."""
FEWEST: Final = 20
TIMES: Final = 10.0
"""An outlier's step is this many robust standard deviations (1.4826 x median absolute deviation) off the median."""
SMALLEST_STEP: Final = 0.4
"""And at least this large in logarithms: about half as much again, or a third less."""
FROZEN_DAYS: Final = 5
STALE_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class Suspicion:
    """
    kind      outlier | frozen
    place     row of the day
    expected  the close before it
    """

    kind: str
    place: int
    close: float
    expected: float
    message: str


def suspicions(days: Sequence[date], closes: Floats, *, pegged: bool = False) -> list[Suspicion]:
    """
    Steps that are far out of proportion, and closes that do not move at all.

    days    (T,) in order;  closes  (T,) dollars above zero, NaN where none is known
    pegged  a token that is meant not to move is not frozen
    source  the median absolute deviation as in Hampel, The influence curve and its role in robust estimation (1974)
    """
    known = np.flatnonzero(np.isfinite(closes))
    values = np.log(closes[known])
    steps = np.diff(values)
    found: list[Suspicion] = []
    still = 1
    for place, step in enumerate(steps, start=1):
        row, before = int(known[place]), int(known[place - 1])
        still = still + 1 if step == 0 else 1
        if still == FROZEN_DAYS and not pegged:
            found.append(
                Suspicion(
                    "frozen", row, float(closes[row]), float(closes[before]),
                    f"The close is {closes[row]:.10g} for the {FROZEN_DAYS}th day in a row.",
                )
            )  # fmt: skip
        times = _times(step, steps[max(0, place - 1 - WINDOW) : place - 1])
        if times is not None:
            found.append(
                Suspicion(
                    "outlier", row, float(closes[row]), float(closes[before]),
                    f"{closes[before]:.10g} on {days[before]}, {closes[row]:.10g} on {days[row]}: "
                    f"{100 * np.expm1(step):+.1f} %, {times:.0f} times the usual step.",
                )
            )  # fmt: skip
    return found


def _times(step: float, past: Floats) -> float | None:
    """How many times the usual step this one is, where that is out of proportion."""
    if abs(step) < SMALLEST_STEP or len(past) < FEWEST:
        return None
    middle = float(np.median(past))
    usual = max(1.4826 * float(np.median(np.abs(past - middle))), 1e-6)
    times = abs(step - middle) / usual
    return times if times >= TIMES else None
