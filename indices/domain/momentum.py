"""The relative strength index in plain numpy: for rules of an overlay, which ask for one series and no more."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from portal.domain.errors import Invalid

Floats = NDArray[np.float64]


def relative_strength(closes: ArrayLike, window: int = 14) -> Floats:
    """
    Wilder's relative strength index.

    closes   (T,) finite, T > window
    returns  (T,) 0..100; NaN for the first `window` days, which have no full window yet
    source   J. Welles Wilder, New Concepts in Technical Trading Systems (1978)
    """
    array = np.asarray(closes, dtype=np.float64)
    if array.ndim != 1 or array.size <= window or not np.isfinite(array).all():
        raise Invalid(f"An RSI over {window} days needs more than {window} finite closes.", field="closes")
    moves = np.diff(array)
    gains, losses = np.maximum(moves, 0.0), np.maximum(-moves, 0.0)
    result = np.full(array.size, np.nan)
    gain, loss = float(gains[:window].mean()), float(losses[:window].mean())
    for day in range(window, array.size):
        if day > window:
            gain = (gain * (window - 1) + float(gains[day - 1])) / window
            loss = (loss * (window - 1) + float(losses[day - 1])) / window
        result[day] = 100.0 if loss == 0 else 100.0 - 100.0 / (1.0 + gain / loss)
    return result
