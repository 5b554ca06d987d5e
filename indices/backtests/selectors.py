"""Reads: the market that a backtest looks at, and backtests that were calculated."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np

from indices.backtests.facts import BacktestFacts, RebalanceOfBacktest
from indices.backtests.models import Backtest
from indices.domain.backtest import BadMarket, Market
from indices.domain.constituents import window_needed
from indices.domain.methodology import Rules
from indices.prices.selectors import panel, span
from indices.rebalances.snapshot import universe_of
from portal.domain.canonical import fingerprint
from portal.domain.errors import NotFound


class NoSuchBacktest(NotFound):
    code = "no-such-backtest"


@dataclass(frozen=True, slots=True)
class KnownMarket:
    """market with the hash over its figures; simulated where one of them is."""

    market: Market
    sha256: str
    simulated: bool


def market_of(rules: Rules, *, first: date, last: date, known_by: datetime) -> KnownMarket:
    """
    What is known of the universe of the rules up to a day, from early enough for their windows and screens.

    raises  BadMarket when nothing is known of it, or not of the span
    """
    universe = sorted(universe_of(rules), key=lambda one: one.symbol)
    known = span(known_by=known_by)
    if not universe or known is None:
        raise BadMarket("No prices are known of this universe.", field="document")
    if first > last or first < known[0] or last > known[1]:
        raise BadMarket(
            f"Prices are known from {known[0]} to {known[1]}; the span is {first} to {last}.", field="first"
        )
    window = timedelta(days=window_needed(rules))
    found = panel(
        [one.symbol for one in universe],
        first=known[0] if rules.min_history_days else max(known[0], first - window),
        last=last,
        known_by=known_by,
    )
    market = Market(
        days=found.days,
        symbols=found.symbols,
        closes=found.closes,
        caps=found.market_caps,
        pegged=tuple(one.pegged for one in universe),
        delisted=tuple(one.delisted_on for one in universe),
    )
    return KnownMarket(market, _sha256(market), found.simulated)


def _sha256(market: Market) -> str:
    """Over the marks as canonical JSON and the tables as little-endian doubles, row by row."""
    marks = [market.symbols, market.pegged, [one and one.isoformat() for one in market.delisted]]
    head = fingerprint([market.days[0].isoformat(), len(market.days), *(list(one) for one in marks)])
    digest = hashlib.sha256(head.encode())
    for table in (market.closes, market.caps):
        digest.update(np.ascontiguousarray(table, dtype="<f8").tobytes())
    return digest.hexdigest()


def backtest(backtest_id: UUID) -> BacktestFacts:
    """raises  NoSuchBacktest"""
    found = Backtest.objects.filter(pk=backtest_id).first()
    if found is None:
        raise NoSuchBacktest("There is no backtest with this id.")
    return backtest_facts(found)


def backtests(*, index_id: UUID | None, limit: int = 30) -> list[BacktestFacts]:
    """Of an index, or those of rules that belong to none yet; the newest first."""
    return [backtest_facts(found) for found in Backtest.objects.filter(index_id=index_id)[:limit]]


def latest(index_id: UUID, *, fingerprint: str) -> BacktestFacts | None:
    """The newest backtest of an index by exactly these rules."""
    found = Backtest.objects.filter(index_id=index_id, fingerprint=fingerprint).first()
    return None if found is None else backtest_facts(found)


def backtest_facts(found: Backtest) -> BacktestFacts:
    told = found.result
    first = date.fromisoformat(told["first_day"])
    return BacktestFacts(
        id=found.pk,
        index_id=found.index_id,
        document=found.document,
        fingerprint=found.fingerprint,
        first=found.first,
        last=found.last,
        cost_bps=found.cost_bps,
        lag_days=found.lag_days,
        engine=found.engine,
        prices_sha256=found.prices_sha256,
        result_sha256=found.result_sha256,
        simulated=found.simulated,
        known_by=found.known_by,
        calculated_at=found.calculated_at,
        days=tuple(first + timedelta(days=n) for n in range(len(told["levels"]))),
        levels=tuple(float(one) for one in told["levels"]),
        net=tuple(float(one) for one in told["net"]),
        rebalances=_rebalances(told["rebalances"]),
        stops=tuple((date.fromisoformat(day), why) for day, why in told["stops"]),
        carried=dict(told["carried"]),
    )


def _rebalances(told: list[dict[str, Any]]) -> tuple[RebalanceOfBacktest, ...]:
    baskets = [dict[str, int]()] + [one["weights_ppb"] for one in told]
    return tuple(
        RebalanceOfBacktest(
            reference=date.fromisoformat(one["reference"]),
            effective=date.fromisoformat(one["effective"]),
            weights_ppb=dict(sorted(now.items(), key=lambda item: (-item[1], item[0]))),
            turnover_ppm=one["turnover_ppm"],
            came=tuple(sorted(now.keys() - before.keys())),
            left=tuple(sorted(before.keys() - now.keys())),
        )
        for one, (before, now) in zip(told, pairwise(baskets), strict=True)
    )
