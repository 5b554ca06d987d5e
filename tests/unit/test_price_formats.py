"""Files that people already have, by their header lines."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from indices.domain.price_checks import suspicions
from indices.domain.price_formats import NoSymbol, UnknownFormat, recognised
from indices.domain.price_rows import Reader
from indices.prices.reader import UnreadableFile, opened

LAST = date(2025, 10, 24)


def read(path, text, symbol=""):
    path.write_text(text, encoding="utf-8")
    file = opened(path, symbol=symbol)
    [parsed] = file.chunks(last_day=LAST)
    return (
        file.format.name,
        [(str(row.day), row.symbol, row.close, row.market_cap) for row in parsed.rows],
        parsed,
    )


def test_coin_metrics_of_one_asset_is_named_by_its_file_and_days_without_a_price_are_passed_over(tmp_path):
    name, rows, parsed = read(
        tmp_path / "btc.csv",
        "time,AdrActCnt,CapMrktCurUSD,PriceUSD,SplyCur\n2010-07-17,1,,,3\n2010-07-18,860,257042.27,0.0858,3.4e6\n",
    )
    assert (name, rows, parsed.passed_over) == (
        "coinmetrics", [("2010-07-18", "BTC", Decimal("0.0858"), Decimal("257042.27"))], 1,
    )  # fmt: skip


def test_coingecko_tells_the_close_at_the_midnight_that_ends_the_day(tmp_path):
    name, rows, parsed = read(
        tmp_path / "btc-usd-max.csv",
        "snapped_at,price,market_cap,total_volume\n2025-01-06 00:00:00 UTC,98000.5,0.0,1\n"
        "2025-01-06 13:10:11 UTC,99000,1,1\n",
    )
    assert (name, rows, parsed.passed_over) == (
        "coingecko",
        [("2025-01-05", "BTC", Decimal("98000.5"), None)],
        1,
    )


@pytest.mark.parametrize(
    ("filename", "text"),
    [
        (
            "ETHUSDT-1d-2025-01.csv",
            "1736035200000000,3600,3700,3500,3650.5,9,1736121599999999,1,2,3,4,0\n",
        ),
        (
            "ETHUSDT-1d-2020-01.csv",
            "open_time,open,high,low,close,volume,close_time\n1736035200000,1,1,1,3650.5,9,1736121599999\n",
        ),
        ("ETH-USD.csv", "time,low,high,open,close,volume\n1736035200,1,1,1,3650.5,9\n"),
        (
            "Gemini_ETHUSD_d.csv",
            "https://archive.example\nUnix,Date,Symbol,Open,High,Low,Close,Volume ETH\n"
            "1736035200,2025-01-05 00:00:00,ETH/USD,1,1,1,3650.5,9\n",
        ),
    ],
)
def test_candles_of_exchanges_are_read_with_and_without_a_header(tmp_path, filename, text):
    if "Unix" in text:
        text = text.replace("Date,Symbol", "When,Pair")
    name, rows, _ = read(tmp_path / filename, text)
    assert (name, rows) == ("klines", [("2025-01-05", "ETH", Decimal("3650.5"), None)])


def test_every_faulty_candle_is_named_by_line(tmp_path):
    _, rows, parsed = read(
        tmp_path / "ETHUSDT-1h.csv",
        "open_time,open,close,close_time\n1736035200000,1,5,1736121599999\n1736038800000,1,5,1736042399999\n"
        "1736121600000,1,5,1736125199999\n1736208000000,1,5\nnever,1,5,0\n",
    )
    assert len(rows) == 1
    assert [str(fault) for fault in parsed.faults] == [
        "line 3, open_time: the candle opens at 01:00 UTC and is not of a day",
        "line 4, close_time: the candle lasts 0:59:59.999000 and is not of a day",
        "line 5, line: it has 3 fields, the header has 4",
        "line 6, open_time: 'never' is not an instant",
    ]


def test_a_file_that_does_not_say_its_token_is_told_to(tmp_path):
    text = "snapped_at,price\n2025-01-06 00:00:00 UTC,2\n"
    with pytest.raises(NoSymbol, match="does not say which token"):
        read(tmp_path / "prices.csv", text)
    with pytest.raises(NoSymbol):
        read(tmp_path / "ETHBTC-1d.csv", "open_time,open,close\n1736035200000,1,5\n")
    assert read(tmp_path / "prices.csv", text, symbol="sol")[1] == [("2025-01-05", "SOL", Decimal(2), None)]


def test_columns_of_no_format_are_refused():
    with pytest.raises(UnknownFormat, match="the file has no column date, symbol"):
        recognised(["when", "close"], filename="x.csv")
    assert recognised(["date", "symbol", "close"], filename="x.csv").name == "portal"


def test_a_column_that_comes_twice_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="a column twice"):
        read(tmp_path / "x.csv", "date,symbol,close,close\n")


def test_a_day_that_comes_twice_is_a_fault_across_pieces():
    reader = Reader(last_day=LAST)
    line = ("2025-01-05", "BTC", "1", None, None, None)
    assert len(reader.read([lambda: line]).rows) == 1
    assert str(reader.read([lambda: line]).faults[0]) == (
        "line 3, date: BTC on 2025-01-05 was given on line 2 already"
    )


def test_quiet_closes_are_not_suspected_and_a_spike_is_twice():
    days = [date.fromordinal(LAST.toordinal() - 59 + n) for n in range(60)]
    closes = 100 * np.exp(0.02 * np.sin(np.arange(60)))
    assert suspicions(days, closes) == []
    closes[50] *= 3
    assert [(one.kind, one.place) for one in suspicions(days, closes)] == [("outlier", 50), ("outlier", 51)]
    closes[10:50] = np.nan
    assert [one.place for one in suspicions(days, closes)] == []
