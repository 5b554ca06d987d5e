"""
A rebalance: claimed for its period, proposed from the reference date's closes, approved where the rules ask for
it, applied at the effective date's closes. Every step is safe to repeat, and periods are done in order.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from indices.domain import valuation
from indices.domain.schedule import closes_at, last_closed
from indices.methodologies.models import Index
from indices.methodologies.selectors import NoSuchIndex, version_facts
from indices.rebalances import snapshot, trading
from indices.rebalances.facts import RebalanceFacts
from indices.rebalances.models import OPEN, REBALANCE, Constituent, Rebalance
from indices.rebalances.selectors import (
    NoSuchRebalance,
    last_basket,
    periods,
    rebalance_facts,
    weights_of,
    whole_prices,
)
from portal.approvals import selectors as approvals
from portal.approvals import services as approving
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Refused


class NotInOrder(Conflict):
    """An earlier rebalance of the index has not been applied yet."""

    code = "rebalance-not-in-order"


class NotYet(Conflict):
    """The day whose close is needed has not closed."""

    code = "rebalance-not-yet"


class NotLive(Conflict):
    """Only a live index is rebalanced."""

    code = "index-not-live"


def claim_next(*, index_id: UUID, actor: Actor, at: datetime) -> UUID | None:
    """
    Open the rebalance of the next period of a live index, once its reference date has closed and nothing earlier is
    open. However many workers ask, a period is opened once; missed ones are opened one after the other.

    returns  its id; None when there is nothing to open now
    raises   NoSuchIndex
    """
    with transaction.atomic():
        index = _lock_index(index_id)
        if index.state != "live" or index.rebalances.filter(state__in=OPEN).exists():
            return None
        known = set(index.rebalances.values_list("reference_date", flat=True))
        due = [period for period in periods(index.pk, until=last_closed(at)) if period[0] not in known]
        if not due:
            return None
        day, version_id, effective = due[0]
        made = Rebalance.objects.create(
            index=index,
            version_id=version_id,
            reference_date=day,
            effective_date=effective,
            claimed_at=at,
        )
        record(
            actor=actor,
            action="rebalances.claimed",
            subject=f"rebalance:{made.pk}",
            at=at,
            index=str(index.pk),
            reference_date=day.isoformat(),
            effective_date=effective.isoformat(),
            rows=essences(made),
        )
    return made.pk


def propose(*, rebalance_id: UUID, actor: Actor, at: datetime) -> RebalanceFacts:
    """
    Decide who is in, with what weight, and why. Missing or stale prices, or rules that cannot be met, stop it with
    the reason; it may be proposed again when they are there.

    returns  the rebalance, proposed, waiting for approval, or stopped; as it is when it was decided before
    raises   NoSuchRebalance, NotInOrder
    """
    with transaction.atomic():
        found, index = _lock(rebalance_id)
        if found.state not in ("due", "stopped"):
            return rebalance_facts(found)
        _require_order(found)
        basket = last_basket(index.pk)
        incumbents = frozenset() if basket is None else frozenset(basket.quantities) - {valuation.CASH}
        version = version_facts(found.version)
        try:
            seen = snapshot.take(version.rules, day=found.reference_date, incumbents=incumbents, known_by=at)
            decided = snapshot.decide(
                version.rules, seen, day=found.reference_date, incumbents=incumbents, known_by=at
            )
        except Refused as refused:
            return _stop(found, "stop", refused, actor, at)
        previous = {}
        if basket is not None:
            previous = weights_of(basket.quantities, whole_prices(seen.prices))
        kept = _keep_constituents(found, seen, decided, previous)
        _lapse_older(found, actor, at)
        found.snapshot, found.simulated, found.proposed_at, found.reason = (
            seen.fingerprint,
            seen.simulated,
            at,
            "",
        )
        found.state = REBALANCE.after(found.state, "ask" if version.rules.four_eyes else "propose")
        if version.rules.four_eyes:
            found.approval_id = _ask(found, decided.weights_ppb, actor, at)
        found.save()
        record(
            actor=actor,
            action="rebalances.proposed",
            subject=f"rebalance:{found.pk}",
            at=at,
            snapshot=seen.fingerprint,
            methodology=version.fingerprint,
            weights_ppb={symbol: str(share) for symbol, share in sorted(decided.weights_ppb.items())},
            simulated=seen.simulated,
            rows=essences(found, *kept),
        )
    return rebalance_facts(found)


def decide(
    *, rebalance_id: UUID, approved: bool, checker: Actor, at: datetime, note: str = ""
) -> RebalanceFacts:
    """
    A second person approves or rejects. Approved after its effective date, it takes effect at the next close.

    raises  NoSuchRebalance, AlreadyDecided, MakerCannotCheck, OnlyPeopleDecide, NotAllowedNow, NotInOrder
    """
    with transaction.atomic():
        found, _ = _lock(rebalance_id)
        REBALANCE.after(found.state, "approve" if approved else "reject")
        earlier = _waits_before(found)
        if approved and earlier is not None:
            raise NotInOrder(
                f"The rebalance of {earlier.reference_date} waits for its signature and comes first.",
                next_step="Approve or reject that one, then this.",
            )
        if approved:
            approving.approve(approval_id=found.approval_id, checker=checker, at=at, note=note)
        else:
            approving.reject(approval_id=found.approval_id, checker=checker, at=at, note=note)
        _take_decision(found, checker, at)
    return rebalance_facts(found)


def take_decision(*, rebalance_id: UUID, actor: Actor, at: datetime) -> RebalanceFacts:
    """
    Carry over a decision that was made in the work queue of approvals; nothing where there is none yet, or while
    an earlier rebalance waits for its own: they take effect in order.
    """
    with transaction.atomic():
        found, _ = _lock(rebalance_id)
        if found.state == "awaiting_approval" and _waits_before(found) is None:
            _take_decision(found, actor, at)
    return rebalance_facts(found)


def apply(*, rebalance_id: UUID, actor: Actor, at: datetime) -> RebalanceFacts:
    """
    Put a rebalance into effect at its effective date's closes: the basket changes, the divisor keeps the level
    continuous, and the index's holdings are traded by the difference. Once applied it stays as it is.

    returns  the rebalance, applied; or held with the reason when a price lacks
    raises   NoSuchRebalance, NotAllowedNow, NotYet, NotInOrder
    """
    with transaction.atomic():
        found, index = _lock(rebalance_id)
        if found.state == "applied":
            return rebalance_facts(found)
        REBALANCE.after(found.state, "apply")
        if closes_at(found.effective_date) > at:
            raise NotYet(f"It takes effect at the close of {found.effective_date}, which is still to come.")
        _require_order(found)
        try:
            basket = trading.next_basket(found, index, last_basket(index.pk), at)
            traded = trading.plan_trades(found, index, at)
        except Refused as refused:
            return _stop(found, "hold", refused, actor, at)
        kept = trading.keep_basket(found, basket, at)
        trades = []
        if traded is not None:
            trades = trading.execute(
                index_id=index.pk,
                trades=traded.trades,
                key=f"rebalance:{found.pk}",
                kind="index.rebalance",
                reference=f"rebalance:{found.pk}",
                day=max(found.effective_date, last_closed(at)),
                rebalance_id=found.pk,
                actor=actor,
                at=at,
            )
        found.state = REBALANCE.after(found.state, "apply")
        found.applied_at, found.reason, found.level = at, "", basket.after
        found.turnover_minor = 0 if traded is None else traded.turnover_minor
        found.cost_minor = 0 if traded is None else traded.cost_minor
        found.save()
        record(
            actor=actor,
            action="rebalances.applied",
            subject=f"rebalance:{found.pk}",
            at=at,
            level=str(basket.after),
            divisor=str(basket.divisor),
            turnover_minor=str(found.turnover_minor),
            cost_minor=str(found.cost_minor),
            left_out=[] if traded is None else list(traded.left_out),
            rows=essences(found, *kept, *trades),
        )
    return rebalance_facts(found)


def open_before(index_id: UUID, day: date) -> RebalanceFacts | None:
    """The first rebalance that should have taken effect before the day and has not; those with a person do not count."""
    found = (
        Rebalance.objects.select_related("version")
        .filter(index_id=index_id, state__in=OPEN, effective_date__lt=day)
        .order_by("reference_date")
        .first()
    )
    return None if found is None else rebalance_facts(found)


# --- inside a transaction -----------------------------------------------------------------------------------


def _lock_index(index_id: UUID) -> Index:
    index = Index.objects.select_for_update().filter(pk=index_id).first()
    if index is None:
        raise NoSuchIndex("There is no index with this id.")
    return index


def _lock(rebalance_id: UUID) -> tuple[Rebalance, Index]:
    known = Rebalance.objects.filter(pk=rebalance_id).values_list("index_id", flat=True).first()
    if known is None:
        raise NoSuchRebalance("There is no rebalance with this id.")
    index = _lock_index(known)
    return Rebalance.objects.select_for_update(of=("self",)).select_related("version").get(
        pk=rebalance_id
    ), index


def _require_order(found: Rebalance) -> None:
    earlier = (
        Rebalance.objects.filter(
            index_id=found.index_id, state__in=OPEN, reference_date__lt=found.reference_date
        )
        .order_by("reference_date")
        .first()
    )
    if earlier is not None:
        raise NotInOrder(
            f"The rebalance of {earlier.reference_date} is {earlier.state} and comes first.",
            next_step=earlier.reason or "Let it be applied.",
        )


def _lapse_older(found: Rebalance, actor: Actor, at: datetime) -> None:
    """What still waits for approval when the next period is decided will not take effect any more."""
    older = Rebalance.objects.select_for_update().filter(
        index_id=found.index_id, state="awaiting_approval", reference_date__lt=found.reference_date
    )
    for one in older.order_by("pk"):
        one.state = REBALANCE.after(one.state, "lapse")
        one.reason = f"Nobody had approved it when that of {found.reference_date} was decided."
        one.save(update_fields=["state", "reason"])
        record(
            actor=actor,
            action="rebalances.lapsed",
            subject=f"rebalance:{one.pk}",
            at=at,
            reason=one.reason,
            rows=essences(one),
        )
        _take_back(one, actor, at)


def _take_back(lapsed: Rebalance, actor: Actor, at: datetime) -> None:
    """Nobody is asked for a signature any more that would have no effect; only who asked can take it back."""
    asked = approvals.approval(lapsed.approval_id) if lapsed.approval_id else None
    if asked is not None and asked.open and asked.maker == str(actor):
        approving.withdraw(approval_id=asked.id, maker=actor, at=at, note=lapsed.reason)


def _stop(found: Rebalance, event: str, refused: Refused, actor: Actor, at: datetime) -> RebalanceFacts:
    before, reason = found.reason, refused.message
    found.state, found.reason = REBALANCE.after(found.state, event), reason
    found.save(update_fields=["state", "reason"])
    if before != reason:
        record(
            actor=actor,
            action=f"rebalances.{found.state}",
            subject=f"rebalance:{found.pk}",
            at=at,
            reason=reason,
            code=refused.code,
            rows=essences(found),
        )
    return rebalance_facts(found)


def _keep_constituents(
    found: Rebalance, seen: snapshot.Snapshot, decided: snapshot.Decided, previous: Mapping[str, int]
) -> list[Constituent]:
    caps = {one.symbol: one for one in seen.candidates}
    rows = [
        Constituent(
            rebalance=found,
            symbol=verdict.symbol,
            included=verdict.included,
            rank=verdict.rank,
            reasons=list(verdict.reasons),
            price=caps[verdict.symbol].price,
            market_cap=caps[verdict.symbol].market_cap,
            weight_ppb=decided.weights_ppb.get(verdict.symbol, 0),
            previous_ppb=previous.get(verdict.symbol, 0),
        )
        for verdict in decided.verdicts
    ]
    cash = decided.weights_ppb.get(valuation.CASH, 0)
    if cash or previous.get(valuation.CASH):
        rows.append(
            Constituent(
                rebalance=found,
                symbol=valuation.CASH,
                included=cash > 0,
                reasons=["the part that the method leaves in cash"],
                weight_ppb=cash,
                previous_ppb=previous.get(valuation.CASH, 0),
            )
        )
    return Constituent.objects.bulk_create(rows)


def _ask(found: Rebalance, weights_ppb: Mapping[str, int], actor: Actor, at: datetime) -> UUID:
    facts: dict[str, Any] = {
        "index": str(found.index_id),
        "reference_date": found.reference_date.isoformat(),
        "effective_date": found.effective_date.isoformat(),
        "snapshot": found.snapshot,
        "weights_ppb": {symbol: str(share) for symbol, share in sorted(weights_ppb.items())},
    }
    return approving.request_approval(
        action="index.approve",
        subject=f"rebalance:{found.pk}",
        organisation=None,
        maker=actor,
        facts=facts,
        at=at,
    )


def _take_decision(found: Rebalance, actor: Actor, at: datetime) -> None:
    if found.approval_id is None:
        return
    asked = approvals.approval(found.approval_id)
    if asked.open:
        return
    event = "approve" if asked.state == "approved" else "reject"
    found.state = REBALANCE.after(found.state, event)
    found.reason = "" if event == "approve" else asked.note or "Rejected."
    if event == "approve":
        found.effective_date = max(found.effective_date, at.date(), _first_free_day(found))
    found.save(update_fields=["state", "reason", "effective_date"])
    record(
        actor=actor,
        action=f"rebalances.{found.state}",
        subject=f"rebalance:{found.pk}",
        at=at,
        reason=found.reason,
        effective_date=found.effective_date.isoformat(),
        rows=essences(found),
    )


def _waits_before(found: Rebalance) -> Rebalance | None:
    """The first earlier rebalance of the index that waits for its signature."""
    return (
        Rebalance.objects.filter(
            index_id=found.index_id, state="awaiting_approval", reference_date__lt=found.reference_date
        )
        .order_by("reference_date")
        .first()
    )


def _first_free_day(found: Rebalance) -> date:
    """The day after the last basket or signed rebalance: two that were signed on one day take effect one by one."""
    taken = Rebalance.objects.filter(index_id=found.index_id, state__in=("approved", "applied", "held"))
    last = taken.exclude(pk=found.pk).aggregate(last=Max("effective_date"))["last"]
    return found.effective_date if last is None else last + timedelta(days=1)
