"""Token events: rows stay as observed, series are in the terms of their last day, and the past keeps what it knew."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars
import pytest
from django.db import DatabaseError, transaction

from indices.domain.token_events import BadTokenEvent
from indices.levels.services import LevelStopped
from indices.prices import decisions, selectors, services
from indices.prices.models import Asset, TokenEventRecord
from portal.audit.models import Event
from portal.domain.errors import Invalid
from tests.factories import indices
from tests.factories.indices import ACTOR, BASE, OPERATOR, after

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AT = after(BASE + 9 * DAY)


def happens(kind, symbol, day, at=AT, **values):
    return decisions.record_event(
        kind=kind, symbol=symbol, day=day, source="announcement", actor=OPERATOR, at=at, **values
    )


def series(symbol, first, last, at):
    found = selectors.panel([symbol], first=first, last=last, known_by=at)
    return dict(zip(found.days, found.closes[:, 0].tolist(), strict=True))


def test_a_redenomination_is_continuous_from_when_it_is_known_and_the_past_stays():
    indices.closes({"SUN": [27, 28, 0.028, 0.029]}, at=AT)
    happens("redenomination", "SUN", BASE + 2 * DAY, at=AT + DAY, old=1, new=1000)
    last = BASE + 3 * DAY
    assert list(series("SUN", BASE, last, AT + DAY).values()) == pytest.approx([0.027, 0.028, 0.028, 0.029])
    assert list(series("SUN", BASE, last, AT).values()) == [27, 28, 0.028, 0.029]
    assert list(series("SUN", BASE, BASE + DAY, AT + DAY).values()) == [27, 28]
    assert selectors.prices_on(BASE, symbols=["SUN"], known_by=AT + DAY)["SUN"].close == 27


def test_a_withdrawn_event_did_not_happen_from_then_on():
    indices.closes({"SUN": [27, 0.028]}, at=AT)
    made = happens("redenomination", "SUN", BASE + DAY, old=1, new=1000)
    decisions.withdraw_event(event_id=made.id, source="a mistake", actor=OPERATOR, at=AT + DAY)
    assert series("SUN", BASE, BASE + DAY, AT)[BASE] == pytest.approx(0.027)
    assert series("SUN", BASE, BASE + DAY, AT + DAY)[BASE] == 27
    with pytest.raises(decisions.SameTokenEvent):
        decisions.withdraw_event(event_id=made.id, source="again", actor=OPERATOR, at=AT + DAY)


@pytest.mark.parametrize(
    ("kind", "values", "error"),
    [
        ("redenomination", {}, BadTokenEvent),
        ("redenomination", {"old": 0}, BadTokenEvent),
        ("redenomination", {"new": 10, "related": "BBB"}, BadTokenEvent),
        ("migration", {}, BadTokenEvent),
        ("migration", {"related": "AAA"}, BadTokenEvent),
        ("migration", {"related": "ZZZ"}, selectors.NoSuchAsset),
        ("fork", {"related": "BBB", "new": 2}, BadTokenEvent),
        ("split", {}, BadTokenEvent),
        ("peg_loss", {"source": " "}, Invalid),
    ],
)
def test_an_event_that_contradicts_itself_changes_nothing(kind, values, error):
    indices.closes({"AAA": [1], "BBB": [1]}, at=AT)
    before = Event.objects.count()
    given = {"symbol": "AAA", "day": BASE, "source": "x", "actor": OPERATOR, "at": AT} | values
    with pytest.raises(error):
        decisions.record_event(kind=kind, **given)
    assert (TokenEventRecord.objects.count(), Event.objects.count()) == (0, before)


def test_an_event_is_recorded_once_and_never_changed():
    indices.closes({"AAA": [1]}, at=AT)
    happens("delisting", "AAA", BASE + DAY)
    assert Asset.objects.get().delisted_on == BASE + DAY
    with pytest.raises(decisions.SameTokenEvent):
        happens("delisting", "AAA", BASE + DAY)
    for change in (TokenEventRecord.objects.all().delete, lambda: TokenEventRecord.objects.update(old=2)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_level_is_not_counted_in_tokens_of_other_terms():
    indices.steady(8)
    made = indices.live_index(base=BASE)
    indices.advance(made.id, BASE + 3 * DAY, since=BASE)
    day = BASE + 4 * DAY
    happens("redenomination", "AAA", day, at=after(BASE + 3 * DAY), old=1, new=10)
    with pytest.raises(LevelStopped, match="1 AAA are 10 AAA from 2025-01-09 on"):
        indices.levels.calculate(index_id=made.id, day=day, actor=ACTOR, at=after(day))


@pytest.fixture
def real(settings, tmp_path):
    """The days around the events in the real files, taken in as they are."""
    folder = Path(settings.REFERENCE_DATA) / "market"
    if not (folder / "panel_daily.parquet").exists():
        pytest.skip(f"no real prices at {folder}: set REFERENCE_DATA")
    daily = polars.read_parquet(folder / "panel_daily.parquet").filter(
        polars.col("symbol").is_in(["SUN", "STRAX", "LUNA", "LUNC", "LEND", "AAVE"])
    )
    monthly = polars.read_parquet(folder / "cmc_top200_monthly.parquet").filter(
        polars.col("symbol").is_in(["ERD", "EGLD"])
    )
    monthly = monthly.select(
        (polars.col("snapshot_date") - polars.duration(days=1)).alias("date"),
        "symbol", polars.col("price_usd").alias("close"), "market_cap_usd",
    )  # fmt: skip
    at = after(date(2025, 10, 24))
    for name, frame in (
        ("daily", daily.select("date", "symbol", "close", "market_cap_usd")),
        ("monthly", monthly),
    ):
        path = tmp_path / f"{name}.parquet"
        frame.write_parquet(path)
        services.import_file(path=path, source=name, actor=ACTOR, at=at)
    return at


def largest_step(found):
    closes = np.array([close for close in found.values() if close == close])
    return np.abs(np.diff(np.log(closes))).max()


def test_the_real_tokens_come_out_right(real):
    cases = [
        ("SUN", "SUN", date(2021, 6, 1), date(2021, 6, 30)),
        ("STRAX", "STRAX", date(2024, 3, 1), date(2024, 4, 10)),
        ("AAVE", "LEND", date(2020, 9, 1), date(2020, 11, 30)),
        ("EGLD", "ERD", date(2020, 7, 31), date(2020, 11, 30)),
    ]
    raw = {symbol: largest_step(series(symbol, first, last, real)) for symbol, _, first, last in cases[:2]}
    assert raw["SUN"] == pytest.approx(6.73, abs=0.01)
    assert raw["STRAX"] == pytest.approx(2.28, abs=0.01)
    happens("redenomination", "SUN", date(2021, 6, 18), at=real, old=1, new=1000)
    happens("redenomination", "STRAX", date(2024, 3, 28), at=real, old=1, new=10)
    happens("migration", "LEND", date(2020, 10, 10), at=real, related="AAVE", old=100, new=1)
    happens("migration", "ERD", date(2020, 9, 4), at=real, related="EGLD", old=1000, new=1)
    for symbol, old, first, last in cases:
        found = series(symbol, first, last, real)
        assert found[first] > 0
        assert largest_step(found) < 0.9, symbol
        if old != symbol:
            assert np.isnan(series(old, last, last, real)[last])


def test_a_ticker_that_was_reused_is_two_tokens(real):
    indices.closes({"LUNA": [90.5]}, first=date(2022, 4, 1), at=real, source="archive")
    happens("ticker_reuse", "LUNA", date(2022, 5, 28), at=real, related="LUNC")
    luna = series("LUNA", date(2022, 4, 1), date(2022, 6, 30), real)
    assert np.isnan(luna[date(2022, 4, 1)])
    assert luna[date(2022, 5, 31)] == 8.87
    lunc = series("LUNC", date(2022, 4, 1), date(2022, 6, 30), real)
    assert 50 < lunc[date(2022, 4, 1)] < 150
    assert lunc[date(2022, 5, 13)] == 0.00005
