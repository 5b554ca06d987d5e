"""Overlays: when they switch, when a signal is void, and that no later close is looked at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indices.domain.overlays import (
    BadOverlay,
    Confirmation,
    cross_exposure,
    exit_to_cash,
    rsi_exposure,
    switched,
    volatility_exposure,
)


def states(text):
    return np.array([{"+": 1, "-": -1, ".": 0}[one] for one in text], dtype=np.int8)


def shown(exposures):
    return "".join(str(int(one)) for one in exposures)


@pytest.mark.parametrize(
    ("signals", "confirmation", "told"),
    [
        ("..++..--..", Confirmation(), "0011110000"),
        ("+-+-++++--", Confirmation(closes=3), "0000001111"),
        ("+++---+++", Confirmation(closes=2), "011100011"),
        ("+-+-+-+-+-", Confirmation(days_between=4), "1111100000"),
        ("---+", Confirmation(starts_invested=True), "0001"),
    ],
)
def test_a_signal_must_hold_and_switches_keep_apart(signals, confirmation, told):
    assert shown(switched(states(signals), confirmation)) == told


def test_the_strength_enters_above_sixty_and_leaves_below_forty():
    closes = np.concatenate((np.full(20, 100.0), 100 + np.arange(1, 20) * 2.0, 138 - np.arange(1, 25) * 3.0))
    closes[:20] += np.tile([0.5, -0.5], 10)
    exposures = rsi_exposure(closes)
    entered = int(np.flatnonzero(exposures)[0])
    left = entered + int(np.flatnonzero(exposures[entered:] == 0)[0])
    assert 20 <= entered < 25
    assert 39 < left < 50
    assert shown(exposures) == "0" * entered + "1" * (left - entered) + "0" * (len(closes) - left)


def test_the_averages_cross_where_a_plain_loop_says():
    random = np.random.default_rng(4)
    closes = np.exp(np.cumsum(random.normal(0, 0.03, 300)))
    expected = [
        float(day >= 49 and closes[day - 19 : day + 1].mean() > closes[day - 49 : day + 1].mean())
        for day in range(300)
    ]
    assert cross_exposure(closes).tolist() == expected


def test_the_target_of_volatility_is_kept_and_never_exceeded():
    returns = np.tile([0.02, -0.02], 40)
    volatility = returns[:30].std(ddof=1) * np.sqrt(365)
    found = volatility_exposure(returns, target=0.2)
    assert np.isnan(found[:29]).all()
    assert found[29:] == pytest.approx(0.2 / volatility)
    assert (volatility_exposure(returns, target=5.0)[29:] == 1).all()


def test_what_is_bearish_becomes_cash_and_no_other_gets_it():
    assert exit_to_cash([0.5, 0.3, 0.2], [False, True, False]).tolist() == [0.5, 0.0, 0.2]


@given(st.integers(60, 199), st.integers(0, 500))
def test_later_closes_change_no_earlier_exposure(cut, seed):
    random = np.random.default_rng(seed)
    closes = np.exp(np.cumsum(random.normal(0, 0.03, 200)))
    confirmation = Confirmation(closes=2, days_between=4)
    for rule in (rsi_exposure, cross_exposure):
        whole = rule(closes, confirmation=confirmation)
        assert whole[:cut].tolist() == rule(closes[:cut], confirmation=confirmation).tolist()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: rsi_exposure(range(1, 40), enter=40, leave=60), "enters at 40 and leaves at 60"),
        (lambda: cross_exposure(range(1, 80), short=50, long=20), "the first must be shorter"),
        (lambda: cross_exposure(range(1, 30)), "50 closes needs as many; there are 29"),
        (lambda: volatility_exposure([0.1] * 10, target=0.2), "30 days needs as many"),
        (lambda: volatility_exposure([0.1] * 40, target=0), "above zero"),
        (lambda: exit_to_cash([0.5], [True, False]), "2 signals do not fit 1 weights"),
        (lambda: switched(states("+"), Confirmation(closes=0)), "one close or more"),
    ],
)
def test_a_rule_that_decides_nothing_is_refused(wrong, told):
    with pytest.raises(BadOverlay, match=told):
        wrong()
