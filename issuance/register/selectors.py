"""
Reads of the register. Quantities come from the ledger, now or as of any past instant: there is no cap table to
keep up to date.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count as RowCount
from django.db.models import Sum

from issuance.domain.cap_table import CapTable, Position, cap_table
from issuance.domain.compliance.facts import Count
from issuance.domain.lots import Lot as DomainLot
from issuance.register.facts import HoldingFacts, LotFacts, LotStep, MovementFacts
from issuance.register.models import HolderCount, HolderOfRecord, Lot, LotEntry, Movement
from issuance.securities.facts import SecurityFacts
from issuance.securities.selectors import securities
from portal.domain.errors import NotFound
from portal.ledger import selectors as ledger

PPM = 1_000_000


class NoSuchMovement(NotFound):
    """There is no movement with this id, or none that the reader may know of."""

    code = "no-such-movement"


def holdings(security: SecurityFacts, *, as_of: datetime | None = None) -> dict[str, int]:
    """holder -> smallest units > 0 of one security, now or as they were at an instant, in the order of holders."""
    rows = ledger.balances(instrument_id=security.instrument_id, purpose="holding", as_of=as_of)
    return {row.owner: row.posted for row in sorted(rows, key=lambda row: row.owner) if row.posted}


def held(instrument_id: int, holder: str) -> int:
    """Smallest units of one security that a holder has now."""
    rows = ledger.balances(owner=holder, instrument_id=instrument_id, purpose="holding")
    return sum(row.posted for row in rows)


def outstanding(security: SecurityFacts, *, as_of: datetime | None = None) -> int:
    """Smallest units issued and not redeemed: what the issuer's side of the ledger owes."""
    rows = ledger.balances(instrument_id=security.instrument_id, purpose="issued", as_of=as_of)
    return -sum(row.posted for row in rows)


def cap_table_of(issuer_id: UUID, *, as_of: datetime | None = None) -> CapTable:
    """Who holds how much of each of an issuer's securities, by code, now or as of a past instant."""
    positions = [
        Position(security.code, holder, quantity)
        for security in securities(issuer_ids=[issuer_id])
        for holder, quantity in holdings(security, as_of=as_of).items()
    ]
    return cap_table(positions)


def holdings_of(holder: str) -> list[HoldingFacts]:
    """All positions of one holder, by code of the security."""
    rows = {
        row.instrument_id: row.posted
        for row in ledger.balances(owner=holder, purpose="holding")
        if row.posted
    }
    found = []
    for security in securities(instrument_ids=list(rows)):
        quantity, total = rows[security.instrument_id], outstanding(security)
        found.append(
            HoldingFacts(
                security_id=security.id,
                security_code=security.code,
                security_name=security.name,
                issuer_name=security.issuer_name,
                scale=security.scale,
                holder=holder,
                quantity=quantity,
                outstanding=total,
                share_ppm=quantity * PPM // total if total else 0,
            )
        )
    return found


def lots_of(security_id: UUID, holder: str) -> list[LotFacts]:
    """The lots of a holding that are not used up, oldest first."""
    rows = (
        LotEntry.objects.filter(lot__security_id=security_id, lot__holder=holder)
        .values("lot")
        .annotate(left=Sum("quantity"))
        .filter(left__gt=0)
    )
    left = {row["lot"]: row["left"] for row in rows}
    lots = Lot.objects.filter(pk__in=left).order_by("acquired_on", "pk")
    return [
        LotFacts(
            lot.pk,
            lot.acquired_on,
            lot.exemption,
            lot.price_minor,
            lot.locked_until,
            left[lot.pk],
            lot.affiliate,
        )
        for lot in lots
    ]


def domain_lots(security_id: UUID, holder: str) -> tuple[DomainLot, ...]:
    """The same as the rules look at them."""
    return tuple(
        DomainLot(
            key=str(lot.id),
            quantity=lot.quantity,
            acquired_on=lot.acquired_on,
            exemption=lot.exemption,
            price_minor=lot.price_minor,
            locked_until=lot.locked_until,
            affiliate=lot.affiliate,
        )
        for lot in lots_of(security_id, holder)
    )


def counts(security_id: UUID) -> Count:
    """Holders of record of a security as the limits count them, from the kept counts."""
    by_country: dict[str, int] = {}
    total = plain = 0
    for row in HolderCount.objects.filter(security_id=security_id, holders__gt=0):
        total += row.holders
        plain += 0 if row.accredited else row.holders
        by_country[row.country] = by_country.get(row.country, 0) + row.holders
    return Count(total, plain, by_country)


def recount(security_id: UUID) -> Count:
    """The same counted anew from the holders of record: what the kept counts have to agree with."""
    rows = (
        HolderOfRecord.objects.filter(security_id=security_id, active=True)
        .values("country", "accredited")
        .annotate(holders=RowCount("pk"))
    )
    by_country: dict[str, int] = {}
    total = plain = 0
    for row in rows:
        total += row["holders"]
        plain += 0 if row["accredited"] else row["holders"]
        by_country[row["country"]] = by_country.get(row["country"], 0) + row["holders"]
    return Count(total, plain, by_country)


def active_holders(security_id: UUID) -> Any:
    """Holder texts of everyone who holds the security now, as a query that others can narrow by."""
    return HolderOfRecord.objects.filter(security_id=security_id, active=True).values("holder")


def movement(movement_id: UUID) -> MovementFacts:
    """raises  NoSuchMovement"""
    found = Movement.objects.filter(pk=movement_id).first()
    if found is None:
        raise NoSuchMovement("There is no movement with this id.")
    return movement_facts(found)


def movements(
    *,
    security_ids: Collection[UUID] | None = None,
    holder: str | None = None,
    before: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
) -> list[MovementFacts]:
    """Lines of the register, newest first; narrowed where asked."""
    found = Movement.objects.order_by("-effective_at", "-number")
    if security_ids is not None:
        found = found.filter(security_id__in=security_ids)
    if holder is not None:
        found = found.filter(source=holder) | found.filter(target=holder)
    if before is not None:
        found = found.filter(effective_at__lt=before)
    if until is not None:
        found = found.filter(effective_at__lte=until)
    return [movement_facts(row) for row in found[:limit]]


def journal(security_id: UUID) -> list[MovementFacts]:
    """Every line of one register in its order: what `issuance.domain.cap_table.replay` is fed with."""
    return [
        movement_facts(row) for row in Movement.objects.filter(security_id=security_id).order_by("number")
    ]


def lot_steps(security_id: UUID) -> list[LotStep]:
    """Every lot's history of one security, in the order of the register."""
    rows = LotEntry.objects.filter(lot__security_id=security_id).select_related("lot", "movement")
    return [
        LotStep(
            number=row.movement.number,
            kind=row.movement.kind,
            lot_id=row.lot_id,
            origin_id=row.lot.origin_id,
            holder=row.lot.holder,
            quantity=row.quantity,
            acquired_on=row.lot.acquired_on,
            exemption=row.lot.exemption,
            price_minor=row.lot.price_minor,
            reason=row.movement.reason,
            consideration_minor=row.movement.consideration_minor,
            effective_at=row.movement.effective_at,
        )
        for row in rows.order_by("movement__number", "pk")
    ]


def movement_facts(row: Movement, *, replayed: bool = False) -> MovementFacts:
    return MovementFacts(
        id=row.pk,
        security_id=row.security_id,
        number=row.number,
        kind=row.kind,
        source=row.source,
        target=row.target,
        quantity=row.quantity,
        consideration_minor=row.consideration_minor,
        reason=row.reason,
        decision_id=row.decision_id,
        transaction_id=row.transaction_id,
        effective_at=row.effective_at,
        replayed=replayed,
    )
