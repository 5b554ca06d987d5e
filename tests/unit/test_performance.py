"""Statistics at 365 days, with figures worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indices.domain.performance import BadReturns, drawdowns, returns_of, statistics


def test_known_figures():
    found = statistics([0.10, -0.05, 0.02])
    growth = 1.1 * 0.95 * 1.02
    deviation = math.sqrt(sum((x - 0.07 / 3) ** 2 for x in (0.10, -0.05, 0.02)) / 2)
    assert found.total_return == pytest.approx(growth - 1)
    assert found.cagr == pytest.approx(growth ** (365 / 3) - 1)
    assert found.volatility == pytest.approx(deviation * math.sqrt(365))
    assert found.sharpe == pytest.approx(0.07 / 3 / deviation * math.sqrt(365))
    assert found.sortino == pytest.approx(0.07 / 3 / math.sqrt(0.0025 / 3) * math.sqrt(365))
    assert found.max_drawdown == pytest.approx(-0.05)
    assert (found.best, found.worst, found.positive) == (0.10, -0.05, pytest.approx(2 / 3))


def test_the_number_of_periods_is_a_choice():
    daily, traded = statistics([0.01, -0.02, 0.03]), statistics([0.01, -0.02, 0.03], periods_per_year=252)
    assert daily.sharpe / traded.sharpe == pytest.approx(math.sqrt(365 / 252))


def test_ratios_over_nothing_are_not_defined():
    found = statistics([0.01])
    assert (found.volatility, found.sharpe, found.sortino, found.calmar) == (None, None, None, None)


def test_a_fall_from_the_start_counts():
    assert drawdowns([-0.5, 0.5]) == pytest.approx([-0.5, -0.25])


@given(st.lists(st.floats(min_value=0.01, max_value=1e6), min_size=2, max_size=50))
def test_returns_of_levels_lead_back_to_the_levels(levels):
    assert levels[0] * np.cumprod(1 + returns_of(levels)) == pytest.approx(levels[1:], rel=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.5])
def test_a_bad_return_is_named_by_its_place(bad):
    with pytest.raises(BadReturns, match="Return 2 of 2"):
        statistics([0.1, bad])


@pytest.mark.parametrize("bad", [[], [1.0], [1.0, 0.0], [1.0, math.nan]])
def test_returns_need_levels_above_zero(bad):
    with pytest.raises(BadReturns):
        returns_of(bad)
    if not bad:
        with pytest.raises(BadReturns):
            statistics(bad)
