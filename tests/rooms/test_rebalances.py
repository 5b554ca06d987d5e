"""A rebalance: once per period, in order, from what was known, with a level that does not move."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from indices.levels import services as levels
from indices.levels.selectors import level_on
from indices.methodologies import services as methodologies
from indices.prices import services as prices
from indices.rebalances import selectors, services
from indices.rebalances.models import Basket, Rebalance, Trade
from portal.approvals.models import Approval
from portal.approvals.services import MakerCannotCheck, OnlyPeopleDecide
from portal.domain.actors import Actor
from portal.domain.lifecycle import NotAllowedNow
from portal.ledger.models import Transaction
from tests.factories import indices
from tests.factories.indices import ACTOR, BASE, CHECKER, SYMBOLS, after

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MOVING = {
    "AAA": [50 - n for n in range(25)],
    "BBB": [40 + n for n in range(25)],
    "CCC": [30] * 25,
    "DDD": [20 + 2 * n for n in range(25)],
    "EEE": [10] * 25,
}


def first(index):
    services.claim_next(index_id=index.id, actor=ACTOR, at=after(BASE))
    return services.propose(
        rebalance_id=Rebalance.objects.get(index_id=index.id).pk, actor=ACTOR, at=after(BASE)
    )


def weights(rebalance):
    return {
        one.symbol: round(one.weight_ppb / 1e9, 6)
        for one in selectors.constituents(rebalance.id)
        if one.included
    }


def test_the_largest_three_by_capitalisation_with_their_reasons():
    indices.closes(MOVING)
    proposed = first(indices.live_index())
    assert (proposed.state, proposed.reference_date, proposed.effective_date) == (
        "proposed",
        BASE,
        BASE + DAY,
    )
    assert weights(proposed) == {"AAA": round(50 / 120, 6), "BBB": round(40 / 120, 6), "CCC": 0.25}
    reasons = {one.symbol: one.reasons[0] for one in selectors.constituents(proposed.id)}
    assert reasons["AAA"] == "rank 1 of the top 3, new"
    assert reasons["DDD"] == "rank 4, below the top 3"


def test_weeks_pass_and_the_level_is_continuous_to_twelve_digits():
    indices.closes(MOVING)
    index = indices.live_index()
    indices.advance(index.id, BASE + 20 * DAY)
    baskets = list(Basket.objects.filter(index_id=index.id).order_by("effective_date"))
    assert [one.effective_date for one in baskets] == [BASE + n * DAY for n in (1, 8, 15)]
    for one in baskets[1:]:
        assert abs(one.level_after / one.level_before - 1) < Decimal("1e-12")
        assert level_on(index.id, one.effective_date).level == one.level_before
    assert level_on(index.id, BASE + DAY).level == pytest.approx(Decimal(100), abs=Decimal("1e-15"))
    second = selectors.last_applied(index.id, before=BASE + 8 * DAY)
    assert set(weights(second)) == {"AAA", "BBB", "DDD"}
    out = {one.symbol: one.reasons[0] for one in selectors.constituents(second.id) if not one.included}
    assert out["CCC"] == "rank 4, below the top 3, leaves"


def test_the_level_follows_the_prices_between_rebalances():
    indices.steady(7)
    index = indices.live_index()
    indices.advance(index.id, BASE + 6 * DAY)
    for n in range(1, 7):
        assert level_on(index.id, BASE + n * DAY).level == pytest.approx(
            Decimal(100) * Decimal("1.01") ** (n - 1), rel=Decimal("1e-9")
        )


def test_twice_is_as_good_as_once():
    indices.closes(MOVING)
    index = indices.live_index()
    indices.advance(index.id, BASE + 9 * DAY)
    counted = (Rebalance.objects.count(), Basket.objects.count(), Transaction.objects.count())
    again = levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + 9 * DAY))
    assert (again.levels, again.applied, again.stopped) == ((), (), "")
    for one in Rebalance.objects.filter(state="applied"):
        services.apply(rebalance_id=one.pk, actor=ACTOR, at=after(BASE + 9 * DAY))
        services.propose(rebalance_id=one.pk, actor=ACTOR, at=after(BASE + 9 * DAY))
    assert (Rebalance.objects.count(), Basket.objects.count(), Transaction.objects.count()) == counted


def test_missed_beats_are_caught_up_in_order_with_the_same_levels():
    indices.closes(MOVING)
    daily, late = indices.live_index("DAILY"), indices.live_index("LATE")
    indices.advance(daily.id, BASE + 20 * DAY)
    done = levels.advance(index_id=late.id, actor=ACTOR, at=after(BASE + 20 * DAY))
    assert len(done.applied) == 3
    for n in range(1, 21):
        assert level_on(late.id, BASE + n * DAY).level == level_on(daily.id, BASE + n * DAY).level


def test_a_decision_does_not_change_when_all_later_data_are_there():
    """Decide with nothing later in the books, take the decision back, let the future in, and decide again."""
    symbols = {symbol: values[:8] for symbol, values in MOVING.items()}
    indices.closes(symbols)
    index = indices.live_index()
    indices.advance(index.id, BASE + 6 * DAY)
    services.claim_next(index_id=index.id, actor=ACTOR, at=after(BASE + 7 * DAY))
    due = Rebalance.objects.get(index_id=index.id, reference_date=BASE + 7 * DAY)

    def decide(at):
        with transaction.atomic():
            found = services.propose(rebalance_id=due.pk, actor=ACTOR, at=at)
            told = (found.snapshot, selectors.constituents(due.pk))
            transaction.set_rollback(True)
        return told

    before = decide(after(BASE + 7 * DAY))
    indices.closes(MOVING)
    assert decide(after(BASE + 7 * DAY)) == before
    assert len(before[1]) == 5


def test_a_later_correction_does_not_reach_back():
    indices.closes(MOVING)
    index = indices.live_index()
    indices.closes({"EEE": [99_999]}, at=after(BASE + 3 * DAY))
    assert "EEE" not in weights(first(index))


@pytest.mark.parametrize("gap", ["incumbent", "candidate"])
def test_a_missing_price_stops_the_rebalance_with_its_name_and_nothing_is_guessed(gap):
    symbol = "AAA" if gap == "incumbent" else "EEE"
    holes = {name: list(values[:9]) for name, values in MOVING.items()}
    holes[symbol][7] = None
    indices.closes(holes)
    index = indices.live_index()
    indices.advance(index.id, BASE + 6 * DAY)
    baskets = Basket.objects.count()
    done = indices.advance(index.id, BASE + 7 * DAY, since=BASE + 7 * DAY)
    assert symbol in done.stopped
    if gap == "candidate":
        stopped = Rebalance.objects.get(reference_date=BASE + 7 * DAY)
        assert (stopped.state, stopped.constituents.count()) == ("stopped", 0)
        assert "EEE: its last price is of 2025-01-11" in stopped.reason
    assert Basket.objects.count() == baskets
    indices.closes({symbol: [MOVING[symbol][7]]}, first=BASE + 7 * DAY, at=after(BASE + 8 * DAY))
    done = levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY))
    assert (done.stopped, len(done.applied)) == ("", 1)


def test_a_missing_price_on_the_effective_day_holds_the_rebalance():
    holes = {name: list(values[:9]) for name, values in MOVING.items()}
    holes["AAA"][1] = None
    indices.closes(holes)
    index = indices.live_index()
    done = indices.advance(index.id, BASE + DAY)
    found = Rebalance.objects.get(index_id=index.id)
    assert (found.state, done.stopped) == ("held", "No price is known for AAA.")
    assert not Basket.objects.exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"AAA": [1], "BBB": [1]}, "3 places and only 2 of 2"),
        ({"AAA": [1000], "BBB": [0.000001], "CCC": [0.000001]}, ""),
    ],
)
def test_too_small_a_universe_stops_with_the_reason(table, said):
    indices.closes(table)
    found = first(indices.live_index())
    if said:
        assert (found.state, said in found.reason) == ("stopped", True)
    else:
        assert (found.state, max(weights(found).values())) == ("proposed", 0.5)
    assert not Basket.objects.exists()


def test_an_empty_universe_stops_with_the_reason():
    found = first(indices.live_index(universe={"sectors": ["Nowhere"]}))
    assert (found.state, found.reason) == (
        "stopped",
        "No token that prices are kept for belongs to this universe.",
    )


def test_momentum_leaves_cash_in_the_basket():
    table = {name: [10.0] * 14 + [12.0, 12.0] for name in ("AAA", "BBB", "CCC", "DDD")}
    table["EEE"] = [10.0] * 16
    indices.closes(table)
    index = indices.live_index(
        base=BASE + 14 * DAY, selection={"top": 5}, weighting={"method": "momentum_cash", "window_days": 14}
    )
    indices.advance(index.id, BASE + 15 * DAY, since=BASE + 14 * DAY)
    found = selectors.last_applied(index.id)
    assert weights(found) == dict.fromkeys(("AAA", "BBB", "CCC", "DDD"), 0.13) | {"EEE": 0.0, "USD": 0.48}
    assert selectors.basket_on(index.id, BASE + 16 * DAY).quantities["USD"] == 480_000 * 10**18


def test_a_gap_in_the_window_of_a_method_stops_it():
    table = {name: [10.0, 11.0] * 8 for name in SYMBOLS}
    table["CCC"][5] = None
    indices.closes(table)
    index = indices.live_index(
        base=BASE + 14 * DAY,
        selection={"top": 5},
        weighting={"method": "inverse_volatility", "window_days": 14},
    )
    done = indices.advance(index.id, BASE + 14 * DAY, since=BASE + 14 * DAY)
    assert done.stopped == "CCC lacks 1 of the last 15 closes, which the method needs."


def test_a_token_that_was_delisted_is_sold_at_the_next_rebalance():
    table = {name: list(values[:10]) for name, values in MOVING.items()}
    indices.closes(table)
    index = indices.live_index()
    indices.advance(index.id, BASE + 5 * DAY)
    prices.delist(symbol="AAA", on=BASE + 6 * DAY, reason="gone", actor=ACTOR, at=after(BASE + 6 * DAY))
    indices.advance(index.id, BASE + 8 * DAY, since=BASE + 6 * DAY)
    assert set(weights(selectors.last_applied(index.id))) == {"BBB", "CCC", "DDD"}


def test_four_eyes_a_second_person_approves_and_it_takes_effect_at_the_next_close():
    indices.closes(MOVING)
    index = indices.live_index(approval="four_eyes")
    asked = first(index)
    assert asked.state == "awaiting_approval"
    assert levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + DAY)).applied == ()
    with pytest.raises(OnlyPeopleDecide):
        services.decide(
            rebalance_id=asked.id, approved=True, checker=Actor.worker("other"), at=after(BASE + DAY)
        )
    late = after(BASE + 3 * DAY)
    approved = services.decide(rebalance_id=asked.id, approved=True, checker=CHECKER, at=late)
    assert (approved.state, approved.effective_date) == ("approved", BASE + 4 * DAY)
    levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + 4 * DAY))
    assert level_on(index.id, BASE + 4 * DAY).level == pytest.approx(Decimal(100), abs=Decimal("1e-12"))


def test_whoever_asked_cannot_approve():
    indices.closes(MOVING)
    index = indices.live_index(approval="four_eyes")
    services.claim_next(index_id=index.id, actor=ACTOR, at=after(BASE))
    asked = services.propose(rebalance_id=Rebalance.objects.get().pk, actor=CHECKER, at=after(BASE))
    with pytest.raises(MakerCannotCheck):
        services.decide(rebalance_id=asked.id, approved=True, checker=CHECKER, at=after(BASE))
    assert Rebalance.objects.get().state == "awaiting_approval"


def test_a_rejected_rebalance_never_applies_and_the_next_week_goes_on():
    indices.closes(MOVING)
    index = indices.live_index(approval="four_eyes")
    asked = first(index)
    services.decide(rebalance_id=asked.id, approved=False, checker=CHECKER, at=after(BASE), note="no")
    with pytest.raises(NotAllowedNow):
        services.apply(rebalance_id=asked.id, actor=ACTOR, at=after(BASE + DAY))
    indices.advance(index.id, BASE + 7 * DAY, since=BASE + DAY)
    assert [one.state for one in selectors.rebalances(index_id=index.id)] == ["awaiting_approval", "rejected"]


def test_it_does_not_apply_before_its_close():
    indices.closes(MOVING)
    asked = first(indices.live_index())
    with pytest.raises(services.NotYet, match="close of 2025-01-06"):
        services.apply(rebalance_id=asked.id, actor=ACTOR, at=after(BASE))
    assert not Basket.objects.exists()


def test_a_period_is_opened_once_and_not_before_the_one_before_it_is_done():
    indices.closes(MOVING)
    index = indices.live_index()
    opened = services.claim_next(index_id=index.id, actor=ACTOR, at=after(BASE + 20 * DAY))
    assert services.claim_next(index_id=index.id, actor=ACTOR, at=after(BASE + 20 * DAY)) is None
    assert [one.pk for one in Rebalance.objects.all()] == [opened]


def test_what_nobody_approved_lapses_when_the_next_period_is_decided():
    indices.closes(MOVING)
    index = indices.live_index(approval="four_eyes")
    old = first(index)
    indices.advance(index.id, BASE + 7 * DAY, since=BASE + 7 * DAY)
    assert [one.state for one in selectors.rebalances(index_id=index.id)] == ["awaiting_approval", "lapsed"]
    with pytest.raises(NotAllowedNow):
        services.decide(rebalance_id=old.id, approved=True, checker=CHECKER, at=after(BASE + 7 * DAY))
    asked = [one.state for one in Approval.objects.order_by("requested_at")]
    assert asked == ["withdrawn", "requested"]


def test_an_index_that_is_not_live_or_not_begun_opens_nothing():
    indices.closes(MOVING)
    index = indices.live_index()
    assert services.claim_next(index_id=index.id, actor=ACTOR, at=after(BASE - DAY)) is None
    methodologies.move(index_id=index.id, event="suspend", reason="review", actor=CHECKER, at=after(BASE))
    assert services.claim_next(index_id=index.id, actor=ACTOR, at=after(BASE)) is None


def test_the_mark_of_a_simulated_price_is_carried_to_levels_and_rebalances():
    made = indices.market(12)
    index = indices.live_index(universe={"sectors": ["DeFi"]})
    indices.advance(index.id, made.days[-1])
    assert all(one.simulated for one in selectors.rebalances(index_id=index.id, states=["applied"]))
    assert level_on(index.id, made.days[-1]).simulated


def test_what_was_decided_cannot_be_changed():
    indices.closes(MOVING)
    index = indices.live_index()
    indices.advance(index.id, BASE + 3 * DAY)
    for table in ("constituent", "basket", "basketline", "level", "methodologyversion"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM indices_{table}")


def test_real_prices_of_2024_rebalance_weekly_without_a_gap(reference_data):
    prices.import_file(
        path=reference_data / "market" / "seed_tokens_daily.parquet",
        source="seed",
        actor=ACTOR,
        at=after(BASE + 365 * DAY),
    )
    start = BASE - 56 * DAY
    index = indices.live_index(
        base=start,
        universe={"symbols": ["BTC", "ETH", "SOL", "XRP", "ADA", "AVAX", "DOGE", "BNB"]},
        selection={"top": 5, "buffer": 1},
        weighting={"method": "cap", "cap_ppm": 250_000},
    )
    done = levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE))
    assert (done.stopped, len(done.applied), len(done.levels)) == ("", 8, 56)
    for one in Basket.objects.exclude(level_before=None):
        assert abs(one.level_after / one.level_before - 1) < Decimal("1e-12")
    latest = weights(selectors.last_applied(index.id))
    assert sum(latest.values()) == pytest.approx(1, abs=1e-5)
    assert max(latest.values()) <= 0.25
    assert not level_on(index.id, BASE).simulated
    assert not Trade.objects.exists()
