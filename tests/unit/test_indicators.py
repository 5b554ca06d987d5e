"""Indicators against published figures, against plain loops, and against the future."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indices.domain import indicators
from indices.domain.indicators import BadPanel, Panel, compute, relative_strength
from portal.domain.errors import Invalid

CLOSES = [
    float(close)
    for close in """
44.3389 44.0902 44.1497 43.6124 44.3278 44.8264 45.0955 45.4245 45.8433 46.0826 45.8931 46.0328 45.6140 46.2820
46.2820 46.0028 46.0328 46.4116 46.2222 45.6439 46.2122 46.2521 45.7137 46.4515 45.7835 45.3548 44.0288 44.1783
44.2181 44.5672 43.4205 42.6628 43.1314""".split()
]
RSI = [
    float(value)
    for value in """
70.53 66.32 66.55 69.41 66.36 57.97 62.93 63.26 56.06 62.38 54.71 50.42 39.99 41.46 41.87 45.46 37.30 33.08 37.77
""".split()
]
ON_CHAIN = ("active_addresses", "transactions", "fees", "hash_rate")


def market(days: int, count: int = 6, *, seed: int = 1) -> Panel:
    """A made-up market of everything that a panel can hold."""
    random = np.random.default_rng(seed)
    close = np.exp(np.cumsum(random.normal(0, 0.04, (days, count)), axis=0))
    opened = np.vstack([close[:1], close[:-1]])
    return Panel(
        close=close,
        high=np.maximum(opened, close) * (1 + random.uniform(0, 0.02, (days, count))),
        low=np.minimum(opened, close) * (1 - random.uniform(0, 0.02, (days, count))),
        open=opened,
        volume=np.exp(random.normal(15, 1, (days, count))),
        market_cap=close * np.exp(random.normal(20, 0.01, (days, count))),
        on_chain={name: np.exp(random.normal(9, 0.3, (days, count))) for name in ON_CHAIN},
        symbols=("BTC", *(f"T{n}" for n in range(1, count))),
        sectors=("money", *("one" if n % 2 else "two" for n in range(1, count))),
    )


def until(panel: Panel, days: int) -> Panel:
    """The panel as it was: later rows deleted."""
    tables = {
        name: getattr(panel, name)[:days] for name in ("close", "high", "low", "open", "volume", "market_cap")
    }
    chain = {name: table[:days] for name, table in panel.on_chain.items()}
    return Panel(**tables, on_chain=chain, symbols=panel.symbols, sectors=panel.sectors)


def test_rsi_14_agrees_with_the_published_series():
    found = relative_strength(CLOSES)
    assert np.isnan(found[:14]).all()
    assert found[14:].round(2).tolist() == RSI


def test_the_panel_gives_the_published_rsi_too():
    found = compute({"close": np.array([CLOSES]).T}, names=["rsi_14"], dtype=np.float64)["rsi_14"]
    assert found.shape == (33, 1)
    assert np.isnan(found[:14, 0]).all()
    assert found[14:, 0].round(2).tolist() == RSI


def test_prices_that_only_rise_have_an_rsi_of_100():
    assert relative_strength(range(1, 20))[-1] == 100


@pytest.mark.parametrize("bad", [[1.0] * 14, [1.0] * 14 + [float("nan")]])
def test_too_few_or_broken_closes_are_refused(bad):
    with pytest.raises(Invalid, match="more than 14 finite closes"):
        relative_strength(bad)


def test_there_are_more_than_ninety_and_a_whole_panel_fills_them_all():
    assert len(indicators.NAMES) == len(set(indicators.NAMES)) >= 90
    found = compute(market(450))
    assert tuple(found) == indicators.NAMES
    for name, table in found.items():
        assert table.shape == (450, 6)
        assert np.isfinite(table[-1, 1:]).all(), name
        assert not np.isinf(table).any(), name


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(1, 449))
def test_no_value_changes_when_later_days_are_deleted(seed, cut):
    panel = market(450, count=5, seed=seed)
    holes = np.random.default_rng(seed).random(panel.close.shape) < 0.003
    panel.close[holes] = np.nan
    whole, then = compute(panel), compute(until(panel, cut))
    for name in indicators.NAMES:
        assert np.array_equal(whole[name][:cut], then[name], equal_nan=True), name


def test_nothing_is_told_before_the_window_is_full_nor_until_it_is_full_again():
    panel = market(300)
    panel.close[150, 2] = math.nan
    found = compute(panel)
    for name, window in (("sma_20_distance", 20), ("volatility_30", 31), ("return_7", 8), ("rsi_14", 15)):
        column = found[name][:, 2]
        assert np.flatnonzero(np.isfinite(column))[0] == window - 1, name
        after = np.flatnonzero(np.isfinite(column[150:]))[0]
        assert after == window, name


def test_what_the_panel_lacks_is_not_guessed():
    found = compute({"close": market(400).close})
    assert tuple(found) == indicators.NAMES
    for group in ("volume", "on-chain"):
        assert all(np.isnan(found[name]).all() for name in indicators.GROUPS[group])
    assert np.isfinite(found["sma_200_distance"][-1]).all()


def test_values_agree_with_a_plain_loop():
    panel = market(200)
    found = compute(panel, dtype=np.float64)
    close = panel.close[:, 3]
    moves = np.diff(np.log(close))
    other = np.diff(np.log(panel.close[:, 0]))
    assert found["sma_50_distance"][-1, 3] == pytest.approx(close[-1] / close[-50:].mean() - 1, abs=1e-12)
    assert found["volatility_30"][-1, 3] == pytest.approx(moves[-30:].std(ddof=1) * math.sqrt(365), rel=1e-9)
    assert found["drawdown_90"][-1, 3] == pytest.approx(close[-1] / close[-90:].max() - 1, abs=1e-12)
    beta = np.cov(moves[-90:], other[-90:], ddof=0)[0, 1] / other[-90:].var()
    assert found["bitcoin_beta_90"][-1, 3] == pytest.approx(beta, rel=1e-9)
    share = panel.market_cap[-1, 3] / panel.market_cap[-1].sum()
    assert found["cap_share"][-1, 3] == pytest.approx(share, rel=1e-12)
    mates = np.diff(np.log(panel.close[:, [1, 5]]), axis=0).mean(axis=1)
    apart = math.expm1((moves - mates)[-30:].sum())
    assert found["sector_relative_30"][-1, 3] == pytest.approx(apart, rel=1e-9)


@pytest.mark.parametrize("scale", [2.0**-40, 2.0**40])
def test_a_price_of_a_trillionth_behaves_as_any_other(scale):
    panel = market(250)
    names = [name for group in ("trend", "momentum", "volatility") for name in indicators.GROUPS[group]]
    prices = {name: getattr(panel, name) for name in ("close", "high", "low", "open")}
    usual = compute(prices, names=names, dtype=np.float64)
    tiny = compute({name: table * scale for name, table in prices.items()}, names=names, dtype=np.float64)
    for name in names:
        assert np.allclose(usual[name], tiny[name], rtol=1e-9, atol=1e-9, equal_nan=True), name


@pytest.mark.parametrize("days", [1, 2, 5, 13])
def test_a_short_panel_has_values_nowhere_they_are_not_due(days):
    found = compute(market(days))
    assert np.isnan(found["sma_20_distance"]).all()
    assert np.isfinite(found["cap_share"]).all()


@pytest.mark.parametrize(
    ("panel", "told"),
    [
        ({"high": [[1.0]]}, "A panel has closes"),
        ({"close": [[1.0]], "spread": [[1.0]]}, "no field spread"),
        ({"close": [1.0, 2.0]}, "one row per day"),
        ({"close": [[1.0], [0.0]]}, "close of column 0 on day 1 is 0.0"),
        ({"close": [[1.0], [2.0]], "volume": [[1.0], [-2.0]]}, "volume of column 0 on day 1 is -2.0"),
        ({"close": [[1.0], [2.0]], "volume": [[1.0]]}, "does not fit closes of shape"),
        ({"close": [[1.0]], "symbols": ("BTC", "ETH")}, "2 symbols do not fit 1 columns"),
    ],
)
def test_a_panel_that_does_not_fit_is_refused_by_name(panel, told):
    with pytest.raises(BadPanel, match=told):
        compute(panel)


def test_an_unknown_indicator_is_refused_by_name():
    with pytest.raises(BadPanel, match="no indicator crystal_ball"):
        compute({"close": [[1.0]]}, names=["crystal_ball"])
