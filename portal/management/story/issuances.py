"""Issuers come, turn assets into securities, offer them, and close; shares are issued against payment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from issuance.assets import services as assets
from issuance.compliance.services import adopt
from issuance.domain.compliance.catalogue import always, dump
from issuance.issuers import services as issuers
from issuance.issuers.facts import IssuerFacts
from issuance.offerings import selectors as offering_facts
from issuance.offerings import services as offerings
from issuance.offerings import settlement
from issuance.offerings.facts import Agreement, NewOffering, OfferingFacts
from issuance.securities import services as securities
from issuance.securities.facts import SecurityFacts
from portal.accounts import services as accounts
from portal.accounts.facts import UserFacts
from portal.documents.services import store
from portal.domain.actors import Actor
from portal.domain.roles import Role
from portal.management.story.cast import House, actor_of, person
from portal.management.story.clock import Clock
from portal.management.story.investors import Investor
from portal.management.story.papers import sample_pdf

AGREEMENT = """\
I subscribe for the units named above at the price named above. I have read the offering's documents. I know that I
may lose all that I pay, that the units are restricted securities, and that I may not be able to sell them when I
want to. My money is set aside now and paid when the offering closes; what is not allotted to me is free again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an issuer brings. Quantities in whole units, price in cents."""

    legal_name: str
    country: str
    asset_kind: str
    asset_name: str
    record: Mapping[str, str]
    code: str
    security_name: str
    security_kind: str
    scale: int
    authorised: int
    offered: int
    price_minor: int
    people: Sequence[str]
    domain: str
    summary: str = ""
    step: int = 1
    lei: str = ""
    max_investment_minor: int | None = None
    min_investment_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    plan: Plan
    facts: IssuerFacts
    security: SecurityFacts
    people: Sequence[UserFacts] = field(default_factory=tuple)

    @property
    def maker(self) -> Actor:
        return actor_of(self.people[0])

    @property
    def checker(self) -> Actor:
        return actor_of(self.people[1])


def onboard(plan: Plan, house: House, clock: Clock) -> Issuer:
    """The issuer applies, is reviewed, records and assesses its asset, and tokenizes it."""
    team = [person(name, f"{name.split()[0].lower()}@{plan.domain}.example", clock) for name in plan.people]
    me = actor_of(team[0])
    facts = issuers.apply(
        legal_name=plan.legal_name,
        country=plan.country,
        lei=plan.lei,
        applicant_id=team[0].id,
        actor=me,
        at=clock(),
    )
    for user, role in zip(team[1:], (Role.ISSUER_ADMIN, Role.ISSUER_VIEWER), strict=False):
        accounts.grant_role(user_id=user.id, organisation_id=facts.id, role=role, actor=me, at=clock())
    officer = actor_of(house.officer)
    facts = issuers.approve(
        issuer_id=facts.id, note="Register extract and owners seen.", actor=officer, at=clock()
    )
    asset_id = _asset(plan, facts.id, me, officer, clock)
    security = securities.create(
        asset_id=asset_id,
        code=plan.code,
        name=plan.security_name,
        kind=plan.security_kind,
        scale=plan.scale,
        authorised=plan.authorised * 10**plan.scale,
        actor=me,
        at=clock(),
    )
    adopt(
        security_id=security.id,
        rules=dump(always()),
        reason="The rules of a private placement.",
        actor=me,
        at=clock(),
    )
    security = securities.activate(security_id=security.id, actor=me, at=clock())
    return Issuer(plan, facts, security, tuple(team))


def _asset(plan: Plan, issuer_id: UUID, me: Actor, officer: Actor, clock: Clock) -> UUID:
    """The asset is recorded with a paper, and an officer assesses it."""
    asset = assets.record_asset(
        issuer_id=issuer_id,
        kind=plan.asset_kind,
        name=plan.asset_name,
        record=plan.record,
        actor=me,
        at=clock(),
    )
    paper = store(
        owner=f"issuer:{issuer_id}",
        kind="asset",
        filename="summary.pdf",
        content=sample_pdf(plan.asset_name, *(f"{key}: {value}" for key, value in plan.record.items())),
        organisation=issuer_id,
        actor=me,
        at=clock(),
    )
    assets.attach_document(
        asset_id=asset.id,
        title="Summary of the asset",
        sha256=paper.sha256,
        document_id=paper.id,
        actor=me,
        at=clock(),
    )
    assets.assess_howey(
        asset_id=asset.id,
        investment_of_money=True,
        common_enterprise=True,
        expectation_of_profits=True,
        efforts_of_others=True,
        evidence={
            "investment_of_money": "Units are paid in dollars at a fixed price.",
            "common_enterprise": "All proceeds go into one asset; every unit shares in it alike.",
            "expectation_of_profits": "The summary speaks of distributions and of resale.",
            "efforts_of_others": "The issuer's team runs the asset; holders do not.",
        },
        actor=officer,
        at=clock(),
    )
    return asset.id


def offer(issuer: Issuer, name: str, offered: int, days: int, clock: Clock) -> OfferingFacts:
    """An offering under Rule 506(c), open for so many days from now on."""
    plan = issuer.plan
    start = clock()
    made = offerings.create(
        terms=NewOffering(
            security_id=issuer.security.id,
            name=name,
            summary=plan.summary,
            agreement=AGREEMENT,
            exemption="506(c)",
            price_minor=plan.price_minor,
            max_quantity=offered * 10**plan.scale,
            step=plan.step,
            min_investment_minor=plan.min_investment_minor,
            max_investment_minor=plan.max_investment_minor,
            opens_at=start,
            closes_at=start + timedelta(days=days),
        ),
        actor=issuer.maker,
        at=start,
    )
    return offerings.open_offering(offering_id=made.id, actor=issuer.maker, at=clock())


def subscribe(offering: OfferingFacts, investor: Investor, amount_minor: int, clock: Clock) -> None:
    """The investor subscribes and signs."""
    offerings.subscribe(
        key=f"story:{offering.id}:{investor.id}",
        offering_id=offering.id,
        investor_id=investor.id,
        amount_minor=amount_minor,
        agreement=Agreement(
            typed_name=investor.user.name,
            agreement_sha256=offering.agreement_sha256,
            risks=True,
            signer=investor.actor,
        ),
        actor=investor.actor,
        at=clock(),
    )


def close(offering: OfferingFacts, issuer: Issuer, clock: Clock) -> OfferingFacts:
    """The offering closes at its end; units are issued and paid, chunk by chunk."""
    clock.go_to(offering.closes_at.date(), offering.closes_at.hour + 1)
    offerings.close(offering_id=offering.id, actor=issuer.maker, at=clock())
    worker = Actor.worker("offerings")
    for chunk in offering_facts.waiting_chunks(offering.id, size=settlement.CHUNK):
        settlement.settle_chunk(offering_id=offering.id, chunk=chunk, actor=worker, at=clock())
    return offering_facts.offering(offering.id)
