"""Rules over days gone by, calculated once for the same inputs and kept with the hash of the prices."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from indices.backtests.facts import BacktestFacts
from indices.backtests.models import Backtest
from indices.backtests.selectors import backtest_facts, market_of
from indices.domain import backtest as engine
from indices.domain.methodology import rules_of
from indices.domain.schedule import last_closed
from indices.domain.weighting import in_ppb
from indices.methodologies.selectors import index as index_of
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import fingerprint
from portal.domain.errors import Invalid

ENGINE = 1
"""Counts up when the same inputs would give another result."""
MOST_DAYS = 4_000
MOST_BPS = 1_000


class BadSpan(Invalid):
    """The span, the costs or the lag of a backtest are not what they can be."""

    code = "bad-span"


def run(
    *,
    document: Mapping[str, Any],
    first: date,
    last: date,
    cost_bps: int | None = None,
    lag_days: int | None = None,
    index_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> BacktestFacts:
    """
    Calculate what the rules would have done from a first reference date to a last day, and keep it.

    cost_bps, lag_days   instead of what the rules say
    returns              the one kept before when rules, span, prices and engine are the same
    raises               BadMethodology, BadSpan, BadMarket, NothingToTest, NoSuchIndex
    """
    rules = rules_of(dict(document))
    costs = rules.trading_bps if cost_bps is None else cost_bps
    lag = rules.lag_days if lag_days is None else lag_days
    _require_span(first, last, costs, lag, at)
    base = 100.0 if index_id is None else float(index_of(index_id).base_level)
    known = market_of(rules, first=first, last=last, known_by=at)
    by_rules = fingerprint(dict(document))
    inputs = fingerprint(
        {
            "engine": ENGINE,
            "index": None if index_id is None else str(index_id),
            "rules": by_rules,
            "span": [first.isoformat(), last.isoformat()],
            "cost_bps": costs,
            "lag_days": lag,
            "prices": known.sha256,
        }
    )
    before = Backtest.objects.filter(inputs_sha256=inputs).first()
    if before is not None:
        return backtest_facts(before)
    done = engine.run(
        rules, known.market, first=first, last=last, base_level=base, cost_bps=costs, lag_days=lag
    )
    result = _told(done)
    with transaction.atomic():
        made, new = Backtest.objects.get_or_create(
            inputs_sha256=inputs,
            defaults={
                "index_id": index_id,
                "document": dict(document),
                "fingerprint": by_rules,
                "first": first,
                "last": last,
                "cost_bps": costs,
                "lag_days": lag,
                "engine": ENGINE,
                "prices_sha256": known.sha256,
                "result_sha256": fingerprint(result),
                "result": result,
                "simulated": known.simulated,
                "known_by": at,
                "calculated_at": at,
            },
        )
        if new:
            _record(made, actor, at)
    return backtest_facts(made)


def _record(made: Backtest, actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action="backtests.calculated",
        subject=f"backtest:{made.pk}",
        at=at,
        index=None if made.index_id is None else str(made.index_id),
        methodology=made.fingerprint,
        first=made.first.isoformat(),
        last=made.last.isoformat(),
        prices_sha256=made.prices_sha256,
        result_sha256=made.result_sha256,
        simulated=made.simulated,
        rows=essences(made),
    )


def _require_span(first: date, last: date, cost_bps: int, lag_days: int, at: datetime) -> None:
    if first > last:
        raise BadSpan(f"The span ends on {last}, before it begins on {first}.", field="last")
    if last > last_closed(at):
        raise BadSpan(f"{last} has not closed yet; the last day that has is {last_closed(at)}.", field="last")
    if (last - first).days >= MOST_DAYS:
        raise BadSpan(
            f"A backtest has at most {MOST_DAYS:,} days; this span has {(last - first).days + 1:,}."
        )
    if not 0 <= cost_bps <= MOST_BPS:
        raise BadSpan(
            f"Costs are 0 to {MOST_BPS:,} hundredths of a percent, not {cost_bps}.", field="cost_bps"
        )
    if not 0 <= lag_days <= 30:
        raise BadSpan(f"The lag is 0 to 30 days, not {lag_days}.", field="lag_days")


def _told(done: engine.Backtest) -> dict[str, Any]:
    """The result as JSON; levels as text, so that their hash is of what is kept."""
    rebalances = []
    for place, reference in enumerate(done.references):
        parts = in_ppb(done.weights[place])
        rebalances.append(
            {
                "reference": reference.isoformat(),
                "effective": done.effectives[place].isoformat(),
                "weights_ppb": {
                    symbol: part for symbol, part in zip([*done.symbols, "USD"], parts, strict=True) if part
                },
                "turnover_ppm": round(1_000_000 * float(done.turnover[place])),
            }
        )
    return {
        "first_day": done.days[0].isoformat(),
        "levels": _texts(done.levels),
        "net": _texts(done.net),
        "rebalances": rebalances,
        "stops": [[day.isoformat(), why] for day, why in done.stops],
        "carried": dict(done.carried),
    }


def _texts(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[str]:
    return [f"{float(value):.12g}" for value in values]
