"""Token events are recorded, and withdrawn where they were recorded in error; never changed."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from indices.domain.token_events import RELATED, TokenEvent, checked
from indices.prices.facts import TokenEventFacts
from indices.prices.models import Asset, TokenEventRecord
from indices.prices.selectors import NoSuchAsset, token_event_facts, token_events
from indices.prices.services import delist
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid, NotFound


class NoSuchTokenEvent(NotFound):
    code = "no-such-token-event"


class SameTokenEvent(Conflict):
    """The event stands already, or is withdrawn already."""

    code = "same-token-event"


def record_event(
    *,
    kind: str,
    symbol: str,
    day: date,
    related: str = "",
    old: int = 1,
    new: int = 1,
    source: str,
    actor: Actor,
    at: datetime,
) -> TokenEventFacts:
    """
    Record what happens to a token; known from now on. A delisting also takes the token out of every universe.

    day      the first day whose close is in the new terms
    source   where it is known from
    raises   BadTokenEvent, NoSuchAsset, SameTokenEvent, Invalid (no source)
    """
    event = checked(TokenEvent(kind, symbol.strip().upper(), day, related.strip().upper(), old, new))
    if not source.strip():
        raise Invalid("State where this is known from.", field="source")
    with transaction.atomic():
        named = [event.symbol, event.related] if event.kind in RELATED else [event.symbol]
        found = {
            one.symbol: one
            for one in Asset.objects.select_for_update().filter(symbol__in=named).order_by("pk")
        }
        for one in named:
            if one not in found:
                field = "symbol" if one == event.symbol else "related"
                raise NoSuchAsset(f"No prices are kept for {one[:20]}.", field=field)
        if any(one.event == event for one in token_events(symbols=named, known_by=at)):
            raise SameTokenEvent(f"This {kind.replace('_', ' ')} of {event.symbol} is recorded already.")
        made = TokenEventRecord.objects.create(
            kind=event.kind,
            asset=found[event.symbol],
            related=found.get(event.related),
            day=day,
            old=old,
            new=new,
            source=source.strip()[:300],
            known_at=at,
        )
        if kind == "delisting":
            delist(symbol=event.symbol, on=day, reason=source.strip(), actor=actor, at=at)
        _told("prices.token_event_recorded", made, actor, at)
    return token_event_facts(made)


def withdraw_event(*, event_id: UUID, source: str, actor: Actor, at: datetime) -> None:
    """
    From now on the event did not happen; series as they were known before stay as they were.

    raises  NoSuchTokenEvent, SameTokenEvent, Invalid (no source)
    """
    if not source.strip():
        raise Invalid("State why the event is withdrawn.", field="source")
    with transaction.atomic():
        found = TokenEventRecord.objects.filter(pk=event_id, withdraws=None).first()
        if found is None:
            raise NoSuchTokenEvent("There is no token event with this id.")
        Asset.objects.select_for_update().get(pk=found.asset_id)
        if TokenEventRecord.objects.filter(withdraws=found).exists():
            raise SameTokenEvent("This event is withdrawn already.")
        made = TokenEventRecord.objects.create(
            kind=found.kind,
            asset=found.asset,
            related=found.related,
            day=found.day,
            old=found.old,
            new=found.new,
            source=source.strip()[:300],
            known_at=at,
            withdraws=found,
        )
        _told("prices.token_event_withdrawn", made, actor, at)


def _told(action: str, made: TokenEventRecord, actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action=action,
        subject=f"asset:{made.asset_id}",
        at=at,
        kind=made.kind,
        symbol=made.asset.symbol,
        related=made.related.symbol if made.related else "",
        day=made.day.isoformat(),
        old=str(made.old),
        new=str(made.new),
        source=made.source,
        rows=essences(made),
    )
