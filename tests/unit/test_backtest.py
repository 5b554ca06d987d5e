"""Backtests: decided as live, never from the future, levels and costs as plain loops have them."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indices.domain import backtest, level
from indices.domain.backtest import BadMarket, Market, NothingToTest, run
from indices.domain.methodology import rules_of
from indices.domain.performance import returns_of, statistics

FIRST = date(2024, 1, 7)
"""A Sunday."""
CAPPED = {"method": "cap", "cap_ppm": 300_000}


def rules(weighting=CAPPED, **changes):
    document = {
        "theme": "Test",
        "universe": {},
        "selection": {"top": 5},
        "weighting": weighting,
        "schedule": {"every": "week", "weekday": 6, "lag_days": 1},
        "fees": {"trading_bps": 20},
    }
    return rules_of(document | changes)


def market(days=200, count=12, *, seed=1, holes=0.0):
    random = np.random.default_rng(seed)
    closes = np.exp(np.cumsum(random.normal(0, 0.04, (days, count)), axis=0))
    caps = closes * np.exp(random.normal(16, 1, count))
    missing = random.random(closes.shape) < holes
    closes[missing] = caps[missing] = np.nan
    return Market(
        days=tuple(FIRST + timedelta(days=n) for n in range(days)),
        symbols=tuple(f"T{n:02d}" for n in range(count)),
        closes=closes,
        caps=caps,
        pegged=(False,) * (count - 1) + (True,),
        delisted=(None,) * (count - 2) + (FIRST + timedelta(days=90), None),
    )


def ran(rules_, market_, **changes):
    given_ = {"first": FIRST, "last": market_.days[-1]} | changes
    return run(rules_, market_, **given_)


METHODS = [
    CAPPED,
    CAPPED | {"passes": 1},
    {"method": "root_cap", "cap_ppm": 250_000},
    {"method": "equal"},
    {"method": "inverse_volatility", "window_days": 30},
    {"method": "minimum_variance", "window_days": 30, "cap_ppm": 400_000},
    {"method": "risk_parity", "window_days": 30},
    {"method": "momentum_cash", "window_days": 14},
]


@pytest.mark.parametrize("weighting", METHODS, ids=lambda one: "-".join(str(value) for value in one.values()))
def test_every_row_is_decided_by_the_functions_of_a_live_rebalance(weighting):
    applied, found = rules(weighting), market(holes=0.002)
    rows = np.arange(0, 200, 7)
    together, _ = backtest.decide(applied, found, rows)
    history = np.cumsum(np.isfinite(found.closes), axis=0)
    for place, row in enumerate(rows):
        try:
            alone = backtest.decide_one(applied, found, int(row), history[row], ())
        except backtest.Invalid:
            assert np.isnan(together[place]).all()
        else:
            assert together[place] == pytest.approx(alone, abs=1e-14)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    cut=st.integers(60, 198),
    weighting=st.sampled_from(METHODS),
    overlay=st.sampled_from([None, {"kind": "volatility_target", "window_days": 10}]),
    buffer=st.sampled_from([0, 2]),
)
def test_with_all_later_data_deleted_the_decisions_are_the_same(seed, cut, weighting, overlay, buffer):
    changes = {} if overlay is None else {"overlay": overlay}
    applied = rules(weighting, selection={"top": 5, "buffer": buffer}, **changes)
    whole = market(seed=seed, holes=0.001)
    rows = np.arange(0, cut + 1, 7)
    now, _ = backtest.decide(applied, whole, rows)
    then, _ = backtest.decide(applied, whole.until(whole.days[cut]), rows)
    assert np.array_equal(now, then, equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), cut=st.integers(40, 198))
def test_with_all_later_data_deleted_the_levels_are_the_same(seed, cut):
    whole = market(seed=seed, holes=0.001)
    now = ran(rules(), whole)
    then = ran(rules(), whole.until(whole.days[cut]), last=whole.days[cut])
    count = len(then.days)
    assert now.days[:count] == then.days
    assert now.levels[:count] == pytest.approx(then.levels, rel=1e-13)
    assert now.net[:count] == pytest.approx(then.net, rel=1e-13)


def loop(found, market_, cost):
    """The same, by hand and day by day: gross and net of costs."""
    places = {day: row for row, day in enumerate(market_.days)}
    entered = {places[day]: weights for day, weights in zip(found.effectives, found.weights, strict=True)}
    levels = {}
    for paid in (0.0, cost):
        worth, units, cash, told = 100.0, np.zeros(len(market_.symbols)), 100.0, []
        for row in range(places[found.days[0]], len(market_.days)):
            price = market_.closes[row]
            worth = float(units @ price) + cash
            if row in entered:
                left = worth
                for _ in range(50):
                    left = worth - paid * float(np.abs(entered[row] * left - units * price).sum())
                units, cash = entered[row] * left / price, left * (1 - float(entered[row].sum()))
                worth = left
            told.append(worth)
        levels[paid] = told
    return levels[0.0], levels[cost]


@pytest.mark.parametrize("weighting", [CAPPED, {"method": "momentum_cash", "window_days": 14}])
def test_levels_and_costs_agree_with_a_plain_loop(weighting):
    whole = market()
    found = ran(rules(weighting), whole)
    gross, net = loop(found, whole, 0.002)
    assert found.levels == pytest.approx(gross, rel=1e-12)
    assert found.net == pytest.approx(net, rel=1e-12)
    assert (found.net < found.levels).all()


def test_levels_are_those_of_the_divisor():
    whole = market()
    found = ran(rules(), whole)
    rows = [(day - whole.days[0]).days for day in found.effectives]
    quantities = np.zeros(whole.closes.shape)
    for row, weights in zip(rows, found.weights, strict=True):
        quantities[row:] = weights / whole.closes[row]
    chained = level.chain(whole.closes[rows[0] :], quantities[rows[0] :])
    assert found.levels == pytest.approx(chained.levels, rel=1e-12)


def test_it_trades_after_the_lag_and_says_so():
    found = ran(rules(), market(), lag_days=3)
    assert found.lag_days == 3
    assert [(b - a).days for a, b in zip(found.references, found.effectives, strict=True)] == [3] * len(
        found.references
    )
    assert found.days[0] == FIRST + timedelta(days=3)


def test_the_streaming_fee_is_taken_by_the_day():
    whole = market()
    free = ran(rules(), whole)
    paid = ran(rules(fees={"trading_bps": 20, "streaming_ppm": 20_000}), whole)
    count = len(free.days)
    assert paid.levels == pytest.approx(free.levels, rel=1e-15)
    assert paid.net[-1] == pytest.approx(
        free.net[-1] * (1 - 0.02 * 86_400 / 31_557_600) ** (count - 1), rel=1e-12
    )


def test_a_token_that_stops_trading_is_carried_and_counted():
    whole = market(holes=0.0)
    biggest = int(np.nanargmax(whole.caps[14]))
    closes, caps = whole.closes.copy(), whole.caps.copy()
    closes[16:, biggest] = caps[16:, biggest] = np.nan
    found = ran(rules(), replace(whole, closes=closes, caps=caps))
    assert found.carried == ((whole.symbols[biggest], 7),)
    assert found.weights[2, biggest] > 0
    assert (found.weights[3:, biggest] == 0).all()
    assert np.isfinite(found.net).all()


def test_what_is_pegged_or_delisted_is_never_in():
    found = ran(rules(), market())
    assert (found.weights[:, -1] == 0).all()
    late = [day >= FIRST + timedelta(days=90) for day in found.references]
    assert (found.weights[late, -2] == 0).all()


def test_while_too_few_pass_the_basket_stays_and_the_reason_is_kept():
    whole = market()
    caps = whole.caps.copy()
    caps[49, 3:] = np.nan
    found = ran(rules(), replace(whole, caps=caps))
    ((day, reason),) = found.stops
    assert day == FIRST + timedelta(days=49)
    assert "3" in reason
    assert day not in found.references


def test_nothing_decided_is_no_backtest():
    with pytest.raises(NothingToTest, match="could be decided") as refused:
        ran(rules(screens={"min_market_cap_usd": "999999999999999"}), market())
    assert refused.value.reasons


def test_a_span_outside_the_prices_is_refused_with_both():
    with pytest.raises(
        BadMarket, match=r"Prices are known from 2024-01-07 to 2024-07-24; the span is 2023-01-01"
    ):
        ran(rules(), market(), first=date(2023, 1, 1))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"symbols": ("B", "A")}, "order of their symbols"),
        ({"closes": np.array([[1.0, 0.0], [1.0, 1.0]])}, "zero, negative or infinite"),
        ({"closes": np.ones((3, 2))}, "tables of 2 days and 2 tokens"),
        ({"days": (FIRST, FIRST + timedelta(days=2))}, "without a hole"),
    ],
)
def test_a_market_that_does_not_fit_is_refused(change, told):
    fit = {
        "days": (FIRST, FIRST + timedelta(days=1)),
        "symbols": ("A", "B"),
        "closes": np.ones((2, 2)),
        "caps": np.ones((2, 2)),
        "pegged": (False, False),
        "delisted": (None, None),
    }
    with pytest.raises(BadMarket, match=told):
        Market(**(fit | change))


def test_an_overlay_leaves_cash_and_the_tear_sheet_is_quieter():
    whole = market(400)
    bare = ran(rules({"method": "equal"}), whole)
    calm = ran(
        rules({"method": "equal"}, overlay={"kind": "volatility_target", "target_ppm": 200_000}), whole
    )
    assert (calm.weights.sum(axis=1) < 1).any()
    quiet, loud = (statistics(returns_of(one.levels)).volatility for one in (calm, bare))
    assert quiet < loud
    assert calm.stops
