"""What the rules are given: read under the register's lock, in few queries, and only what a rule asks for."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import TruncDate

from investors.accreditation.selectors import claims_of_many
from investors.domain.claims import Claims
from investors.profiles.selectors import NoSuchInvestor
from issuance.compliance.approvals import unused
from issuance.domain.compliance.facts import Count, Dated, Facts, Party, Purchase, SecurityState
from issuance.domain.compliance.needs import NOTHING, Needs
from issuance.domain.lots import Lot as DomainLot
from issuance.register.facts import Intended
from issuance.register.models import HolderOfRecord, LotEntry, Movement
from issuance.register.selectors import counts
from issuance.securities.facts import SecurityFacts
from portal.ledger import selectors as ledger

DAY = TruncDate("effective_at", tzinfo=UTC)


def gather(security: SecurityFacts, intended: Intended, *, at: datetime, needs: Needs = NOTHING) -> Facts:
    """
    Everything the rules may ask about an intended movement. Under the register's lock it is also what will be
    written; without it, a look ahead.

    needs   what the rules ask for beside what always is
    raises  NoSuchInvestor
    """
    pending = intended.pending
    claims = _claims(security, [intended.source, intended.target], at)
    state = state_of(security, at=at, needs=needs)
    known = state.counted
    there = dict(known.by_country)
    for country, holders in pending.by_country.items():
        there[country] = there.get(country, 0) + holders
    state = replace(
        state,
        pending=pending.quantity,
        counted=Count(known.holders + pending.holders, known.non_accredited + pending.non_accredited, there),
        purchases=state.purchases + pending.purchases if needs.purchases else (),
        raised=state.raised + pending.raised if needs.raised else (),
    )
    sender = receiver = None
    if intended.source:
        sender = _party(security, intended.source, claims, with_lots=True)
        sender = replace(sender, affiliate=any(lot.affiliate for lot in sender.lots))
        if needs.sent:
            sender = replace(sender, sent=_sent(security.id, intended.source, _since(at, needs.sent)))
    if intended.target:
        receiver = replace(
            _party(security, intended.target, claims, with_lots=False),
            pending=pending.own_quantity,
            income_minor=intended.income_minor,
            net_worth_minor=intended.net_worth_minor,
        )
        if needs.bought:
            bought = _bought(intended.target, _since(at, needs.bought))
            receiver = replace(receiver, bought=bought + pending.own_bought)
    return Facts(
        kind=intended.kind,  # type: ignore[arg-type]
        security=state,
        quantity=intended.quantity,
        at=at,
        on=at.astimezone(UTC).date(),
        amount_minor=intended.amount_minor,
        sender=sender,
        receiver=receiver,
        offering=intended.offering,
        cash_minor=intended.cash_minor,
        resale=intended.resale,
        cause=intended.cause,
        approved_by=_approved(security, intended, needs),
    )


def state_of(security: SecurityFacts, *, at: datetime, needs: Needs = NOTHING) -> SecurityState:
    """What the rules ask about the security itself, without what is subscribed for."""
    account = ledger.balance_of(owner=security.issuer_owner, code=security.code, purpose="issued")
    return SecurityState(
        code=security.code,
        scale=security.scale,
        authorised=security.authorised,
        issued=-account.posted if account else 0,
        counted=counts(security.id),
        paused=security.state == "paused",
        reporting=security.reporting,
        first_issued_on=_first(security.id) if needs.first else None,
        traded=_traded(security.id, _since(at, needs.traded)) if needs.traded else (),
        raised=_raised(security.issuer_id, _since(at, needs.raised)) if needs.raised else (),
        purchases=_purchases(security.issuer_id, _since(at, needs.purchases)) if needs.purchases else (),
        present=_present(security.id, needs.named) if needs.named else frozenset(),
    )


def holders(security: SecurityFacts, *, at: datetime, limit: int) -> list[Party]:
    """Holders of a security as they stand, with their claims of the day, in the order of their texts; at most so many."""
    rows = ledger.balances(instrument_id=security.instrument_id, purpose="holding")
    held = sorted((row.owner, row.posted) for row in rows if row.posted)[:limit]
    claims = _claims(security, [owner for owner, _ in held], at)
    return [Party(owner, claims.get(owner), quantity) for owner, quantity in held]


def _since(at: datetime, days: int) -> datetime:
    """The first instant of the earliest day that can count."""
    day = at.astimezone(UTC).date()
    back = min(days, day.toordinal() - 1)
    return datetime.combine(day - timedelta(days=back), time.min, UTC)


def _party(
    security: SecurityFacts, holder: str, claims: dict[str, Claims | None], *, with_lots: bool
) -> Party:
    row = HolderOfRecord.objects.filter(security_id=security.id, holder=holder).first()
    held = 0
    if row is not None and row.active:
        account = ledger.balance_of(owner=holder, code=security.code, purpose="holding")
        held = account.posted if account else 0
    return Party(
        holder=holder,
        claims=claims.get(holder),
        holding=held,
        lots=_lots(security.id, holder) if with_lots and held else (),
        frozen=bool(row and row.frozen),
        frozen_quantity=row.frozen_quantity if row else 0,
    )


def _lots(security_id: UUID, holder: str) -> tuple[DomainLot, ...]:
    columns = ("acquired_on", "exemption", "price_minor", "affiliate", "locked_until")
    rows = (
        LotEntry.objects.filter(lot__security_id=security_id, lot__holder=holder)
        .values("lot", *(f"lot__{column}" for column in columns))
        .annotate(left=Sum("quantity"))
        .filter(left__gt=0)
        .order_by("lot__acquired_on", "lot")
    )
    return tuple(
        DomainLot(
            key=str(row["lot"]),
            quantity=int(row["left"]),
            **{column: row[f"lot__{column}"] for column in columns},
        )
        for row in rows
    )


def _claims(security: SecurityFacts, parties: Iterable[str], at: datetime) -> dict[str, Claims | None]:
    """Claims of all who are investors, in the queries of one. raises  NoSuchInvestor"""
    asked = {
        holder: UUID(holder.removeprefix("investor:")) for holder in parties if holder.startswith("investor:")
    }
    if not asked:
        return {}
    found = claims_of_many(sorted(asked.values()), on=at.astimezone(UTC).date(), issuer_id=security.issuer_id)
    if any(number not in found for number in asked.values()):
        raise NoSuchInvestor("There is no investor with this id.")
    return {holder: found[number] for holder, number in asked.items()}


# --- windows of the past ----------------------------------------------------------------------------------


def _dated(rows: Iterable[dict[str, Any]]) -> tuple[Dated, ...]:
    return tuple(
        Dated(row["day"], int(row["total"]), row.get("lots__exemption") or "") for row in rows if row["total"]
    )


def _sent(security_id: UUID, holder: str, since: datetime) -> tuple[Dated, ...]:
    rows = (
        LotEntry.objects.filter(
            lot__security_id=security_id,
            lot__holder=holder,
            quantity__lt=0,
            movement__kind="transfer",
            movement__effective_at__gte=since,
        )
        .values(day=TruncDate("movement__effective_at", tzinfo=UTC))
        .annotate(total=-Sum("quantity"))
        .order_by("day")
    )
    return _dated(rows)


def _traded(security_id: UUID, since: datetime) -> tuple[Dated, ...]:
    rows = Movement.objects.filter(security_id=security_id, kind="transfer", effective_at__gte=since)
    return _dated(rows.values(day=DAY).annotate(total=Sum("quantity")).order_by("day"))


def _bought(holder: str, since: datetime) -> tuple[Dated, ...]:
    rows = Movement.objects.filter(decision__holder=holder, kind="issue", effective_at__gte=since)
    by_day = rows.values("lots__exemption", day=DAY).annotate(total=Sum("consideration_minor"))
    return _dated(by_day.order_by("day", "lots__exemption"))


def _raised(issuer_id: UUID, since: datetime) -> tuple[Dated, ...]:
    rows = Movement.objects.filter(security__issuer_id=issuer_id, kind="issue", effective_at__gte=since)
    by_day = rows.values("lots__exemption", day=DAY).annotate(total=Sum("consideration_minor"))
    return _dated(by_day.order_by("day", "lots__exemption"))


def _purchases(issuer_id: UUID, since: datetime) -> tuple[Purchase, ...]:
    rows = Movement.objects.filter(
        security__issuer_id=issuer_id,
        kind="issue",
        effective_at__gte=since,
        lots__exemption="506(b)",
        decision__facts__receiver__claims__accredited=None,
    )
    return tuple(
        Purchase(holder, day, exemption)
        for holder, exemption, day in rows.annotate(day=DAY)
        .order_by("effective_at", "pk")
        .values_list("target", "lots__exemption", "day")
    )


def _first(security_id: UUID) -> Any:
    rows = Movement.objects.filter(security_id=security_id, kind="issue").order_by("number")
    return rows.annotate(day=DAY).values_list("day", flat=True).first()


def _present(security_id: UUID, named: frozenset[str]) -> frozenset[str]:
    rows = HolderOfRecord.objects.filter(security_id=security_id, holder__in=named, active=True)
    return frozenset(rows.values_list("holder", flat=True))


def _approved(security: SecurityFacts, intended: Intended, needs: Needs) -> tuple[str, ...]:
    if not needs.approvals or Movement.objects.filter(decision__subject=intended.subject).exists():
        return ()
    return unused(
        roles=needs.approvals,
        subject=intended.subject,
        security_id=security.id,
        kind=intended.kind,
        source=intended.source,
        target=intended.target,
        quantity=intended.quantity,
    )
