"""Prices remember when they became known; a faulty delivery changes nothing."""

import csv
from datetime import timedelta
from decimal import Decimal

import numpy as np
import polars
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from indices.domain.price_rows import MissingColumns
from indices.prices import selectors, services
from indices.prices.models import Asset, ImportBatch, Observation
from portal.domain.errors import Invalid
from tests.factories import indices
from tests.factories.indices import ACTOR, BASE, after

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def write(path, rows, head=("date", "symbol", "close", "market_cap_usd")):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def take(path, **options):
    return services.import_file(path=path, source="test", actor=ACTOR, at=after(BASE + 5 * DAY), **options)


def nothing_taken():
    return not (Observation.objects.exists() or ImportBatch.objects.exists() or Asset.objects.exists())


def test_csv_and_parquet_are_taken_alike_with_progress(tmp_path):
    rows = [(BASE + n * DAY, "BTC", 100 + n, 5000 + n) for n in range(3)]
    seen = []
    batch = take(write(tmp_path / "a.csv", rows), progress=lambda done, total: seen.append((done, total)))
    assert (batch.accepted, batch.unchanged, batch.refused, seen) == (3, 0, 0, [(3, 3)])
    columns = list(zip(*rows, strict=True))
    frame = polars.DataFrame(dict(zip(("date", "symbol", "close", "market_cap_usd"), columns, strict=True)))
    frame.write_parquet(tmp_path / "a.parquet")
    again = take(tmp_path / "a.parquet")
    assert (again.accepted, again.unchanged) == (0, 3)
    found = selectors.prices_on(BASE, symbols=["BTC"], known_by=after(BASE))["BTC"]
    assert (found.close, found.price_e18, found.market_cap) == (Decimal(100), 100 * 10**18, Decimal(5000))
    assert found.known_at == after(BASE) - timedelta(minutes=20)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(BASE, "BTC", "nan", 1)], "line 2, close: nan is not a number"),
        ([(BASE, "BTC", 1, 1), (BASE, "ETH", 0, 1)], "line 3, close: the price is 0"),
        ([(BASE, "BTC", -1, 1)], "line 2, close: -1 is negative"),
        ([(BASE, "BTC", 1, 1), (BASE, "BTC", 2, 1)], "line 3, date: BTC on 2025-01-05 was given on line 2"),
        ([(BASE + 6 * DAY, "BTC", 1, 1)], "has not closed yet"),
    ],
)
def test_a_faulty_file_is_refused_by_line_and_changes_nothing(tmp_path, rows, said):
    with pytest.raises(services.FaultyRows) as refused:
        take(write(tmp_path / "bad.csv", rows))
    assert said in refused.value.reasons[0]
    assert nothing_taken()


def test_the_good_rows_are_taken_when_that_is_asked_for_and_the_others_are_kept_by_line(tmp_path):
    path = write(tmp_path / "mixed.csv", [(BASE, "BTC", 1, 1), (BASE, "ETH", "x", 1)])
    batch = take(path, skip_faulty=True)
    assert (batch.accepted, batch.refused) == (1, 1)
    assert batch.faults == ({"line": 3, "field": "close", "message": "'x' is not a number"},)


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"\xff\xfe\x00,\x00\n\x00"])
def test_what_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "prices.csv"
    path.write_bytes(content)
    with pytest.raises((services.UnreadableFile, MissingColumns)):
        take(path)
    assert nothing_taken()


def test_a_missing_file_is_named():
    with pytest.raises(CommandError, match=r"nowhere\.csv cannot be read"):
        call_command("import_prices", "/nowhere.csv")


def test_a_correction_is_another_row_that_the_past_does_not_know():
    indices.closes({"BTC": [100, 101]}, at=after(BASE + DAY))
    indices.closes({"BTC": [100, 90]}, at=after(BASE + 9 * DAY))
    then = selectors.prices_on(BASE + DAY, symbols=["BTC"], known_by=after(BASE + 2 * DAY))
    now = selectors.prices_on(BASE + DAY, symbols=["BTC"], known_by=after(BASE + 10 * DAY))
    assert (then["BTC"].close, now["BTC"].close) == (Decimal(101), Decimal(90))
    assert Observation.objects.count() == 3


def test_a_price_is_not_known_before_it_was():
    indices.closes({"BTC": [100, 101]})
    assert selectors.prices_on(BASE, symbols=["BTC"], known_by=after(BASE) - timedelta(minutes=25)) == {}
    assert selectors.prices_on(BASE, symbols=["BTC"], known_by=after(BASE))["BTC"].close == 100


def test_a_span_is_read_as_arrays_with_gaps_left_open():
    indices.closes({"AAA": [1, None, 3], "BBB": [4, 5, 6]})
    found = selectors.panel(
        ["BBB", "AAA", "ZZZ"], first=BASE, last=BASE + 2 * DAY, known_by=after(BASE + 9 * DAY)
    )
    assert found.closes.shape == (3, 3)
    assert found.closes[:, 0].tolist() == [4, 5, 6]
    assert np.isnan(found.closes[:, 2]).all()
    assert np.isnan(found.closes[1, 1])
    assert not found.simulated


def test_staleness_is_told_in_days():
    indices.closes({"AAA": [1, 2, 3], "BBB": [1]})
    found = selectors.freshness(symbols=["AAA", "BBB", "ZZZ"], at=after(BASE + 3 * DAY))
    assert [(one.symbol, one.days_old) for one in found] == [("ZZZ", None), ("BBB", 3), ("AAA", 1)]


def test_an_operators_price_needs_a_reason_and_is_known_from_now_on():
    indices.closes({"AAA": [1]})
    with pytest.raises(Invalid, match="State why"):
        services.observe(
            symbol="AAA", day=BASE + DAY, close=Decimal(2), reason=" ", actor=ACTOR, at=after(BASE + DAY)
        )
    services.observe(
        symbol="AAA",
        day=BASE + DAY,
        close=Decimal(2),
        reason="last trade",
        actor=ACTOR,
        at=after(BASE + 3 * DAY),
    )
    assert selectors.prices_on(BASE + DAY, symbols=["AAA"], known_by=after(BASE + 2 * DAY)) == {}
    assert (
        selectors.prices_on(BASE + DAY, symbols=["AAA"], known_by=after(BASE + 3 * DAY))["AAA"].source
        == "operator"
    )


def test_observations_cannot_be_changed():
    indices.closes({"AAA": [1]})
    for statement in ("UPDATE indices_observation SET close = 2", "DELETE FROM indices_observation"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_simulated_market_is_marked_in_every_row():
    made = indices.market(30)
    assert Observation.objects.filter(simulated=True).count() == 30 * len(made.symbols)
    assert not Observation.objects.filter(simulated=False).exists()
    assert selectors.asset(made.symbols[0]).sector == made.sectors[0]


def test_a_simulated_market_goes_on_day_by_day_and_its_past_stays():
    made = indices.market(30)
    assert services.extend_simulation(actor=ACTOR, at=after(made.days[-1])) is None
    batch = services.extend_simulation(actor=ACTOR, at=after(made.days[-1] + 2 * DAY))
    assert (batch.accepted, batch.unchanged, batch.simulated) == (2 * len(made.symbols), 0, True)
    assert Observation.objects.count() == 32 * len(made.symbols)


def test_real_prices_do_not_go_on_by_themselves():
    indices.closes({"AAA": [1]})
    assert services.extend_simulation(actor=ACTOR, at=after(BASE + 9 * DAY)) is None


def test_the_command_takes_the_real_prices_once(reference_data, capsys):
    path = reference_data / "market" / "seed_tokens_daily.parquet"
    sectors = reference_data / "market" / "sector_tags_smoothbrainquant.csv"
    call_command("import_prices", path, sectors=sectors)
    assert selectors.sectors()
    assert "67898 prices taken in, 0 known already, 0 outranked, 0 refused." in capsys.readouterr().out
    call_command("import_prices", path)
    assert "0 prices taken in, 67898 known already, 0 outranked, 0 refused." in capsys.readouterr().out
