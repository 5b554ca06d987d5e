"""Investors sign up, are looked at by an officer, accredited on evidence, and pay money in."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from investors.accreditation import decisions as accreditation_decisions
from investors.accreditation import services as accreditation
from investors.accreditation.facts import EvidenceInput
from investors.kyc import decisions as kyc_decisions
from investors.kyc import services as kyc
from investors.profiles import services as profiles
from investors.profiles.facts import InvestorFacts, ProfileInput
from investors.screening import services as screening
from issuance.corporate_actions.services import file_tax_form
from portal.accounts.facts import UserFacts
from portal.documents.services import store
from portal.domain.actors import Actor
from portal.funding.services import record_deposit
from portal.management.story.cast import House, actor_of, person
from portal.management.story.clock import Clock
from portal.management.story.papers import sample_pdf

# Nobody of the story resembles these names, so that a hit in it would be a fault.
SAMPLE_LIST = b"""reference,name,born
SAMPLE-1,Zoltan Vexingham,1955-02-03
SAMPLE-2,Quorra Threnody,1961-11-30
SAMPLE-3,Ignatius Blackthorn-Vane,1948-07-19
"""


@dataclass(frozen=True, slots=True)
class Person:
    """What the story knows of an investor; country is that of tax residence."""

    name: str
    country: str = "US"
    kind: str = "natural"
    born: str = "1979-04-12"

    @property
    def email(self) -> str:
        return ".".join(self.name.lower().replace(",", "").replace("&", "and").split()) + "@mail.example"


@dataclass(frozen=True, slots=True)
class Investor:
    user: UserFacts
    facts: InvestorFacts

    @property
    def id(self) -> UUID:
        return self.facts.id

    @property
    def owner(self) -> str:
        return self.facts.owner

    @property
    def actor(self) -> Actor:
        return Actor.unnamed(self.user.id)


def import_sample_list(house: House, clock: Clock) -> None:
    """A list to screen against, marked as a sample."""
    screening.import_list(
        source="Sample list of the demonstration (invented names)",
        list_date=clock.today,
        content=SAMPLE_LIST,
        actor=actor_of(house.operator),
        at=clock(),
    )


def sign_up(who: Person, clock: Clock) -> Investor:
    """He signs up and tells who he is."""
    user = person(who.name, who.email, clock)
    me = Actor.unnamed(user.id)
    made = profiles.create_investor(
        kind=who.kind,
        country=who.country,
        us_person=who.country == "US",
        user_id=user.id,
        actor=me,
        at=clock(),
    )
    facts = profiles.update_profile(
        investor_id=made.id,
        profile=ProfileInput(
            legal_name=who.name,
            born_or_formed=who.born,
            address="17 Sample Street, Springfield",
            tax_countries=(who.country,),
            expected_minor=50_000_000,
            entity_form="llc" if who.kind == "entity" else None,
            no_large_owner=True if who.kind == "entity" else None,
        ),
        reason="onboarding",
        actor=me,
        at=clock(),
    )
    if who.kind == "entity":
        profiles.add_related_person(
            investor_id=made.id, role="control_person", name="Alexis Marchetti", born="1971-05-23",
            country=who.country, actor=me, at=clock(),
        )  # fmt: skip
    file_tax_form(
        holder=facts.owner,
        form="w9" if who.country == "US" else "w8",
        residence=who.country,
        tin_on_file=True,
        treaty_claimed=who.country != "US",
        actor=me,
        at=clock(),
    )
    return Investor(user, facts)


def hand_in(investor: Investor, clock: Clock) -> UUID:
    """He hands in his papers; returns the case that waits in the officers' queue."""
    me = investor.actor
    case = kyc.open_case(investor_id=investor.id, actor=me, at=clock())
    kinds = ["identity", "address", "source_of_funds"]
    if investor.facts.kind == "entity":
        kinds = ["formation", "authority", "ownership", "identity", "source_of_funds"]
    for kind in kinds:
        kyc.add_document(
            case_id=case.id,
            kind=kind,
            filename=f"{kind}.pdf",
            content=sample_pdf(kind.replace("_", " ").capitalize(), investor.facts.reference),
            expires_on=clock.today + timedelta(days=3650) if kind == "identity" else None,
            actor=me,
            at=clock(),
        )
    kyc.submit(case_id=case.id, actor=me, at=clock())
    return case.id


def approve(case_id: UUID, house: House, clock: Clock) -> None:
    """An officer decides with a reason; a second one where the risk asks for it."""
    officer = house.officer
    kyc_decisions.take(case_id=case_id, officer_id=officer.id, actor=actor_of(officer), at=clock())
    decided = kyc_decisions.approve(
        case_id=case_id,
        officer_id=officer.id,
        reason="Papers seen, identity and address agree, no hit on the list.",
        actor=actor_of(officer),
        at=clock(),
    )
    if decided.state == "awaiting_second":
        second = house.second_officer
        kyc_decisions.confirm(
            case_id=case_id, officer_id=second.id, note="Agreed.", actor=actor_of(second), at=clock()
        )


def accredit(investor: Investor, house: House, clock: Clock) -> None:
    """A determination on a paper of that day and on the investor's own representation."""
    entity = investor.facts.kind == "entity"
    kind = "financial_statement" if entity else "professional_letter"
    paper = store(
        owner=investor.owner,
        kind="accreditation",
        filename=f"{kind}.pdf",
        content=sample_pdf(
            kind.replace("_", " ").capitalize(), investor.facts.reference, clock.today.isoformat()
        ),
        actor=investor.actor,
        at=clock(),
    )
    accreditation.represent(
        investor_id=investor.id,
        kinds=["investor_representation", "financing_representation"],
        actor=investor.actor,
        at=clock(),
    )
    accreditation_decisions.determine(
        investor_id=investor.id,
        accredited=True,
        basis="501(a)(3)" if entity else "501(a)(5)",
        method="principles_based" if entity else "professional_letter",
        reason="The paper shows net worth above the threshold; its author is known to us.",
        evidence=[EvidenceInput(paper.id, kind, clock.today)],
        officer_id=house.officer.id,
        actor=actor_of(house.officer),
        at=clock(),
    )


def pay_in(investor: Investor, amount_minor: int, house: House, clock: Clock, currency: str = "USD") -> None:
    """The operator finds the money on the bank statement and credits it."""
    reference = f"WIRE-{clock.today:%Y%m%d}-{investor.facts.reference}"
    record_deposit(
        key=reference,
        owner=investor.owner,
        currency=currency,
        amount_minor=amount_minor,
        bank_reference=reference,
        actor=actor_of(house.operator),
        at=clock(),
    )


def admit(who: Person, amount_minor: int, house: House, clock: Clock) -> Investor:
    """The whole way: sign-up, papers, decision, accreditation, money."""
    investor = sign_up(who, clock)
    approve(hand_in(investor, clock), house, clock)
    accredit(investor, house, clock)
    pay_in(investor, amount_minor, house, clock)
    return investor
