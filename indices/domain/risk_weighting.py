"""Weights from the covariance of returns: minimum variance and risk parity, long only, by methods of our own."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.domain.weighting import BadValues, InfeasibleCaps, proportional
from portal.domain.errors import Invalid

Floats = NDArray[np.float64]
MOST_STEPS = 50_000
CLOSE_ENOUGH = 1e-10


class NoConvergence(Invalid):
    """The covariance is so close to singular that no single answer was found."""

    code = "no-convergence"


def covariance(returns: ArrayLike, *, shrink: float = 0.0) -> Floats:
    """
    (T, n) simple returns, T >= 2, finite -> (n, n) sample covariance (ddof 1).

    shrink  share, 0 to 1, by which what lies off the diagonal is made smaller: with fewer days than assets the
            sample alone says nothing certain
    raises  BadValues naming the first constituent whose returns are not finite or do not move
    """
    array = np.asarray(returns, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] < 2 or array.shape[1] < 1:
        raise BadValues("A covariance needs at least two returns per constituent.", field="returns")
    if not 0 <= shrink <= 1:
        raise Invalid(f"The shrinkage is {shrink}; it is a share from 0 to 1.", field="shrink")
    apart = array - array.mean(axis=0)
    found: Floats = apart.T @ apart / (len(array) - 1)
    wrong = np.flatnonzero(~np.isfinite(np.diag(found)) | (np.diag(found) <= 0))
    if wrong.size:
        raise BadValues(
            f"The returns of constituent {int(wrong[0]) + 1} are not finite or do not move.", field="returns"
        )
    return np.where(np.eye(len(found), dtype=bool), found, found * (1 - shrink))


def minimum_variance_weights(matrix: ArrayLike, caps: ArrayLike = 1.0) -> Floats:
    """
    The weights whose variance is least among those that sum to one, none negative and none above its cap.

    matrix   (n, n) covariance, symmetric, positive semidefinite
    caps     one number or (n,), each in (0, 1]
    returns  (n,) floats; no exchange of weight between two constituents lowers the variance by more than 1e-10 of it
    raises   BadValues, InfeasibleCaps, NoConvergence
    source   accelerated projected gradient (Nesterov; Beck & Teboulle 2009) with restarts
    """
    square = _square(matrix)
    count = len(square)
    limits = np.broadcast_to(np.asarray(caps, dtype=np.float64), (count,)).copy()
    if not np.isfinite(limits).all() or (limits <= 0).any() or (limits > 1).any():
        raise Invalid("A cap is a share of the whole: above 0 and at most 1.", field="caps")
    if float(limits.sum()) < 1 - 1e-12:
        raise InfeasibleCaps(
            f"{count} constituents with these caps can hold at most {100 * float(limits.sum()):.4g} % of the index.",
            field="caps",
            next_step="Raise the cap, or take in more constituents.",
        )
    step = 1.0 / float(np.linalg.eigvalsh(square)[-1])
    weights = ahead = onto_simplex(np.full(count, 1.0 / count), limits)
    momentum = 1.0
    for _ in range(MOST_STEPS):
        after = onto_simplex(ahead - step * (square @ ahead), limits)
        if float((ahead - after) @ (after - weights)) > 0:
            momentum, ahead = 1.0, weights
            continue
        following = (1 + np.sqrt(1 + 4 * momentum * momentum)) / 2
        ahead = after + (momentum - 1) / following * (after - weights)
        weights, momentum = after, following
        if _settled(square, weights, limits):
            least: Floats = weights / weights.sum()
            return least
    raise NoConvergence(
        f"No weights of least variance were found in {MOST_STEPS:,} steps.",
        field="returns",
        next_step="Use a longer window, or shrink the covariance.",
    )


def risk_parity_weights(matrix: ArrayLike, budgets: ArrayLike | None = None) -> Floats:
    """
    Weights by which each constituent adds its budget to the variance of the whole; equal budgets where none are given.

    matrix   (n, n) covariance, positive definite enough that no weight must be infinite
    budgets  (n,) above zero, of any sum
    returns  (n,) floats that sum to 1; weight x marginal risk equals the budget's share to 1e-10
    raises   BadValues, NoConvergence
    source   cyclical coordinate descent: Griveau-Billion, Richard & Roncalli (2013)
    """
    square = _square(matrix)
    count = len(square)
    shares = proportional(np.ones(count) if budgets is None else budgets)
    if len(shares) != count or (shares <= 0).any():
        raise BadValues("Risk budgets are one per constituent, each above zero.", field="budgets")
    weights = np.sqrt(shares / np.diag(square))
    for _ in range(1_000):
        for place in range(count):
            own = float(square[place, place])
            others = float(square[place] @ weights) - own * float(weights[place])
            weights[place] = (-others + np.sqrt(others * others + 4 * own * shares[place])) / (2 * own)
        risk = weights * (square @ weights)
        if float(np.abs(risk / risk.sum() - shares).max()) < CLOSE_ENOUGH:
            total: Floats = weights / weights.sum()
            return total
    raise NoConvergence(
        "No weights of equal risk were found.", field="returns", next_step="Use a longer window."
    )


def onto_simplex(point: Floats, limits: Floats) -> Floats:
    """The nearest weights that sum to one, each from zero to its limit: point - shift, cut off, by bisection."""
    low, high = float((point - limits).min()) - 1.0, float(point.max())
    for _ in range(100):
        middle = (low + high) / 2
        if float(np.clip(point - middle, 0.0, limits).sum()) > 1:
            low = middle
        else:
            high = middle
    found: Floats = np.clip(point - high, 0.0, limits)
    return found


def _settled(square: Floats, weights: Floats, limits: Floats) -> bool:
    """Whether what can give weight away is at the margin no riskier than what can take it."""
    marginal = square @ weights
    variance = float(weights @ marginal)
    giving = float(marginal[weights > 1e-12].max())
    free = weights < limits - 1e-12
    taking = float(marginal[free].min()) if free.any() else giving
    return giving - taking <= CLOSE_ENOUGH * max(variance, 1e-300)


def _square(matrix: ArrayLike) -> Floats:
    array = np.asarray(matrix, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.size == 0:
        raise BadValues("A covariance is a square table.", field="matrix")
    if not np.isfinite(array).all() or (np.diag(array) <= 0).any():
        raise BadValues(
            "A covariance holds numbers, with variances above zero on its diagonal.", field="matrix"
        )
    if not np.allclose(array, array.T, rtol=1e-9, atol=0):
        raise BadValues("A covariance is symmetric; this one is not.", field="matrix")
    scaled: Floats = array / float(np.diag(array).mean())
    return scaled
