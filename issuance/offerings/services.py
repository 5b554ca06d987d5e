"""
Offerings from draft to settlement. An offering's row is locked before anything of it is decided, and the
register's row after it, always in this order.
"""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.db import transaction

from issuance.domain.allotment import consideration, quantity_for
from issuance.domain.compliance.facts import OfferingTerms
from issuance.domain.offering_terms import NewOffering, check
from issuance.offerings.facts import Agreement, OfferingFacts, SubscriptionFacts
from issuance.offerings.models import OFFERING_LIFECYCLE, Offering, Signature, Subscription
from issuance.offerings.selectors import (
    NoSuchSubscription,
    free_cash,
    offering_facts,
    pending,
    subscription_facts,
)
from issuance.offerings.settlement import REFUND, SETTLE, allot, finish, hand_out, locked, release_one, told
from issuance.register.facts import Assessed, Intended
from issuance.register.selectors import outstanding
from issuance.register.services import MovementRefused, assess
from issuance.securities.models import Security
from issuance.securities.selectors import NoSuchSecurity, security_facts
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, Invalid, Refused
from portal.domain.money import format_amount
from portal.ledger import selectors as ledger
from portal.ledger.services import KeyReused, open_account, reserve


class NotOpen(Conflict):
    """Subscriptions are taken while an offering is open."""

    code = "offering-not-open"


class SecurityNotActive(Conflict):
    """Only an active security is offered."""

    code = "security-not-active"


class MoreThanAuthorised(Refused):
    """The offerings of a security could sell more than is authorised."""

    code = "more-than-authorised"


class NotSigned(Invalid):
    """The agreement was not signed, or another text was."""

    code = "not-signed"


class AmountTooSmall(Invalid):
    """The amount buys nothing."""

    code = "amount-too-small"


class MinimumNotReached(Conflict):
    """An offering that has not reached its minimum cannot close; it can be cancelled."""

    code = "minimum-not-reached"


class StillOpen(Conflict):
    """An offering closes when its time has come, or when it is full."""

    code = "offering-still-open"


def create(*, terms: NewOffering, actor: Actor, at: datetime) -> OfferingFacts:
    """
    Draft an offering of a security.

    raises  Invalid naming the field, NoSuchSecurity
    """
    with transaction.atomic():
        security = _security(terms.security_id)
        check(terms, authorised=security.authorised, scale=security.scale)
        row = Offering.objects.create(
            security=security,
            name=terms.name.strip(),
            summary=terms.summary.strip(),
            agreement=terms.agreement.strip(),
            agreement_sha256=sha256_hex(terms.agreement.strip().encode()),
            exemption=terms.exemption,
            method=terms.method,
            price_minor=terms.price_minor,
            step=terms.step,
            min_quantity=terms.min_quantity,
            max_quantity=terms.max_quantity,
            min_investment_minor=terms.min_investment_minor,
            max_investment_minor=terms.max_investment_minor,
            lock_up_days=terms.lock_up_days,
            opens_at=terms.opens_at,
            closes_at=terms.closes_at,
            created_at=at,
            created_by=str(actor),
        )
        told(
            row,
            "offering.created",
            actor,
            at,
            exemption=row.exemption,
            price_minor=str(row.price_minor),
            max_quantity=str(row.max_quantity),
            agreement_sha256=row.agreement_sha256,
        )
    return offering_facts(row)


def open_offering(*, offering_id: UUID, actor: Actor, at: datetime) -> OfferingFacts:
    """
    Open an offering to subscriptions from its opening instant on.

    raises  NoSuchOffering, NotAllowedNow, SecurityNotActive, MoreThanAuthorised
    """
    with transaction.atomic():
        row = locked(offering_id)
        row.state = OFFERING_LIFECYCLE.after(row.state, "open")
        security = Security.objects.select_for_update().get(pk=row.security_id)
        if security.state != "active":
            raise SecurityNotActive(
                f"{security.code} is {security.state}; activate it before it is offered.", field="security"
            )
        _refuse_overselling(row, security)
        row.save(update_fields=["state"])
        told(row, "offering.opened", actor, at)
    return offering_facts(row)


def subscribe(
    *,
    key: str,
    offering_id: UUID,
    investor_id: UUID,
    amount_minor: int | None = None,
    quantity: int | None = None,
    agreement: Agreement,
    actor: Actor,
    at: datetime,
) -> SubscriptionFacts:
    """
    Subscribe for an amount or for a quantity: the rules are asked and their answer is kept, the cash is set
    aside, the signature is recorded.

    key     unique for ever; the same key and body again returns the first subscription
    amount_minor, quantity  one of the two; an amount buys as many whole steps as it can
    raises  SubscriptionRefused = MovementRefused with the decision that says everything that is missing (it is
            kept, and nothing else is), NotOpen, NotSigned, AmountTooSmall, NoSuchOffering, NoSuchInvestor, KeyReused
    """
    with transaction.atomic():
        row = locked(offering_id)
        asked = _quantity(row, amount_minor, quantity)
        known = Subscription.objects.filter(key=key).first()
        if known is not None:
            return _replay(known, row, investor_id, asked)
        if row.state != "open":
            raise NotOpen(
                f"This offering is {row.get_state_display()}; it takes no subscriptions.", field="offering"
            )
        _check_signature(row, agreement)
        number, subject = uuid4(), f"investor:{investor_id}"
        intended = _intended(row, number, subject, asked)
        answer = assess(intended=intended, actor=actor, at=at)
        if answer.decision.passed:
            made = _subscribe(key, row, number, intended, answer, agreement, actor, at)
            return subscription_facts(made)
        told(
            row,
            "offering.subscription_refused",
            actor,
            at,
            decision=str(answer.decision.id),
            investor=subject,
        )
    raise MovementRefused(answer.decision)


def withdraw(*, subscription_id: UUID, investor_id: UUID, actor: Actor, at: datetime) -> SubscriptionFacts:
    """
    An investor takes his subscription back while the offering is open; the cash is free again.

    raises  NoSuchSubscription (somebody else's too), NotOpen, NotAllowedNow
    """
    with transaction.atomic():
        found = Subscription.objects.filter(pk=subscription_id, investor=f"investor:{investor_id}").first()
        if found is None:
            raise NoSuchSubscription("There is no subscription with this id.")
        row = locked(found.offering_id)
        one = Subscription.objects.select_for_update().get(pk=subscription_id)
        if row.state != "open":
            raise NotOpen(f"This offering is {row.get_state_display()}; subscriptions in it are binding.")
        release_one(one, row, "withdraw", actor, at)
        row.save(update_fields=["subscribed_quantity"])
    return subscription_facts(one)


def close(*, offering_id: UUID, actor: Actor, at: datetime) -> OfferingFacts:
    """
    Close an offering and allot; workers then settle chunk by chunk, delivery against payment.

    raises  NoSuchOffering, NotAllowedNow, StillOpen before its end unless it is full, MinimumNotReached
    """
    with transaction.atomic():
        row = locked(offering_id)
        state = OFFERING_LIFECYCLE.after(row.state, "close")
        if at < row.closes_at and row.subscribed_quantity < row.max_quantity:
            raise StillOpen(
                f"This offering takes subscriptions until {row.closes_at:%d %b %Y, %H:%M} UTC and is not full.",
                next_step="Wait until then, or cancel it.",
            )
        if row.min_quantity is not None and row.subscribed_quantity < row.min_quantity:
            scale = row.security.scale
            raise MinimumNotReached(
                f"{format_amount(row.subscribed_quantity, scale=scale)} are subscribed; the minimum is "
                f"{format_amount(row.min_quantity, scale=scale)}.",
                next_step="Cancel it: every subscriber's cash is freed.",
            )
        allotted = allot(row)
        row.state, row.closed_at = state, at
        row.save(update_fields=["state", "closed_at"])
        hand_out(row, SETTLE, at)
        told(
            row, "offering.closed", actor, at, allotted=str(allotted), subscribed=str(row.subscribed_quantity)
        )
        finish(row, actor, at)
    return offering_facts(row)


def cancel(*, offering_id: UUID, reason: str, actor: Actor, at: datetime) -> OfferingFacts:
    """
    Cancel an offering; workers free every subscriber's cash chunk by chunk.

    raises  NoSuchOffering, NotAllowedNow, Invalid without a reason
    """
    if not reason.strip():
        raise Invalid("Write why; the subscribers read it.", field="reason")
    with transaction.atomic():
        row = locked(offering_id)
        row.state = OFFERING_LIFECYCLE.after(row.state, "cancel")
        row.closed_at = at
        row.save(update_fields=["state", "closed_at"])
        told(row, "offering.cancelled", actor, at, reason=reason.strip())
        if row.state == "cancelling":
            hand_out(row, REFUND, at)
            finish(row, actor, at)
    return offering_facts(row)


def _security(security_id: UUID) -> Security:
    found = Security.objects.select_related("issuer", "token").filter(pk=security_id).first()
    if found is None:
        raise NoSuchSecurity("There is no security with this id.")
    return found


def _refuse_overselling(row: Offering, security: Security) -> None:
    if security.authorised is None:
        return
    issued = outstanding(security_facts(_security(security.pk)))
    others = Offering.objects.filter(security=security, state__in=("open", "closed")).exclude(pk=row.pk)
    offered = sum(others.values_list("max_quantity", flat=True))
    if issued + offered + row.max_quantity > security.authorised:
        scale = security.scale
        room = max(security.authorised - issued - offered, 0)
        raise MoreThanAuthorised(
            f"{format_amount(row.max_quantity, scale=scale)} would be offered; of "
            f"{format_amount(security.authorised, scale=scale)} authorised {format_amount(room, scale=scale)} are free.",
            field="max_quantity",
            next_step="Offer less, or have more authorised.",
        )


# --- subscribing ----------------------------------------------------------------------------------------


def _quantity(row: Offering, amount_minor: int | None, quantity: int | None) -> int:
    if (amount_minor is None) == (quantity is None):
        raise Invalid("Give either an amount or a quantity.", field="amount")
    scale = row.security.scale
    if amount_minor is not None:
        if amount_minor <= 0:
            raise Invalid("The amount has to be above zero.", field="amount")
        quantity = quantity_for(amount_minor, price_minor=row.price_minor, scale=scale, step=row.step)
        if not quantity:
            least = consideration(row.step, price_minor=row.price_minor, scale=scale)
            raise AmountTooSmall(
                f"{format_amount(amount_minor, scale=2)} buys nothing; the smallest part costs "
                f"{format_amount(least, scale=2)}.",
                field="amount",
            )
    assert quantity is not None
    if quantity <= 0 or quantity % row.step:
        raise Invalid(
            f"The quantity has to be above zero, in steps of {format_amount(row.step, scale=scale)}.",
            field="quantity",
        )
    if quantity > 10**32:
        raise Invalid("The quantity is larger than anything that could be issued.", field="quantity")
    return quantity


def _replay(known: Subscription, row: Offering, investor_id: UUID, quantity: int) -> SubscriptionFacts:
    if (known.offering_id, known.investor, known.quantity) != (row.pk, f"investor:{investor_id}", quantity):
        raise KeyReused("Another subscription was made under this key. Nothing was changed.", field="key")
    return subscription_facts(known)


def _check_signature(row: Offering, agreement: Agreement) -> None:
    if not agreement.risks:
        raise NotSigned("Say that you may lose all of it and may not be able to sell.", field="risks")
    if not agreement.typed_name.strip() or len(agreement.typed_name) > 200:
        raise NotSigned("Type your full name to sign the subscription agreement.", field="typed_name")
    if agreement.agreement_sha256 != row.agreement_sha256:
        raise NotSigned(
            "The agreement has changed since it was shown to you; nothing was signed.",
            field="typed_name",
            next_step="Read it again and sign the new text.",
        )


def _intended(row: Offering, number: UUID, investor: str, quantity: int) -> Intended:
    security = row.security
    amount = consideration(quantity, price_minor=row.price_minor, scale=security.scale)
    remaining = None
    if row.method == Offering.Method.FIRST_COME:
        remaining = max(row.max_quantity - row.subscribed_quantity, 0)
    return Intended(
        kind="issue",
        security_id=security.pk,
        quantity=quantity,
        subject=f"subscription:{number}",
        target=investor,
        amount_minor=amount,
        cash_minor=free_cash(investor, security.currency),
        offering=OfferingTerms(
            exemption=row.exemption,
            opens_at=row.opens_at.astimezone(UTC),
            closes_at=row.closes_at.astimezone(UTC),
            min_investment_minor=row.min_investment_minor,
            max_investment_minor=row.max_investment_minor,
            remaining=remaining,
        ),
        pending=pending(row, investor),
    )


def _subscribe(
    key: str,
    row: Offering,
    number: UUID,
    intended: Intended,
    answer: Assessed,
    agreement: Agreement,
    actor: Actor,
    at: datetime,
) -> Subscription:
    assert intended.amount_minor is not None
    cash = open_account(
        owner=intended.target, instrument_id=ledger.instrument(row.security.currency).id, purpose="cash"
    )
    held = reserve(
        key=intended.subject,
        account_id=cash,
        amount=intended.amount_minor,
        reference=f"offering:{row.pk}",
        actor=actor,
        at=at,
    )
    row.subscribers += 1
    row.subscribed_quantity += intended.quantity
    row.save(update_fields=["subscribers", "subscribed_quantity"])
    made = Subscription.objects.create(
        pk=number,
        key=key,
        offering=row,
        number=row.subscribers,
        investor=intended.target,
        accredited=answer.receiver_accredited,
        quantity=intended.quantity,
        amount_minor=intended.amount_minor,
        decision_id=answer.decision.id,
        reservation_id=held,
        subscribed_at=at,
    )
    Signature.objects.create(
        subscription=made,
        signer=str(agreement.signer),
        typed_name_sha256=sha256_hex(agreement.typed_name.strip().encode()),
        agreement_sha256=agreement.agreement_sha256,
        risks_acknowledged=agreement.risks,
        origin=agreement.signer.origin,
        session=agreement.signer.session,
        signed_at=at,
    )
    told(
        row,
        "offering.subscribed",
        actor,
        at,
        subscription=str(made.pk),
        investor=made.investor,
        quantity=str(made.quantity),
        amount_minor=str(made.amount_minor),
        decision=str(made.decision_id),
        agreement_sha256=agreement.agreement_sha256,
    )
    return made
