"""What others see of offerings and subscriptions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from issuance.domain.offering_terms import NewOffering
from portal.domain.actors import Actor

__all__ = ["Agreement", "NewOffering", "OfferingFacts", "Progress", "SignatureFacts", "SubscriptionFacts"]


@dataclass(frozen=True, slots=True)
class OfferingFacts:
    """Quantities in smallest units of the security, money in minor units of its currency; None is unlimited."""

    id: UUID
    security_id: UUID
    security_code: str
    security_name: str
    issuer_id: UUID
    issuer_name: str
    name: str
    summary: str
    agreement: str
    agreement_sha256: str
    exemption: str
    exemption_label: str
    method: str
    method_label: str
    scale: int
    currency: str
    price_minor: int
    step: int
    min_quantity: int | None
    max_quantity: int
    min_investment_minor: int | None
    max_investment_minor: int | None
    lock_up_days: int | None
    opens_at: datetime
    closes_at: datetime
    state: str
    token: str


@dataclass(frozen=True, slots=True)
class Progress:
    """
    How an offering stands, in minor units; nothing is rounded up.

    paid      settled: the money moved and the securities were issued
    reserved  set aside in subscribers' accounts, not paid yet
    """

    paid_minor: int
    reserved_minor: int
    paid_quantity: int
    reserved_quantity: int
    min_minor: int | None
    max_minor: int
    investors: int


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    id: UUID
    offering_id: UUID
    offering_name: str
    security_code: str
    number: int
    investor: str
    quantity: int
    amount_minor: int
    currency: str
    scale: int
    state: str
    allotted_quantity: int | None
    paid_minor: int | None
    decision_id: UUID
    movement_id: UUID | None
    subscribed_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """The record of a signature: who, when, from where, under which text."""

    subscription_id: UUID
    signer: str
    typed_name_sha256: str
    agreement_sha256: str
    risks_acknowledged: bool
    origin: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    What the investor agreed to when he signed.

    typed_name        as he typed it; only its hash is kept
    agreement_sha256  of the text that was shown to him; it has to be the offering's
    risks             he said that he may lose all of it and may not be able to sell
    signer            who signed
    """

    typed_name: str
    agreement_sha256: str
    risks: bool
    signer: Actor
