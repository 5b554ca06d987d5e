"""From the chosen constituents and their figures to their weights, by the method that the rules name."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indices.domain import overlays, risk_weighting, weighting
from indices.domain.methodology import Overlay, Rules
from portal.domain.errors import Invalid

Floats = NDArray[np.float64]
SHRINK = 0.1
"""Of covariances: with windows shorter than the number of constituents the sample alone decides nothing."""


class GapInHistory(Invalid):
    """A window of closes that the method needs has a hole: nothing is filled in by a guess."""

    code = "gap-in-history"


OVERLAY_HISTORY = 120
"""Days beyond its window that an overlay replays, so that its state rests on a switch and not on where it began."""
BY_RETURNS = ("inverse_volatility", "minimum_variance", "risk_parity", "momentum_cash")


def window_needed(rules: Rules) -> int:
    """Days of closes before the reference date that the method and the overlay look at."""
    method = rules.window_days if rules.method in BY_RETURNS else 0
    return method if rules.overlay is None else max(method, rules.overlay.window_days + OVERLAY_HISTORY)


def weights(
    rules: Rules, *, symbols: Sequence[str], market_caps: Sequence[float] | Floats, closes: Floats
) -> list[int]:
    """
    Weights in parts per billion; the last is cash.

    symbols, market_caps  (n,) of the chosen constituents
    closes                (window + 1, n) dollars, the last row the reference date's; (1, n) where none is needed
    returns               (n + 1,) integers summing to 1e9
    raises                GapInHistory naming the token; InfeasibleCaps, BadValues, NoConvergence
    """
    return weighting.in_ppb(shares(rules, symbols=symbols, market_caps=market_caps, closes=closes))


def shares(
    rules: Rules, *, symbols: Sequence[str], market_caps: Sequence[float] | Floats, closes: Floats
) -> Floats:
    """The same as (n,) floats before they are made whole; what is missing to one is cash."""
    if window_needed(rules):
        _require_whole(symbols, closes)
    found = _by_method(rules, len(symbols), market_caps, closes)
    return found if rules.overlay is None else found * exposure(rules.overlay, closes, found)


def _by_method(rules: Rules, count: int, market_caps: Sequence[float] | Floats, closes: Floats) -> Floats:
    caps: float = 1.0 if rules.cap_ppm is None else rules.cap_ppm / 1_000_000
    if rules.method == "equal":
        return weighting.equal_weights(count)
    if rules.method == "root_cap":
        return weighting.cap_weights(weighting.root_weights(market_caps), caps, rules.passes)
    if rules.method == "cap":
        return weighting.cap_weights(market_caps, caps, rules.passes)
    window = closes[-rules.window_days - 1 :]
    if rules.method == "momentum_cash":
        return weighting.momentum_with_cash(
            window[-1] / window[0] - 1, threshold=rules.threshold_ppm / 1_000_000
        )
    moves = window[1:] / window[:-1] - 1
    if rules.method == "inverse_volatility":
        inverse = weighting.inverse_volatility_weights(moves)
    elif rules.method == "risk_parity":
        inverse = risk_weighting.risk_parity_weights(risk_weighting.covariance(moves, shrink=SHRINK))
    else:
        return risk_weighting.minimum_variance_weights(risk_weighting.covariance(moves, shrink=SHRINK), caps)
    return weighting.cap_weights(inverse, caps, rules.passes)


def exposure(overlay: Overlay, closes: Floats, weights: Floats) -> float:
    """The share invested on the last day, from the closes of the basket as it is weighted now."""
    invested = float(weights.sum())
    if invested <= 0:
        return 0.0
    basket = closes / closes[0] @ (weights / invested)
    confirmation = overlays.Confirmation(overlay.confirmed_closes, overlay.days_between)
    if overlay.kind == "rsi":
        shown = overlays.rsi_exposure(
            basket,
            window=overlay.window_days,
            enter=overlay.enter,
            leave=overlay.leave,
            confirmation=confirmation,
        )
    elif overlay.kind == "averages_cross":
        shown = overlays.cross_exposure(
            basket, short=overlay.short_days, long=overlay.window_days, confirmation=confirmation
        )
    else:
        shown = overlays.volatility_exposure(
            basket[1:] / basket[:-1] - 1, target=overlay.target_ppm / 1_000_000, window=overlay.window_days
        )
    return float(shown[-1])


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
