"""Weights from a covariance: against closed forms, against another solver, and what is least is least."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from indices.domain.risk_weighting import covariance, minimum_variance_weights, risk_parity_weights
from indices.domain.weighting import (
    BadValues,
    InfeasibleCaps,
    float_bands,
    free_float_weights,
    score_tilt_weights,
)


def matrix(count, seed=1, days=300):
    random = np.random.default_rng(seed)
    common = random.normal(0, 0.02, (days, 1))
    return covariance(common * random.uniform(0.3, 1.6, count) + random.normal(0, 0.02, (days, count)))


def test_two_assets_have_the_minimum_variance_of_the_closed_form():
    square = np.array([[0.04, 0.006], [0.006, 0.09]])
    first = (0.09 - 0.006) / (0.04 + 0.09 - 2 * 0.006)
    assert minimum_variance_weights(square) == pytest.approx([first, 1 - first], abs=1e-9)


@pytest.mark.parametrize("cap", [1.0, 0.2])
def test_the_minimum_agrees_with_another_solver(cap):
    square = matrix(12)
    ours = minimum_variance_weights(square, cap)
    theirs = minimize(
        lambda weights: weights @ square @ weights * 1e4,
        np.full(12, 1 / 12),
        bounds=[(0, cap)] * 12,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    ).x
    assert ours @ square @ ours <= theirs @ square @ theirs * (1 + 1e-9)
    assert ours == pytest.approx(theirs, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), cap=st.floats(0.15, 1.0))
def test_no_other_feasible_weights_vary_less(seed, cap):
    square, random = matrix(8, seed), np.random.default_rng(seed)
    least = minimum_variance_weights(square, cap)
    assert least.sum() == pytest.approx(1, abs=1e-12)
    assert (least >= 0).all()
    assert (least <= cap + 1e-9).all()
    for _ in range(20):
        other = np.clip(random.dirichlet(np.ones(8)), 0, cap)
        other /= other.sum()
        if (other <= cap).all():
            assert least @ square @ least <= other @ square @ other * (1 + 1e-9)


def test_caps_that_leave_a_part_to_nobody_say_so():
    with pytest.raises(InfeasibleCaps, match="4 constituents with these caps can hold at most 80 %"):
        minimum_variance_weights(matrix(4), 0.2)


def test_risk_parity_of_what_is_not_correlated_is_inverse_volatility():
    found = risk_parity_weights(np.diag([0.01, 0.04, 0.16]))
    assert found == pytest.approx(np.array([4, 2, 1]) / 7, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_each_adds_its_budget_to_the_risk(seed):
    square = matrix(10, seed)
    budgets = np.random.default_rng(seed).uniform(0.2, 1, 10)
    weights = risk_parity_weights(square, budgets)
    risk = weights * (square @ weights)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert risk / risk.sum() == pytest.approx(budgets / budgets.sum(), abs=1e-9)


def test_returns_that_do_not_move_have_no_covariance_to_weigh_by():
    with pytest.raises(BadValues, match="constituent 2"):
        covariance([[0.1, 0.0], [0.2, 0.0], [0.0, 0.0]])


def test_free_float_counts_in_bands():
    shares = [0.1, 0.149, 0.15, 0.2, 0.29, 0.3, 0.85, 0.9, 0.95, 1.0]
    assert float_bands(shares).tolist() == [0, 0, 0.2, 0.3, 0.3, 0.4, 0.9, 1, 1, 1]
    assert free_float_weights([100, 100, 100], [0.1, 0.45, 1.0]) == pytest.approx([0, 1 / 3, 2 / 3])
    with pytest.raises(BadValues, match=r"Free float 2 of 2 is 1\.5"):
        float_bands([0.5, 1.5])


def test_a_tilt_leans_towards_high_scores_and_no_tilt_does_not():
    values = [3.0, 2.0, 1.0]
    assert score_tilt_weights(values, [1, 2, 3], strength=0) == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    z = np.sqrt(1.5)
    leaning = np.array([3 / (1 + z), 2, 1 + z])
    assert score_tilt_weights(values, [1, 2, 3]) == pytest.approx(leaning / leaning.sum())
    assert score_tilt_weights(values, [5, 5, 5]) == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    with pytest.raises(BadValues, match="3 values need as many finite scores"):
        score_tilt_weights(values, [1, float("nan"), 3])
