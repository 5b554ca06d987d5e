"""A delivery of prices: every fault named by line and field, nothing repaired."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from indices.domain.price_rows import MissingColumns, parse
from indices.domain.simulation import simulate

LAST = date(2025, 10, 24)


def one(**values):
    given = {"date": "2025-10-24", "symbol": "BTC", "close": "1.5"} | values
    return parse({name: [value] for name, value in given.items()}, last_day=LAST)


def test_a_row_is_taken_as_it_is():
    row = one(market_cap_usd=1e9, circulating_supply="21", known_at="2025-10-25T00:10:00Z").rows[0]
    assert (row.symbol, row.day, row.close, row.market_cap, row.supply) == (
        "BTC",
        LAST,
        Decimal("1.5"),
        Decimal(10**9),
        Decimal(21),
    )
    assert row.known_at == datetime(2025, 10, 25, 0, 10, tzinfo=UTC)


def test_a_small_price_keeps_its_digits():
    assert one(close=1.7699999443721026e-07).rows[0].close == Decimal("0.000000176999994437")


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"close": math.nan}, "close", "nan is not a number"),
        ({"close": "NaN"}, "close", "not a number"),
        ({"close": math.inf}, "close", "inf is not a number"),
        ({"close": 0.0}, "close", "must be above zero"),
        ({"close": "1e-30"}, "close", "must be above zero"),
        ({"close": -4.2}, "close", "-4.2 is negative"),
        ({"close": None}, "close", "there is no price"),
        ({"close": ""}, "close", "there is no price"),
        ({"close": "cheap"}, "close", "'cheap' is not a number"),
        ({"close": 1e16}, "close", "too large"),
        ({"market_cap_usd": -1.0}, "market_cap_usd", "-1.0 is negative"),
        ({"circulating_supply": math.nan}, "circulating_supply", "nan is not a number"),
        ({"date": "2025-10-25"}, "date", "has not closed yet; the last day that has is 2025-10-24"),
        ({"date": "24.10.2025"}, "date", "is not a date like"),
        ({"date": None}, "date", "there is no date"),
        ({"date": datetime(2025, 10, 24, 16)}, "date", "has a time of day"),
        ({"date": "2025-10-24T00:00:00-04:00"}, "date", "has a time of day"),
        ({"symbol": ""}, "symbol", "is not a symbol"),
        ({"symbol": "=HYPERLINK(1)"}, "symbol", "is not a symbol"),
        ({"symbol": "USD"}, "symbol", "is money here"),
        ({"known_at": "2025-10-25 00:10"}, "known_at", "does not say its time zone"),
    ],
)
def test_a_fault_says_what_is_wrong_where(values, field, said):
    found = one(**values)
    assert found.rows == ()
    assert [(fault.line, fault.field) for fault in found.faults] == [(2, field)]
    assert said in found.faults[0].message


def test_a_day_given_twice_is_a_fault_at_its_second_line():
    found = parse({"date": [LAST, LAST, LAST], "symbol": ["A", "B", "A"], "close": [1, 2, 1]}, last_day=LAST)
    assert [row.symbol for row in found.rows] == ["A", "B"]
    assert str(found.faults[0]) == "line 4, date: A on 2025-10-24 was given on line 2 already"


def test_missing_columns_are_named():
    with pytest.raises(MissingColumns, match="no column symbol, close"):
        parse({"date": []}, last_day=LAST)


def test_the_simulated_market_is_a_function_of_its_seed_with_fat_tails():
    first = date(2022, 1, 1)
    a, b, c = (simulate(seed=seed, first=first, days=1500) for seed in (7, 7, 8))
    assert np.array_equal(a.closes, b.closes)
    assert not np.array_equal(a.closes, c.closes)
    assert np.array_equal(simulate(seed=7, first=first, days=30).closes, a.closes[:30])
    assert (a.closes > 0).all()
    moves = np.diff(np.log(a.closes), axis=0)
    centred = moves - moves.mean(axis=0)
    kurtosis = (centred**4).mean(axis=0) / (centred**2).mean(axis=0) ** 2
    assert float(np.median(kurtosis)) > 4
    together = np.corrcoef(moves.T)
    same = np.equal.outer(np.array(a.sectors), np.array(a.sectors)) & ~np.eye(len(a.symbols), dtype=bool)
    assert (
        together[same].mean()
        > together[~np.equal.outer(np.array(a.sectors), np.array(a.sectors))].mean()
        > 0.1
    )
