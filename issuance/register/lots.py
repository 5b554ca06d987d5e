"""
What stands beside the ledger: the lots of each holding, and the holders of record with their counts. Called by this
room's services alone, inside the transaction of the movement.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import F

from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.rule import RuleSet
from issuance.domain.lots import Lot as DomainLot
from issuance.domain.lots import take
from issuance.register.facts import Intended, LotTerms
from issuance.register.models import HolderCount, HolderOfRecord, Lot, LotEntry, Movement


def move_lots(row: Movement, intended: Intended, terms: LotTerms, facts: Facts, rules: RuleSet) -> None:
    """
    Make the new lot of an issue; for a transfer or a redemption take from the giver's oldest lots that every rule
    about lots lets go. They go on with the receiver under their own dates; what an affiliate sells begins anew,
    because a holding period runs from the purchase of the issuer or of its affiliate (17 CFR 230.144(d)(1)).

    raises  NotEnoughUnrestricted
    """
    if not intended.source:
        _new_lot(row, intended.target, intended.quantity, terms, facts)
        return
    lots: tuple[DomainLot, ...] = facts.sender.lots if facts.sender else ()
    origins: Mapping[str, Lot] = {
        str(lot.pk): lot for lot in Lot.objects.filter(pk__in=[lot.key for lot in lots])
    }
    today, released = facts.on, rules.releases(facts)
    sold = intended.kind == "transfer" and intended.amount_minor is not None
    for part in take(
        lots,
        intended.quantity,
        free=lambda lot: (lot.locked_until is None or lot.locked_until <= today) and released(lot),
    ):
        origin = origins[part.lot.key]
        LotEntry.objects.create(lot=origin, movement=row, quantity=-part.quantity)
        if intended.target:
            same = LotTerms(
                exemption=origin.exemption,
                price_minor=origin.price_minor,
                acquired_on=facts.on if origin.affiliate and sold else origin.acquired_on,
                affiliate=origin.affiliate and not sold,
                locked_until=origin.locked_until,
            )
            _new_lot(row, intended.target, part.quantity, same, facts, origin=origin)


def _new_lot(
    row: Movement, holder: str, quantity: int, terms: LotTerms, facts: Facts, origin: Lot | None = None
) -> None:
    lot = Lot.objects.create(
        security_id=row.security_id,
        holder=holder,
        movement=row,
        origin=origin,
        acquired_on=terms.acquired_on or facts.on,
        exemption=terms.exemption,
        price_minor=terms.price_minor,
        affiliate=terms.affiliate,
        locked_until=terms.locked_until,
    )
    LotEntry.objects.create(lot=lot, movement=row, quantity=quantity)


def keep_counts(security_id: UUID, facts: Facts) -> None:
    """Keep the holders of record and their counts: a receiver as his claims say today, a seller of everything gone."""
    sender, receiver = facts.sender, facts.receiver
    if sender is not None and sender.holding == facts.quantity:
        row = HolderOfRecord.objects.filter(
            security_id=security_id, holder=sender.holder, active=True
        ).first()
        if row is not None:
            row.active = False
            row.save(update_fields=["active"])
            _add(security_id, row.country, row.accredited, -1)
    if receiver is None:
        return
    row = HolderOfRecord.objects.filter(security_id=security_id, holder=receiver.holder).first()
    if row is not None and row.active:
        _add(security_id, row.country, row.accredited, -1)
    row = row or HolderOfRecord(security_id=security_id, holder=receiver.holder)
    row.country, row.accredited, row.active = receiver.country, receiver.accredited, True
    row.save()
    _add(security_id, row.country, row.accredited, 1)


def _add(security_id: UUID, country: str, accredited: bool, by: int) -> None:
    row, _ = HolderCount.objects.get_or_create(
        security_id=security_id, country=country, accredited=accredited
    )
    HolderCount.objects.filter(pk=row.pk).update(holders=F("holders") + by)
