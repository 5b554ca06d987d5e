"""Backtests as they are kept: what live did, once for the same inputs, and never from the future."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from indices.backtests import selectors, services
from indices.backtests.models import Backtest
from indices.domain.backtest import BadMarket, NothingToTest
from indices.domain.methodology import BadMethodology
from indices.levels import selectors as levels
from indices.rebalances import selectors as rebalances
from portal.audit import selectors as audit
from tests.factories import indices
from tests.factories.indices import ACTOR, BASE, after, document

pytestmark = pytest.mark.django_db
DAYS = 60
LAST = BASE + timedelta(days=DAYS - 1)


def run(**changes):
    given = {"document": document(), "first": BASE, "last": LAST, "actor": ACTOR, "at": after(LAST)}
    return services.run(**(given | changes))


def calculated():
    return audit.events(action="backtests.calculated")


@pytest.mark.parametrize(
    "weighting",
    [
        {"method": "cap", "cap_ppm": 300_000},
        {"method": "inverse_volatility", "window_days": 7},
        {"method": "momentum_cash", "window_days": 7},
    ],
    ids=lambda one: one["method"],
)
def test_it_finds_what_the_live_index_did(weighting):
    indices.market(DAYS, first=BASE)
    rules = {
        "universe": {"sectors": ["DeFi", "Layer 1"]},
        "selection": {"top": 5, "buffer": 1},
        "weighting": weighting,
    }
    base = BASE + timedelta(days=7)
    live = indices.live_index(base=base, **rules)
    indices.advance(live.id, LAST, since=base)
    found = run(document=document(**rules), first=base, index_id=live.id)

    applied = [one for one in rebalances.rebalances(index_id=live.id) if one.state == "applied"]
    assert [one.reference for one in found.rebalances] == sorted(one.reference_date for one in applied)
    by_day = {one.reference_date: one for one in applied}
    for one in found.rebalances:
        kept = rebalances.constituents(by_day[one.reference].id)
        shares = {line.symbol: line.weight_ppb for line in kept if line.weight_ppb}
        tokens = {symbol: share for symbol, share in one.weights_ppb.items() if symbol != "USD"}
        assert tokens.keys() == shares.keys() - {"USD"}
        for symbol, share in tokens.items():
            assert share == pytest.approx(shares[symbol], abs=1)
    published = {one.day: float(one.level) for one in levels.levels(live.id)}
    assert len(published) > 40
    told = dict(zip(found.days, found.levels, strict=True))
    for day, level in published.items():
        assert told[day] == pytest.approx(level, rel=1e-8), day


def test_the_same_inputs_are_calculated_once_and_the_trail_tells_of_them():
    indices.steady(DAYS)
    first = run()
    assert run() == first
    assert Backtest.objects.count() == 1
    event = calculated()[0]
    assert event.subject == f"backtest:{first.id}"
    assert audit.facts_of(event)["prices_sha256"] == first.prices_sha256
    assert str(first.id) in audit.facts_of(event)["rows"]["indices_backtest"]
    assert run(cost_bps=50).id != first.id


def test_a_corrected_price_is_another_input_and_the_old_result_stays():
    indices.steady(DAYS)
    first = run()
    indices.closes({"AAA": ["49.5"]}, first=BASE + timedelta(days=20), at=after(LAST), source="correction")
    second = run(at=after(LAST) + timedelta(minutes=1))
    assert second.prices_sha256 != first.prices_sha256
    assert second.levels != first.levels
    assert selectors.backtest(first.id) == first


def test_prices_of_later_days_change_nothing():
    made = indices.market(DAYS, first=BASE)
    assert made.days[-1] == LAST
    cut = BASE + timedelta(days=30)
    rules = document(universe={"sectors": ["DeFi"]}, selection={"top": 2}, weighting={"method": "cap"})
    whole, then = run(document=rules), run(document=rules, last=cut)
    count = len(then.days)
    assert whole.levels[:count] == then.levels
    assert [one for one in whole.rebalances if one.effective <= cut] == list(then.rebalances)


def test_costs_take_something_away():
    indices.steady(DAYS)
    free, dear = run(cost_bps=0), run(cost_bps=100)
    assert free.net == free.levels
    assert dear.levels == free.levels
    assert dear.net[-1] < free.net[-1]


@pytest.mark.parametrize(
    ("changes", "refusal", "told"),
    [
        ({"first": LAST, "last": BASE}, services.BadSpan, "before it begins"),
        ({"last": LAST + timedelta(days=9)}, services.BadSpan, "has not closed yet"),
        ({"first": BASE - timedelta(days=9)}, BadMarket, "Prices are known from"),
        ({"cost_bps": -1}, services.BadSpan, "not -1"),
        ({"lag_days": 31}, services.BadSpan, "not 31"),
        ({"document": {"theme": "x"}}, BadMethodology, "cannot be used"),
        ({"document": document(universe={"sectors": ["Nowhere"]})}, BadMarket, "No prices"),
        ({"document": document(screens={"min_history_days": 500})}, NothingToTest, "could be decided"),
    ],
)
def test_what_cannot_be_tested_is_refused_and_nothing_is_kept(changes, refusal, told):
    indices.steady(DAYS)
    with pytest.raises(refusal, match=told):
        run(**changes)
    assert not Backtest.objects.exists()
    assert calculated() == []


def test_a_backtest_is_never_changed_or_deleted():
    indices.steady(DAYS)
    found = run()
    for sql in ("UPDATE indices_backtest SET cost_bps = 0", "DELETE FROM indices_backtest"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert selectors.backtest(found.id) == found
