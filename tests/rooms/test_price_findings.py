"""What looks wrong waits for a person; what he decides is known from then on and never before."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from indices.prices import checks, selectors
from indices.prices.models import ImportBatch, Observation, PriceFinding
from indices.prices.verify import verify_prices
from portal.audit.models import Event
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from tests.factories import indices
from tests.factories.indices import ACTOR, BASE, OPERATOR, after

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LAST = BASE + 40 * DAY
AT = after(LAST)


@pytest.fixture
def outlier():
    """Forty quiet days, then ten times the price."""
    quiet = [100 + n % 3 for n in range(40)]
    batch = indices.closes({"AAA": [*quiet, 1_000], "BBB": [*quiet, 101]}, at=AT)
    assert checks.inspect(batch_id=batch.id, actor=ACTOR, at=AT) == 1
    [found] = selectors.findings()
    return found


def decide(found, answer, at=AT, **values):
    given = {"reason": "three exchanges say so"} | values
    return checks.decide(finding_id=found.id, answer=answer, actor=OPERATOR, at=at, **given)


def close_on(day, at=AT):
    found = selectors.prices_on(day, symbols=["AAA"], known_by=at)
    return found["AAA"].close if found else None


def test_a_step_out_of_proportion_is_found_once(outlier):
    assert (outlier.symbol, outlier.day, outlier.kind, outlier.close) == (
        "AAA",
        LAST,
        "outlier",
        Decimal(1_000),
    )
    assert outlier.message.startswith("100 on 2025-02-13, 1000 on 2025-02-14: +900.0 %")
    batch = ImportBatch.objects.get()
    assert checks.inspect(batch_id=batch.pk, actor=ACTOR, at=AT) == 0
    assert PriceFinding.objects.count() == 1


def test_a_price_that_is_kept_stays_and_is_not_asked_about_again(outlier):
    decided = decide(outlier, "keep")
    assert (decided.state, decided.decided_by, close_on(LAST)) == ("kept", "Operator", Decimal(1_000))
    assert checks.inspect(batch_id=ImportBatch.objects.get().pk, actor=ACTOR, at=AT) == 0
    with pytest.raises(NotAllowedNow, match="is kept; it cannot exclude"):
        decide(outlier, "exclude")


def test_a_correction_is_another_observation_known_from_then_on(outlier):
    later = AT + timedelta(hours=1)
    assert decide(outlier, "correct", at=later, close=Decimal("101.5")).state == "corrected"
    assert (close_on(LAST, later), close_on(LAST, AT)) == (Decimal("101.5"), Decimal(1_000))
    assert verify_prices() == []


def test_an_excluded_price_is_gone_from_then_on_and_does_not_come_back_by_delivery(outlier):
    later = AT + timedelta(hours=1)
    decide(outlier, "exclude", at=later)
    assert (close_on(LAST, later), close_on(LAST, AT)) == (None, Decimal(1_000))
    assert selectors.history_days(["AAA"], until=LAST, known_by=later) == {"AAA": 40}
    assert selectors.freshness(symbols=["AAA"], at=later)[0].last_day == LAST - DAY
    panel = selectors.panel(["AAA"], first=LAST, last=LAST, known_by=later)
    assert panel.closes[0, 0] != panel.closes[0, 0]
    again = indices.closes({"AAA": [1_000]}, first=LAST, at=later + timedelta(hours=1))
    assert (again.accepted, again.unchanged) == (0, 1)
    assert verify_prices() == []


@pytest.mark.parametrize(
    ("answer", "values", "error"),
    [
        ("keep", {"reason": "  "}, Invalid),
        ("correct", {}, Invalid),
        ("correct", {"close": Decimal(-1)}, Invalid),
        ("guess", {}, NotAllowedNow),
    ],
)
def test_a_decision_that_is_none_changes_nothing(outlier, answer, values, error):
    before = Observation.objects.count(), ImportBatch.objects.count(), Event.objects.count()
    with pytest.raises(error):
        decide(outlier, answer, **values)
    assert selectors.finding(outlier.id) == outlier
    assert (Observation.objects.count(), ImportBatch.objects.count(), Event.objects.count()) == before


def test_there_is_no_other_finding():
    with pytest.raises(selectors.NoSuchFinding):
        checks.decide(finding_id=uuid4(), answer="keep", reason="x", actor=OPERATOR, at=AT)


def test_what_does_not_move_and_what_stops_coming_are_found():
    batch = indices.closes({"AAA": [100 + n for n in range(20)] + [120] * 6, "BBB": [1] * 23})
    at = after(BASE + 25 * DAY)
    assert checks.inspect(batch_id=batch.id, actor=ACTOR, at=at) == 2
    assert {(one.symbol, one.kind) for one in selectors.findings()} == {("AAA", "frozen"), ("BBB", "frozen")}
    assert checks.look_for_stale(actor=ACTOR, at=at) == 1
    [stale] = [one for one in selectors.findings() if one.kind == "stale"]
    assert (stale.symbol, stale.day, stale.close) == ("BBB", BASE + 23 * DAY, None)
    assert checks.look_for_stale(actor=ACTOR, at=at) == 0


def test_sources_that_disagree_are_found_and_the_higher_one_stands(settings):
    settings.PRICE_SOURCES = ["exchange", "archive"]
    indices.closes({"AAA": [100, 100]}, source="exchange")
    batch = indices.closes({"AAA": [101, 110]}, source="archive")
    assert (batch.accepted, batch.outranked, batch.unchanged) == (0, 2, 0)
    [found] = selectors.findings()
    assert (found.kind, found.day, found.close, found.expected) == ("disagreement", BASE + DAY, 100, 110)
    assert found.message == "archive says 110, exchange 100: 10.0 % apart."
    over = indices.closes({"AAA": [102]}, source="operator")
    assert over.accepted == 1


def test_a_real_price_takes_the_place_of_a_simulated_one():
    made = indices.market(3)
    batch = indices.closes({made.symbols[0]: [7]}, at=after(BASE + 3 * DAY))
    assert batch.accepted == 1
    again = indices.closes({made.symbols[0]: [9]}, source="simulation", at=after(BASE + 4 * DAY))
    assert (again.accepted, again.outranked) == (0, 1)
