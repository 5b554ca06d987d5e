"""Issuers, securities, offerings and holders for tests and demonstrations, made through the services only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from django.utils import timezone

from issuance.assets import services as assets
from issuance.assets.facts import AssetFacts
from issuance.compliance import services as compliance
from issuance.data_room import services as data_room
from issuance.data_room.facts import PaperFacts
from issuance.domain.compliance.catalogue import always, dump
from issuance.domain.compliance.rule import Rule
from issuance.issuers import services as issuers
from issuance.issuers.facts import IssuerFacts
from issuance.offerings import selectors as offering_reads
from issuance.offerings import services as offerings
from issuance.offerings import settlement
from issuance.offerings.facts import Agreement, NewOffering, OfferingFacts, SubscriptionFacts
from issuance.register import services as register
from issuance.register.facts import Intended, LotTerms, MovementFacts
from issuance.securities import services as securities
from issuance.securities.facts import SecurityFacts
from portal.accounts.facts import UserFacts
from portal.domain.actors import Actor
from portal.domain.roles import Role
from portal.funding import services as funding
from tests.factories import accounts
from tests.factories.investors import Approved, approved_investor, pdf

_number = count(1)
AGREEMENT = "I subscribe for the units named above, on the terms of the offering memorandum."
WORKER = Actor.worker("tests")


@dataclass(frozen=True)
class Issued:
    """An issuer with one administrator and one active security."""

    issuer: IssuerFacts
    admin: UserFacts
    asset: AssetFacts
    security: SecurityFacts

    @property
    def actor(self) -> Actor:
        return accounts.actor(self.admin)


def approved_issuer(
    name: str = "", *, at: datetime | None = None, admin: UserFacts | None = None, country: str = "US"
) -> tuple[IssuerFacts, UserFacts]:
    """An issuer that compliance has approved, and its administrator."""
    at = at or timezone.now()
    funding.define_currencies(actor=accounts.SETUP, at=at)
    person = admin or accounts.person()
    made = issuers.apply(
        legal_name=name or f"Harborview Logistics {next(_number)} LLC",
        country=country,
        applicant_id=person.id,
        actor=accounts.actor(person),
        at=at,
    )
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    return issuers.approve(
        issuer_id=made.id, note="Papers in order.", actor=accounts.actor(officer), at=at
    ), person


def active_security(
    *,
    at: datetime | None = None,
    code: str = "",
    scale: int = 0,
    authorised: int | None = 1_000_000,
    rules: list[Rule] | None = None,
    issuer: tuple[IssuerFacts, UserFacts] | None = None,
    reporting: bool = False,
) -> Issued:
    """A security that can be offered and issued, bound by the usual rules unless others are given; authorised in whole units."""
    at = at or timezone.now()
    one, admin = issuer or approved_issuer(at=at)
    me = accounts.actor(admin)
    asset = assets.record_asset(
        issuer_id=one.id,
        kind="real_estate",
        name=f"Logistics park {next(_number)}",
        record={"address": "18 Dock Road, Tacoma", "parcel": "0320-112", "valuation": "6000000.00"},
        actor=me,
        at=at,
    )
    made = securities.create(
        asset_id=asset.id,
        code=code or f"HARB{next(_number)}-B",
        name="Class B units",
        kind="common",
        scale=scale,
        authorised=None if authorised is None else authorised * 10**scale,
        reporting=reporting,
        actor=me,
        at=at,
    )
    compliance.adopt(
        security_id=made.id,
        rules=dump(always() if rules is None else rules),
        reason="As at issue.",
        actor=me,
        at=at,
    )
    return Issued(one, admin, asset, securities.activate(security_id=made.id, actor=me, at=at))


def open_offering(
    issued: Issued, *, at: datetime | None = None, days: int = 30, opened: bool = True, **terms: object
) -> OfferingFacts:
    """An offering under Rule 506(c) at 250.00 for a unit, 1,000 units, open since an hour ago."""
    at = at or timezone.now()
    given = {
        "security_id": issued.security.id,
        "name": f"Offering {next(_number)}",
        "exemption": "506(c)",
        "price_minor": 250_00,
        "max_quantity": 1_000 * 10**issued.security.scale,
        "opens_at": at - timedelta(hours=1),
        "closes_at": at + timedelta(days=days),
        "agreement": AGREEMENT,
    }
    made = offerings.create(terms=NewOffering(**{**given, **terms}), actor=issued.actor, at=at)  # type: ignore[arg-type]
    return offerings.open_offering(offering_id=made.id, actor=issued.actor, at=at) if opened else made


def subscribe(
    offering: OfferingFacts,
    who: Approved,
    *,
    at: datetime | None = None,
    key: str = "",
    amount_minor: int | None = None,
    quantity: int | None = None,
    **agreement: object,
) -> SubscriptionFacts:
    """Subscribe as an investor who has read and signed."""
    signed = {
        "typed_name": "Ada Quillfeather",
        "agreement_sha256": offering.agreement_sha256,
        "risks": True,
        "signer": who.actor,
    }
    return offerings.subscribe(
        key=key or str(uuid4()),
        offering_id=offering.id,
        investor_id=who.id,
        amount_minor=amount_minor,
        quantity=quantity,
        agreement=Agreement(**{**signed, **agreement}),  # type: ignore[arg-type]
        actor=who.actor,
        at=at or timezone.now(),
    )


def settle(offering: OfferingFacts, *, at: datetime | None = None) -> OfferingFacts:
    """Do at once what the workers would: settle, or free, every chunk of a closed or cancelled offering."""
    state = offering_reads.offering(offering.id).state
    work = settlement.settle_chunk if state == "closed" else settlement.refund_chunk
    for chunk in offering_reads.waiting_chunks(offering.id, size=settlement.CHUNK):
        work(offering_id=offering.id, chunk=chunk, actor=WORKER, at=at or timezone.now())
    return offering_reads.offering(offering.id)


def give(
    issued: Issued,
    who: Approved | UUID,
    quantity: int,
    *,
    at: datetime | None = None,
    key: str = "",
    lot: LotTerms | None = None,
) -> MovementFacts:
    """Issue to an investor without payment, as to a founder."""
    holder = who.owner if isinstance(who, Approved) else f"investor:{who}"
    key = key or str(uuid4())
    return register.issue(
        key=key,
        intended=Intended("issue", issued.security.id, quantity, f"issue:{key}"[:80], target=holder),
        lot=lot or LotTerms(exemption="founder"),
        actor=issued.actor,
        at=at or timezone.now(),
    )


def holders(
    issued: Issued, *quantities: int, at: datetime | None = None, **investor: object
) -> list[Approved]:
    """New investors who hold these quantities, in the order of their owner texts."""
    people = [approved_investor(at=at, **investor) for _ in quantities]  # type: ignore[arg-type]
    people.sort(key=lambda one: one.owner)
    for one, quantity in zip(people, quantities, strict=True):
        give(issued, one, quantity, at=at)
    return people


def lay_out(
    issued: Issued,
    offering: OfferingFacts,
    *,
    at: datetime | None = None,
    title: str = "",
    replaces: UUID | None = None,
) -> PaperFacts:
    """A paper in the offering's data room, laid out by the issuer's administrator."""
    return data_room.add_paper(
        offering_id=offering.id,
        title=title or f"Memorandum {next(_number)}",
        filename="memorandum.pdf",
        content=pdf(f"memorandum {next(_number)}"),
        replaces=replaces,
        actor=issued.actor,
        at=at or timezone.now(),
    )
