"""Weights: published examples to the digits given, and what holds for every input."""

import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indices.domain import weighting
from indices.domain.weighting import (
    BadValues,
    InfeasibleCaps,
    cap_weights,
    in_ppb,
    inverse_volatility_weights,
    momentum_with_cash,
    root_weights,
)

VALUES = st.lists(st.floats(min_value=1e-3, max_value=1e12), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("caps", "weights"),
    [([0.02, 1, 1], [0.02, 0.392, 0.588]), ([0.02, 0.02, 1], [0.02, 0.02, 0.96])],
)
def test_capping_agrees_with_tidymas(caps, weights):
    assert cap_weights([1, 2, 3], caps) == pytest.approx(weights, abs=1e-15)


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_one_pass_gives_the_defi_pulse_weights_of_may_2021(reference_data):
    found = rows(reference_data / "market" / "reference" / "dpi_may2021_worked_example.csv")
    caps = [float(row["circulating_supply_input"]) * float(row["price_usd_implied"]) for row in found]
    weights = cap_weights(caps, 0.25, passes=1)
    assert weights == pytest.approx([float(row["capped25_weight_expected"]) for row in found], abs=1e-6)
    by_symbol = dict(zip([row["component"] for row in found], weights, strict=True))
    assert by_symbol["UNI"] == pytest.approx(0.25, abs=1e-12)
    assert round(by_symbol["AAVE"], 5) == 0.18938
    assert round(by_symbol["MKR"], 5) == 0.14511


def test_new_units_of_the_defi_pulse_index_of_may_2021_follow_from_the_weights(reference_data):
    found = rows(reference_data / "market" / "reference" / "dpi_may2021_worked_example.csv")
    prices = np.array([float(row["price_usd_implied"]) for row in found])
    caps = np.array([float(row["circulating_supply_input"]) for row in found]) * prices
    current = np.array([float(row["current_unit"]) for row in found])
    worth = float(current @ prices)
    assert worth == pytest.approx(592.27242, abs=2e-5)
    units = cap_weights(caps, 0.25, passes=1) * worth / prices
    published = np.array([float(row["new_unit_published"]) for row in found])
    assert units * prices / worth == pytest.approx(published * prices / worth, abs=1e-6)
    assert float(units @ prices) == pytest.approx(worth, rel=1e-12)


@pytest.mark.parametrize(
    ("risen", "invested"), [(0, 0.0), (1, 0.28), (2, 0.36), (4, 0.52), (10, 1.0), (14, 1.0)]
)
def test_momentum_leaves_the_rest_in_cash(risen, invested):
    weights = momentum_with_cash([0.09] * risen + [0.08, -0.5, math.nan])
    assert float(weights.sum()) == pytest.approx(invested, abs=1e-12)
    if risen == 4:
        assert weights[:4] == pytest.approx([0.13] * 4, abs=1e-15)
    assert (weights[risen:] == 0).all()


@given(VALUES, st.floats(min_value=0.01, max_value=1.0))
def test_capped_weights_sum_to_one_and_none_exceeds_its_cap(values, cap):
    if cap * len(values) < 1 - 1e-12:
        with pytest.raises(InfeasibleCaps):
            cap_weights(values, cap)
        return
    weights = cap_weights(values, cap)
    assert float(weights.sum()) == pytest.approx(1, abs=1e-12)
    assert (weights <= cap + 1e-9).all()
    assert (weights >= 0).all()


@given(VALUES)
def test_without_caps_weights_are_proportional(values):
    weights = cap_weights(values)
    assert weights * sum(values) == pytest.approx(values, rel=1e-9)


@given(VALUES)
def test_the_order_of_size_survives_capping_to_the_end(values):
    weights = cap_weights(values, max(0.3, 1 / len(values)))
    order = np.argsort(values, kind="stable")
    assert (np.diff(weights[order]) >= -1e-12).all()


def test_one_pass_may_push_the_next_above_its_cap():
    assert cap_weights([1.0, 2.0, 1.5], 1 / 3, passes=1) == pytest.approx([4 / 15, 1 / 3, 2 / 5])


def test_caps_that_cannot_be_met_say_how_much_they_hold():
    with pytest.raises(InfeasibleCaps, match=r"3 constituents with these caps can hold at most 90 %"):
        cap_weights([1, 2, 3], 0.3)


def test_a_constituent_without_value_does_not_make_a_cap_feasible():
    with pytest.raises(InfeasibleCaps, match="1 constituents"):
        cap_weights([0, 0, 3], 0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_a_bad_value_is_named_by_its_place(bad):
    with pytest.raises(BadValues, match="Value 2 of 3"):
        cap_weights([1, bad, 3])


@pytest.mark.parametrize("bad", [[], [0, 0], [[1, 2]]])
def test_nothing_to_weigh_is_refused(bad):
    with pytest.raises(BadValues):
        cap_weights(bad)


@pytest.mark.parametrize("cap", [0, -0.1, 1.1, math.nan])
def test_a_cap_is_a_share_of_the_whole(cap):
    with pytest.raises(weighting.Invalid, match="share of the whole"):
        cap_weights([1, 2], cap)


def test_root_and_inverse_volatility():
    assert root_weights([1, 4, 9]) == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    returns = np.array([[0.01, 0.02], [-0.01, -0.02], [0.01, 0.02]])
    assert inverse_volatility_weights(returns) == pytest.approx([2 / 3, 1 / 3])
    with pytest.raises(BadValues, match="constituent 2"):
        inverse_volatility_weights([[0.1, 0.0], [0.2, 0.0]])


@given(VALUES)
def test_parts_per_billion_sum_to_the_whole(values):
    parts = in_ppb(cap_weights(values))
    assert sum(parts) == 1_000_000_000
    assert parts[-1] == 0
    assert min(parts) >= 0


def test_what_is_not_invested_is_cash_in_parts_per_billion():
    assert in_ppb([0.13] * 4) == [130_000_000] * 4 + [480_000_000]
    assert in_ppb([0.0, 0.0]) == [0, 0, 1_000_000_000]
    with pytest.raises(BadValues, match=r"sum to 1\.2"):
        in_ppb([0.6, 0.6])
