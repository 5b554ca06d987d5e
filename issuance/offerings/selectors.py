"""Reads of offerings and subscriptions."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from investors.accreditation.selectors import claims_of
from investors.domain.claims import Missing
from issuance.domain.allotment import consideration
from issuance.offerings.facts import OfferingFacts, Progress, SignatureFacts, SubscriptionFacts
from issuance.offerings.models import Offering, Signature, Subscription
from issuance.register.facts import Pending
from issuance.register.selectors import active_holders
from portal.domain.errors import NotFound
from portal.ledger import selectors as ledger

WAITING = ("reserved", "allotted")


class NoSuchOffering(NotFound):
    """There is no offering with this id, or none that the reader may know of."""

    code = "no-such-offering"


class NoSuchSubscription(NotFound):
    """There is no subscription with this id, or none that the reader may know of."""

    code = "no-such-subscription"


def offering(offering_id: UUID) -> OfferingFacts:
    """raises  NoSuchOffering"""
    found = _offerings().filter(pk=offering_id).first()
    if found is None:
        raise NoSuchOffering("There is no offering with this id.")
    return offering_facts(found)


def offerings(
    *, states: Collection[str] | None = None, issuer_ids: Collection[UUID] | None = None
) -> list[OfferingFacts]:
    """Latest opening first; narrowed where asked."""
    found = _offerings()
    if states is not None:
        found = found.filter(state__in=states)
    if issuer_ids is not None:
        found = found.filter(security__issuer_id__in=issuer_ids)
    return [offering_facts(row) for row in found]


def missing_for(one: OfferingFacts, investor_id: UUID, *, on: date) -> tuple[Missing, ...]:
    """
    What keeps an investor from buying in this offering on a day; empty when his claims allow it.

    raises  NoSuchInvestor
    """
    claims = claims_of(investor_id, on=on, issuer_id=one.issuer_id)
    return claims.missing_for(accredited=one.exemption != "Reg S", verified=one.exemption == "506(c)")


def progress(offerings: Iterable[OfferingFacts]) -> dict[UUID, Progress]:
    """How these offerings stand, in one query: paid and reserved apart."""
    known = list(offerings)
    rows = (
        Subscription.objects.filter(offering_id__in=[one.id for one in known])
        .order_by()
        .values("offering_id")
        .annotate(
            paid=Sum("paid_minor", filter=Q(state="settled")),
            paid_units=Sum("allotted_quantity", filter=Q(state="settled")),
            reserved=Sum("amount_minor", filter=Q(state__in=WAITING)),
            reserved_units=Sum("quantity", filter=Q(state__in=WAITING)),
            investors=Count("investor", distinct=True, filter=Q(state__in=("settled", *WAITING))),
        )
    )
    sums: dict[UUID, dict[str, Any]] = {row["offering_id"]: row for row in rows}
    return {one.id: _progress(one, sums.get(one.id, {})) for one in known}


def _progress(one: OfferingFacts, row: dict[str, Any]) -> Progress:
    def money(quantity: int) -> int:
        return consideration(quantity, price_minor=one.price_minor, scale=one.scale)

    return Progress(
        paid_minor=row.get("paid") or 0,
        reserved_minor=row.get("reserved") or 0,
        paid_quantity=row.get("paid_units") or 0,
        reserved_quantity=row.get("reserved_units") or 0,
        min_minor=None if one.min_quantity is None else money(one.min_quantity),
        max_minor=money(one.max_quantity),
        investors=row.get("investors") or 0,
    )


def subscription(subscription_id: UUID) -> SubscriptionFacts:
    """raises  NoSuchSubscription"""
    found = _subscriptions().filter(pk=subscription_id).first()
    if found is None:
        raise NoSuchSubscription("There is no subscription with this id.")
    return subscription_facts(found)


def signature(subscription_id: UUID) -> SignatureFacts:
    """raises  NoSuchSubscription"""
    row = Signature.objects.filter(subscription_id=subscription_id).first()
    if row is None:
        raise NoSuchSubscription("There is no subscription with this id.")
    return SignatureFacts(
        subscription_id=row.subscription_id,
        signer=row.signer,
        typed_name_sha256=row.typed_name_sha256,
        agreement_sha256=row.agreement_sha256,
        risks_acknowledged=row.risks_acknowledged,
        origin=row.origin,
        signed_at=row.signed_at,
    )


def subscriptions(
    *,
    offering_id: UUID | None = None,
    investor: str | None = None,
    states: Collection[str] | None = None,
    limit: int = 500,
) -> list[SubscriptionFacts]:
    """Newest first; narrowed where asked."""
    found = _subscriptions().order_by("-subscribed_at", "-number")
    if offering_id is not None:
        found = found.filter(offering_id=offering_id)
    if investor is not None:
        found = found.filter(investor=investor)
    if states is not None:
        found = found.filter(state__in=states)
    return [subscription_facts(row) for row in found[:limit]]


def pending(row: Offering, investor: str) -> Pending:
    """
    What is subscribed for on the offering's security and not settled: it uses up limits until it is.

    Where an offering allots pro rata, more may be asked for than there is; its maximum was weighed against the
    authorised number when it opened, so that only other offerings' demand counts as quantity here.
    """
    waiting = Subscription.objects.filter(offering__security_id=row.security_id, state__in=WAITING)
    serial = waiting.filter(offering__method=Offering.Method.FIRST_COME)
    newcomers = waiting.exclude(investor__in=active_holders(row.security_id))
    plain = newcomers.filter(accredited=False)
    return Pending(
        quantity=serial.aggregate(total=Sum("quantity"))["total"] or 0,
        holders=newcomers.aggregate(n=Count("investor", distinct=True))["n"],
        non_accredited=plain.aggregate(n=Count("investor", distinct=True))["n"],
        own_quantity=waiting.filter(investor=investor).aggregate(total=Sum("quantity"))["total"] or 0,
    )


def waiting_chunks(offering_id: UUID, *, size: int) -> list[int]:
    """Numbers of the chunks that still have a subscription to settle or to release."""
    numbers = Subscription.objects.filter(offering_id=offering_id, state__in=WAITING).values_list(
        "number", flat=True
    )
    return sorted({(number - 1) // size for number in numbers})


def unfinished() -> list[tuple[UUID, str]]:
    """Offerings whose settlement or refund is under way, with their state: what the sweeper looks after."""
    rows = Offering.objects.filter(state__in=("closed", "cancelling")).order_by("pk")
    return [(row.pk, row.state) for row in rows]


def free_cash(owner: str, currency: str) -> int:
    """What an owner can pay with now, in minor units: his cash account without what is set aside."""
    account = ledger.account_id(owner=owner, instrument_id=ledger.instrument(currency).id, purpose="cash")
    return ledger.balance(account).available if account is not None else 0


def _offerings() -> Any:
    return Offering.objects.select_related("security__issuer", "security__token")


def _subscriptions() -> Any:
    return Subscription.objects.select_related("offering__security")


def offering_facts(row: Offering) -> OfferingFacts:
    security = row.security
    return OfferingFacts(
        id=row.pk,
        security_id=security.pk,
        security_code=security.code,
        security_name=security.name,
        issuer_id=security.issuer_id,
        issuer_name=security.issuer.legal_name,
        name=row.name,
        summary=row.summary,
        agreement=row.agreement,
        agreement_sha256=row.agreement_sha256,
        exemption=row.exemption,
        exemption_label=row.get_exemption_display(),
        method=row.method,
        method_label=row.get_method_display(),
        scale=security.scale,
        currency=security.currency,
        price_minor=row.price_minor,
        step=row.step,
        min_quantity=row.min_quantity,
        max_quantity=row.max_quantity,
        min_investment_minor=row.min_investment_minor,
        max_investment_minor=row.max_investment_minor,
        lock_up_days=row.lock_up_days,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        state=row.state,
        token=security.token.identifier,
    )


def subscription_facts(row: Subscription) -> SubscriptionFacts:
    return SubscriptionFacts(
        id=row.pk,
        offering_id=row.offering_id,
        offering_name=row.offering.name,
        security_code=row.offering.security.code,
        number=row.number,
        investor=row.investor,
        quantity=row.quantity,
        amount_minor=row.amount_minor,
        currency=row.offering.security.currency,
        scale=row.offering.security.scale,
        state=row.state,
        allotted_quantity=row.allotted_quantity,
        paid_minor=row.paid_minor,
        decision_id=row.decision_id,
        movement_id=row.movement_id,
        subscribed_at=row.subscribed_at,
        done_at=row.done_at,
    )
