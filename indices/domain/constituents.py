"""From the chosen constituents and their figures to their weights, by the method that the rules name."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indices.domain import weighting
from indices.domain.methodology import Rules
from portal.domain.errors import Invalid

Floats = NDArray[np.float64]


class GapInHistory(Invalid):
    """A window of closes that the method needs has a hole: nothing is filled in by a guess."""

    code = "gap-in-history"


def window_needed(rules: Rules) -> int:
    """Days of closes before the reference date that the method looks at."""
    return rules.window_days if rules.method in ("inverse_volatility", "momentum_cash") else 0


def weights(
    rules: Rules, *, symbols: Sequence[str], market_caps: Sequence[float], closes: Floats
) -> list[int]:
    """
    Weights in parts per billion; the last is cash.

    symbols, market_caps  (n,) of the chosen constituents
    closes                (window + 1, n) dollars, the last row the reference date's; (1, n) where none is needed
    returns               (n + 1,) integers summing to 1e9
    raises                GapInHistory naming the token; InfeasibleCaps, BadValues
    """
    if window_needed(rules):
        _require_whole(symbols, closes)
    caps: float = 1.0 if rules.cap_ppm is None else rules.cap_ppm / 1_000_000
    if rules.method == "equal":
        found = weighting.equal_weights(len(symbols))
    elif rules.method == "momentum_cash":
        change = closes[-1] / closes[0] - 1
        found = weighting.momentum_with_cash(change, threshold=rules.threshold_ppm / 1_000_000)
    elif rules.method == "inverse_volatility":
        inverse = weighting.inverse_volatility_weights(closes[1:] / closes[:-1] - 1)
        found = weighting.cap_weights(inverse, caps, rules.passes)
    elif rules.method == "root_cap":
        found = weighting.cap_weights(weighting.root_weights(market_caps), caps, rules.passes)
    else:
        found = weighting.cap_weights(market_caps, caps, rules.passes)
    return weighting.in_ppb(found)


def _require_whole(symbols: Sequence[str], closes: Floats) -> None:
    holes = ~np.isfinite(closes)
    if not holes.any():
        return
    column = int(np.flatnonzero(holes.any(axis=0))[0])
    raise GapInHistory(
        f"{symbols[column]} lacks {int(holes[:, column].sum())} of the last {len(closes)} closes, which the method needs.",
        field="prices",
        next_step="Supply the missing closes, or ask for more days of history in the screens.",
    )
