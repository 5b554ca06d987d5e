"""
The one door through which a security moves: lock, gather the facts, ask the rules, keep the decision, post.

Every movement of a security first locks its register row, so that limits are counted and used in one step.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from issuance.compliance.facts import DecisionFacts
from issuance.compliance.selectors import binding
from issuance.compliance.services import decide
from issuance.domain.compliance.facts import Facts
from issuance.issuers.models import Issuer
from issuance.register.facts import (
    Assessed,
    Intended,
    LotTerms,
    MovementFacts,
    Payment,
)
from issuance.register.gathering import gather
from issuance.register.lots import keep_counts, move_lots
from issuance.register.models import HolderOfRecord, Movement, Register
from issuance.register.selectors import movement_facts
from issuance.securities.facts import SecurityFacts
from issuance.securities.models import Security
from issuance.securities.selectors import NoSuchSecurity, security_facts
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.decision import Decision
from portal.domain.errors import Conflict, Invalid, Refused
from portal.ledger.facts import Leg
from portal.ledger.services import KeyReused, open_account, post, settle


class MovementRefused(Refused):
    """The rules refused a movement; `decision` has every finding and is kept in the store."""

    code = "movement-refused"

    def __init__(self, facts: DecisionFacts) -> None:
        failures = facts.decision.failures
        first = failures[0]
        rest = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
        super().__init__(
            f"Refused: {first.message[:1].lower()}{first.message[1:]}"
            if not rest
            else f"Refused for {len(failures)} reasons, first: {first.message[:1].lower()}{first.message[1:]}",
            next_step=" ".join(dict.fromkeys(finding.remedy for finding in failures if finding.remedy)),
            source=first.source,
            reasons=[finding.message for finding in failures],
        )
        self.facts = facts

    @property
    def decision(self) -> Decision:
        return self.facts.decision

    @property
    def decision_id(self) -> UUID:
        return self.facts.id


class NotActive(Conflict):
    """Only an active security moves."""

    code = "security-not-active"


class SameHolder(Invalid):
    """Giver and receiver are the same."""

    code = "same-holder"


@dataclass(frozen=True, slots=True)
class _Case:
    """What was gathered under the lock."""

    facts: Facts
    decision: DecisionFacts


def assess(*, intended: Intended, actor: Actor, at: datetime) -> Assessed:
    """
    Ask the rules whether a movement may happen, under the security's lock, and keep the answer. Moves nothing.

    raises  NoSuchSecurity, NoSuchInvestor, NoRules, Invalid
    """
    with transaction.atomic():
        security = _lock(intended.security_id)
        case = _ask(security, intended, actor, at)
    receiver = case.facts.receiver
    return Assessed(
        decision=case.decision,
        receiver_country=receiver.country if receiver else "",
        receiver_accredited=bool(receiver and receiver.accredited),
        receiver_is_new=bool(receiver and receiver.holding == 0 and receiver.pending == 0),
    )


def issue(
    *, key: str, intended: Intended, lot: LotTerms, payment: Payment | None = None, actor: Actor, at: datetime
) -> MovementFacts:
    """
    Issue to a holder; with a payment, delivery against payment in one transaction.

    key      unique for ever; the same key again returns the first line
    raises   MovementRefused (the decision is kept), NotActive, KeyReused, InsufficientBalance, NoRules
    """
    return _move(key, intended, lot, payment, "", actor, at)


def transfer(
    *,
    key: str,
    intended: Intended,
    reason: str,
    payment: Payment | None = None,
    actor: Actor,
    at: datetime,
) -> MovementFacts:
    """
    Move from one holder to another. The lots move along, oldest free ones first, and keep their dates.

    raises  as `issue`, SameHolder, NotEnoughUnrestricted
    """
    return _move(key, intended, LotTerms(), payment, reason, actor, at)


def redeem(
    *,
    key: str,
    intended: Intended,
    reason: str,
    payment: Payment | None = None,
    actor: Actor,
    at: datetime,
) -> MovementFacts:
    """Take back from a holder and cancel. Raises as `transfer`."""
    return _move(key, intended, LotTerms(), payment, reason, actor, at)


def freeze(
    *,
    key: str,
    security_id: UUID,
    holder: str,
    quantity: int | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> MovementFacts:
    """
    Freeze a holder's whole holding (quantity None) or a quantity of it; it adds to what is frozen already.

    raises  NoSuchSecurity, Invalid without a reason or for one who holds nothing
    """
    return _freeze(key, security_id, holder, "freeze", quantity, reason, actor, at)


def unfreeze(
    *,
    key: str,
    security_id: UUID,
    holder: str,
    quantity: int | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> MovementFacts:
    """Lift a freeze, wholly (quantity None) or by a quantity. Raises as `freeze`."""
    return _freeze(key, security_id, holder, "unfreeze", quantity, reason, actor, at)


# --- the one way ----------------------------------------------------------------------------------------


def _move(
    key: str,
    intended: Intended,
    terms: LotTerms,
    payment: Payment | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> MovementFacts:
    if intended.source and intended.source == intended.target:
        raise SameHolder("Giver and receiver are the same holder; nothing would move.", field="receiver")
    with transaction.atomic():
        security = _lock(intended.security_id)
        known = Movement.objects.filter(key=key).first()
        if known is not None:
            return _replay(known, intended)
        if security.state != "active":
            raise NotActive(
                f"{security.code} is {security.state}; only an active security moves.", field="security"
            )
        case = _ask(security, intended, actor, at)
        if case.decision.passed:
            return _write(key, security, intended, terms, payment, reason, case, actor, at)
    raise MovementRefused(case.decision)


def _replay(known: Movement, intended: Intended) -> MovementFacts:
    same = (known.security_id, known.kind, known.source, known.target, known.quantity) == (
        intended.security_id,
        intended.kind,
        intended.source,
        intended.target,
        intended.quantity,
    )
    if not same:
        raise KeyReused("The register has another movement under this key. Nothing was changed.")
    return movement_facts(known, replayed=True)


def _lock(security_id: UUID) -> SecurityFacts:
    found = Security.objects.select_related("issuer", "token").filter(pk=security_id).first()
    if found is None:
        raise NoSuchSecurity("There is no security with this id.")
    Register.objects.get_or_create(security_id=security_id)
    Register.objects.select_for_update().get(security_id=security_id)
    found.refresh_from_db(fields=["state"])
    return security_facts(found)


def _ask(security: SecurityFacts, intended: Intended, actor: Actor, at: datetime) -> _Case:
    if intended.quantity <= 0:
        raise Invalid("The quantity has to be above zero.", field="quantity")
    sale = intended.offering.exemption if intended.offering else ""
    bound = binding(security.id, exemption=sale, resale=intended.resale)
    needs = bound.rules.needs()
    if needs.issuer_wide:
        # After the register, always: what counts over the issuer's other securities waits for this movement.
        Issuer.objects.select_for_update(no_key=True).only("pk").get(pk=security.issuer_id)
    facts = gather(security, intended, at=at, needs=needs)
    answer = decide(
        security_id=security.id, facts=facts, subject=intended.subject, actor=actor, at=at, bound=bound
    )
    return _Case(facts, answer)


def _write(
    key: str,
    security: SecurityFacts,
    intended: Intended,
    terms: LotTerms,
    payment: Payment | None,
    reason: str,
    case: _Case,
    actor: Actor,
    at: datetime,
) -> MovementFacts:
    legs = _security_legs(security, intended) + (payment.legs if payment else ())
    posting = {
        "key": f"movement:{key}",
        "kind": f"register.{intended.kind}",
        "reference": intended.subject,
        "legs": legs,
        "actor": actor,
        "at": at,
    }
    if payment is not None and payment.reservation_id is not None:
        posted = settle(reservation_id=payment.reservation_id, **posting)  # type: ignore[arg-type]
    else:
        posted = post(**posting)  # type: ignore[arg-type]
    row = Movement.objects.create(
        key=key,
        security_id=security.id,
        number=_next_number(security.id),
        kind=intended.kind,
        source=intended.source,
        target=intended.target,
        quantity=intended.quantity,
        consideration_minor=intended.amount_minor,
        reason=reason,
        decision_id=case.decision.id,
        transaction_id=posted.transaction_id,
        actor=str(actor),
        effective_at=posted.effective_at,
    )
    move_lots(row, intended, terms, case.facts, case.decision.rules)
    keep_counts(security.id, case.facts)
    _audit(row, security, actor, at)
    return movement_facts(row)


def _security_legs(security: SecurityFacts, intended: Intended) -> tuple[Leg, ...]:
    """From the giver (for an issue the issuer's issued account) to the receiver (for a redemption back there)."""

    def account(holder: str) -> int:
        owner, purpose = (holder, "holding") if holder else (security.issuer_owner, "issued")
        return open_account(owner=owner, instrument_id=security.instrument_id, purpose=purpose)

    return (
        Leg(account(intended.source), -intended.quantity),
        Leg(account(intended.target), intended.quantity),
    )


def _next_number(security_id: UUID) -> int:
    Register.objects.filter(security_id=security_id).update(movements=F("movements") + 1)
    return Register.objects.values_list("movements", flat=True).get(security_id=security_id)


def _freeze(
    key: str,
    security_id: UUID,
    holder: str,
    kind: str,
    quantity: int | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> MovementFacts:
    if not reason.strip():
        raise Invalid("Write which order stands behind it.", field="reason")
    if quantity is not None and quantity <= 0:
        raise Invalid("The quantity has to be above zero.", field="quantity")
    with transaction.atomic():
        security = _lock(security_id)
        known = Movement.objects.filter(key=key).first()
        if known is not None:
            return movement_facts(known, replayed=True)
        found = HolderOfRecord.objects.filter(security_id=security_id, holder=holder, active=True).first()
        if found is None:
            raise Invalid(f"This holder has nothing of {security.code}.", field="holder")
        if quantity is None:
            found.frozen = kind == "freeze"
            found.frozen_quantity = found.frozen_quantity if found.frozen else 0
        elif kind == "freeze":
            found.frozen_quantity += quantity
        else:
            found.frozen_quantity = max(found.frozen_quantity - quantity, 0)
        found.save(update_fields=["frozen", "frozen_quantity"])
        row = Movement.objects.create(
            key=key,
            security_id=security_id,
            number=_next_number(security_id),
            kind=kind,
            source=holder,
            quantity=quantity,
            reason=reason.strip(),
            actor=str(actor),
            effective_at=at,
        )
        _audit(row, security, actor, at)
    return movement_facts(row)


def _audit(row: Movement, security: SecurityFacts, actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action=f"register.{_PAST[row.kind]}",
        subject=f"movement:{row.pk}",
        organisation=security.issuer_id,
        reason=row.reason,
        at=at,
        security=str(security.id),
        number=row.number,
        source=row.source,
        target=row.target,
        quantity=None if row.quantity is None else str(row.quantity),
        decision=None if row.decision_id is None else str(row.decision_id),
        transaction=None if row.transaction_id is None else str(row.transaction_id),
    )


_PAST = {
    "issue": "issued",
    "transfer": "transferred",
    "redeem": "redeemed",
    "freeze": "frozen",
    "unfreeze": "unfrozen",
}
