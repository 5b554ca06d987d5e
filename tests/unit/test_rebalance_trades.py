"""Trades: the difference only, paid for to the cent, and never a token more than there is."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indices.domain import valuation
from indices.domain.rebalance import CannotFund, plan, to_raise, trades
from indices.domain.valuation import MissingPrice

ONE = 10**18
DOLLAR = 10**18
PRICES = {"AAA": 50 * DOLLAR, "BBB": 20 * DOLLAR, "CCC": DOLLAR // 1_000_000}


def test_only_the_difference_is_traded_sales_first():
    found = trades(
        {"AAA": 2 * ONE, "BBB": 5 * ONE},
        {"AAA": 1 * ONE, "BBB": 6 * ONE, "CCC": 0},
        prices=PRICES,
        cost_bps=20,
    )
    assert [(t.symbol, t.quantity, t.value_minor, t.cost_minor, t.cash_minor) for t in found] == [
        ("AAA", -ONE, 5_000, 10, 4_990),
        ("BBB", ONE, 2_000, 4, -2_004),
    ]


def test_purchases_are_rounded_up_to_the_cent_and_sales_down():
    bought = trades({}, {"CCC": 5}, prices=PRICES)[0]
    sold = trades({"CCC": 5}, {}, prices=PRICES)[0]
    assert (bought.value_minor, sold.value_minor) == (1, 0)


def test_a_small_difference_is_left_alone_but_a_position_that_leaves_is_sold():
    found = trades(
        {"AAA": ONE, "BBB": ONE // 100},
        {"AAA": ONE + ONE // 100},
        prices=PRICES,
        minimum_minor=100,
    )
    assert [t.symbol for t in found] == ["BBB"]


def test_every_missing_price_is_named():
    with pytest.raises(MissingPrice, match="DDD, EEE"):
        trades({"EEE": ONE}, {"DDD": ONE}, prices=PRICES)
    with pytest.raises(MissingPrice, match="DDD"):
        plan({}, 1_000, {"DDD": 10**9}, prices=PRICES)


def test_a_plan_of_cash_alone_buys_its_weights_and_keeps_enough_for_the_costs():
    found = plan({}, 1_000_000, {"AAA": 600_000_000, "BBB": 400_000_000}, prices=PRICES, cost_bps=20)
    assert found.cash_minor >= 0
    assert found.cash_minor <= 10
    bought = {t.symbol: t.value_minor for t in found.trades}
    assert bought["AAA"] == pytest.approx(1.5 * bought["BBB"], rel=1e-4)
    assert found.cost_minor == sum(-(-t.value_minor * 20 // 10_000) for t in found.trades)


def test_weights_that_leave_cash_leave_cash():
    found = plan({}, 1_000_000, {"AAA": 520_000_000}, prices=PRICES)
    assert found.cash_minor == 480_000


HOLDINGS = st.dictionaries(st.sampled_from(sorted(PRICES)), st.integers(0, 10**24), max_size=3)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=3, max_size=3).map(
    lambda parts: {
        symbol: part * 10**9 // max(sum(parts), 1) for symbol, part in zip(sorted(PRICES), parts, strict=True)
    }
)


@given(HOLDINGS, st.integers(0, 10**12), WEIGHTS, st.integers(0, 200), st.integers(0, 10_000))
def test_a_plan_conserves_cash_and_never_overdraws(holdings, cash, weights, bps, minimum):
    try:
        found = plan(holdings, cash, weights, prices=PRICES, cost_bps=bps, minimum_minor=minimum)
    except CannotFund:
        assert minimum or cash + valuation.minor_down(valuation.value_e36(holdings, PRICES)) < 100
        return
    assert found.cash_minor == cash + sum(t.cash_minor for t in found.trades)
    assert found.cash_minor >= 0
    for t in found.trades:
        assert holdings.get(t.symbol, 0) + t.quantity >= 0
        assert t.symbol not in found.left_out


@given(HOLDINGS, st.integers(1, 10**11), st.integers(0, 200))
def test_what_is_raised_is_enough_and_in_proportion(holdings, needed, bps):
    try:
        made = to_raise(holdings, needed, prices=PRICES, cost_bps=bps)
    except CannotFund:
        whole = to_sell_all(holdings, bps)
        assert whole < needed
        return
    assert sum(t.cash_minor for t in made) >= needed
    for t in made:
        assert 0 < -t.quantity <= holdings[t.symbol]


def to_sell_all(holdings, bps):
    return sum(t.cash_minor for t in trades(holdings, {}, prices=PRICES, cost_bps=bps))


def test_nothing_is_sold_when_nothing_is_needed():
    assert to_raise({"AAA": ONE}, 0, prices=PRICES) == ()
    assert to_raise({"AAA": ONE}, -5, prices=PRICES) == ()


@pytest.mark.parametrize("period", ["2021-march", "2021-april", "2021-may"])
def test_the_real_rebalances_of_the_defi_pulse_index_are_differences_that_change_no_value(
    reference_data, period
):
    path = reference_data / "market" / "reference" / "indexcoop_dpi_mvi_rebalances_2021.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["index"], row["rebalance"]) == ("DPI", period)]
    current = {row["component"]: int(row["current_unit_wei"]) for row in rows}
    target = {row["component"]: int(row["new_unit_wei"]) for row in rows}
    prices = {
        row["component"]: round(abs(int(row["notional_usd"]) * 10**36 / int(row["notional_token_wei"])))
        for row in rows
    }
    made = {trade.symbol: trade for trade in trades(current, target, prices=prices)}
    worth = valuation.value_e36(current, prices)
    moved = sum(trade.quantity * trade.price for trade in made.values())
    assert abs(moved) / worth < 1e-6
    for row in rows:
        assert made[row["component"]].quantity == target[row["component"]] - current[row["component"]]
        assert (made[row["component"]].quantity > 0) == (int(row["notional_token_wei"]) > 0)
