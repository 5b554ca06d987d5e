"""Levels are calculated day by day; `advance` brings an index up to the last closed day, everything in order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from indices.domain import valuation
from indices.domain.level import level_of
from indices.domain.schedule import closes_at, last_closed
from indices.domain.valuation import MissingPrice
from indices.levels.facts import LevelFacts
from indices.levels.models import Level
from indices.levels.selectors import last_level, level_facts
from indices.methodologies.models import Index
from indices.methodologies.selectors import NoSuchIndex
from indices.prices.selectors import prices_on, token_events
from indices.rebalances import services as rebalances
from indices.rebalances.models import OPEN, Rebalance
from indices.rebalances.selectors import basket_on, first_basket_day, whole_prices
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import fingerprint
from portal.domain.errors import Conflict


class LevelNotYet(Conflict):
    """The day has not closed, an earlier day has no level, or the index has no basket yet."""

    code = "level-not-yet"


class LevelStopped(Conflict):
    """A rebalance that should have taken effect has not: levels wait for it."""

    code = "level-stopped"


@dataclass(frozen=True, slots=True)
class Advanced:
    """levels: days calculated now; applied: rebalances put into effect now; stopped: why it went no further."""

    levels: tuple[date, ...]
    applied: tuple[UUID, ...]
    stopped: str


def calculate(*, index_id: UUID, day: date, actor: Actor, at: datetime) -> LevelFacts:
    """
    The level of a day's close, from the basket in force; a level published before stays as it is.

    raises  NoSuchIndex, LevelNotYet, LevelStopped; MissingPrice naming every token without a price of that day
    """
    with transaction.atomic():
        if not Index.objects.select_for_update().filter(pk=index_id).exists():
            raise NoSuchIndex("There is no index with this id.")
        known = Level.objects.filter(index_id=index_id, day=day).first()
        if known is not None:
            return level_facts(known)
        _require_turn(index_id, day, at)
        basket = basket_on(index_id, day)
        if basket is None:
            raise LevelNotYet("The index has no constituents yet.", next_step="Rebalance it first.")
        _require_same_terms(basket.quantities, basket.effective_date, day, at)
        priced = prices_on(day, symbols=set(basket.quantities) - {valuation.CASH}, known_by=at)
        worth = valuation.value_e36(basket.quantities, whole_prices(priced))
        made = Level.objects.create(
            index_id=index_id,
            day=day,
            level=level_of(valuation.dollars(worth), basket.divisor),
            divisor=basket.divisor,
            value=valuation.dollars(worth),
            basket_id=basket.id,
            data_hash=fingerprint({symbol: str(price.price_e18) for symbol, price in sorted(priced.items())}),
            simulated=any(price.simulated for price in priced.values()),
            calculated_at=at,
        )
        record(
            actor=actor,
            action="levels.calculated",
            subject=f"index:{index_id}",
            at=at,
            day=day.isoformat(),
            level=str(made.level),
            divisor=str(made.divisor),
            prices_sha256=made.data_hash,
            simulated=made.simulated,
            rows=essences(made),
        )
    return level_facts(made)


def advance(*, index_id: UUID, actor: Actor, at: datetime) -> Advanced:
    """
    Everything that the clock asks of an index up to the last closed day, in order of days: levels, rebalances that
    take effect, rebalances that are proposed. Each step is its own transaction and safe to repeat, so that a worker
    that died is simply followed by the next.

    returns  what was done now, and why it stopped where it did
    """
    levels: list[date] = []
    applied: list[UUID] = []
    waiting = Rebalance.objects.filter(index_id=index_id, state="awaiting_approval")
    for found in waiting.order_by("reference_date"):
        rebalances.take_decision(rebalance_id=found.pk, actor=actor, at=at)
    while True:
        rebalances.claim_next(index_id=index_id, actor=actor, at=at)
        following = (
            Rebalance.objects.filter(index_id=index_id, state__in=OPEN).order_by("reference_date").first()
        )
        end = last_closed(at)
        target = end if following is None else min(following.effective_date, end)
        stopped = _levels_until(index_id, target, levels, actor, at)
        if stopped or following is None:
            return Advanced(tuple(levels), tuple(applied), stopped)
        why = _step(following, applied, actor, at)
        if why is not None:
            return Advanced(tuple(levels), tuple(applied), why)


def _step(following: Rebalance, applied: list[UUID], actor: Actor, at: datetime) -> str | None:
    """One step of the next rebalance; None when there may be more to do, else why not ("" when it is not time)."""
    if following.state in ("due", "stopped"):
        moved = rebalances.propose(rebalance_id=following.pk, actor=actor, at=at)
        return moved.reason if moved.state == "stopped" else None
    if closes_at(following.effective_date) > at:
        return ""
    moved = rebalances.apply(rebalance_id=following.pk, actor=actor, at=at)
    if moved.state != "applied":
        return moved.reason
    applied.append(moved.id)
    return None


def _levels_until(index_id: UUID, last: date, done: list[date], actor: Actor, at: datetime) -> str:
    begins = first_basket_day(index_id)
    if begins is None:
        return ""
    newest = last_level(index_id)
    day = begins if newest is None else newest.day + timedelta(days=1)
    while day <= last:
        try:
            calculate(index_id=index_id, day=day, actor=actor, at=at)
        except (MissingPrice, LevelStopped) as refused:
            return f"Level of {day}: {refused.message}"
        done.append(day)
        day += timedelta(days=1)
    return ""


def _require_same_terms(symbols: Collection[str], since: date, day: date, at: datetime) -> None:
    """A basket counts tokens in the terms of its effective date; another count of them would be a guess."""
    for one in token_events(symbols=list(symbols), until=day, known_by=at):
        event = one.event
        if event.kind in ("redenomination", "migration") and event.symbol in symbols and event.day > since:
            raise LevelStopped(
                f"{event.old} {event.symbol} are {event.new} {event.related or event.symbol} from {event.day} on; the "
                f"basket of {since} still counts the old ones.",
                next_step="Withdraw the token event if it is wrong; the basket is not converted by itself.",
            )


def _require_turn(index_id: UUID, day: date, at: datetime) -> None:
    if closes_at(day) > at:
        raise LevelNotYet(f"{day} has not closed yet.")
    newest = last_level(index_id)
    if newest is not None and day != newest.day + timedelta(days=1):
        raise LevelNotYet(f"The last level is of {newest.day}; the next is the day after it.")
    waiting = rebalances.open_before(index_id, day)
    if waiting is not None:
        raise LevelStopped(
            f"The rebalance that takes effect on {waiting.effective_date} is {waiting.state}.",
            next_step=waiting.reason or "Let it be applied first.",
        )
