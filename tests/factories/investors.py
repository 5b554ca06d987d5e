"""Investors for tests and demonstrations, made through the services only."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID

from django.utils import timezone

from investors.accreditation import decisions as accreditation_decisions
from investors.accreditation import services as accreditation
from investors.accreditation.facts import EvidenceInput
from investors.accreditation.selectors import claims_of
from investors.bank_accounts import services as bank_accounts
from investors.bank_accounts.facts import BankAccountFacts
from investors.domain.claims import Claims
from investors.kyc import decisions as kyc_decisions
from investors.kyc import services as kyc
from investors.kyc.facts import CaseFacts
from investors.profiles import services as profiles
from investors.profiles.facts import InvestorFacts, ProfileInput
from investors.screening import selectors as screening_facts
from investors.screening import services as screening
from portal.accounts.facts import UserFacts
from portal.documents.services import store
from portal.domain.actors import Actor
from portal.domain.roles import Role
from portal.funding import services as funding
from tests.factories import accounts

_number = count(1)
_FIRST = ("Ada", "Bertil", "Chioma", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jomo")
_LAST = (
    "Quillfeather",
    "Osterhaus",
    "Marchbanks",
    "Velazco",
    "Thistlewood",
    "Nakagawara",
    "Bramwell",
    "Okonjo",
)


@dataclass(frozen=True)
class Approved:
    """An investor with his user and the officer who decided."""

    investor: InvestorFacts
    user: UserFacts
    officer: UserFacts

    @property
    def id(self) -> UUID:
        return self.investor.id

    @property
    def owner(self) -> str:
        return self.investor.owner

    @property
    def actor(self) -> Actor:
        return Actor.unnamed(self.user.id)

    def claims(self, on: date, issuer_id: UUID | None = None) -> Claims:
        return claims_of(self.id, on=on, issuer_id=issuer_id)


def pdf(text: str = "") -> bytes:
    """A small PDF, different from every other one."""
    body = f"{text} {next(_number)}"
    return f"%PDF-1.4\n% {body}\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n".encode()


def name() -> str:
    n = next(_number)
    return f"{_FIRST[n % len(_FIRST)]} {_LAST[n // len(_FIRST) % len(_LAST)]}"


def screening_list(*, at: datetime, source: str = "Example sanctions list", rows: str = "") -> None:
    """A list in use; made once, with a name that no factory's investor resembles."""
    if not rows and screening_facts.lists_in_use(at.date()):
        return
    text = "reference,name,born\n" + (rows or "X-1,Zoltan Vexingham Prohibited,1955-02-03\n")
    screening.import_list(
        source=source, list_date=at.date(), content=text.encode(), actor=accounts.SETUP, at=at
    )


def new_investor(
    *,
    at: datetime | None = None,
    user: UserFacts | None = None,
    kind: str = "natural",
    country: str = "US",
    legal_name: str = "",
    born: str = "1980-02-29",
    **profile: object,
) -> InvestorFacts:
    """An investor with a complete profile and no case."""
    at = at or timezone.now()
    person = user or accounts.person(at=at)
    me = Actor.unnamed(person.id)
    made = profiles.create_investor(
        kind=kind, country=country, us_person=country == "US", user_id=person.id, actor=me, at=at
    )
    given = {
        "legal_name": legal_name or (name() + (" Holdings LLC" if kind == "entity" else "")),
        "born_or_formed": born,
        "address": "1 Example Street, Springfield",
        "tax_countries": (country,),
    }
    if kind == "entity":
        given |= {"entity_form": "llc", "no_large_owner": True}
    facts = profiles.update_profile(
        investor_id=made.id,
        profile=ProfileInput(**{**given, **profile}),  # type: ignore[arg-type]
        reason="onboarding",
        actor=me,
        at=at,
    )
    role = {"joint": "joint_holder", "entity": "control_person"}.get(kind)
    if role:
        profiles.add_related_person(
            investor_id=made.id, role=role, name=name(), born="1979-07-01", country=country, actor=me, at=at
        )
    return facts


def case_with_papers(investor: InvestorFacts, *, at: datetime, actor: Actor) -> CaseFacts:
    """A draft case with every paper that the investor's kind and risk ask for."""
    case = kyc.open_case(investor_id=investor.id, actor=actor, at=at)
    kinds = (
        ("formation", "authority", "ownership", "identity")
        if investor.kind == "entity"
        else ("identity", "address")
    )
    for kind in (*kinds, "source_of_funds"):
        kyc.add_document(
            case_id=case.id,
            kind=kind,
            filename=f"{kind}.pdf",
            content=pdf(kind),
            expires_on=at.date() + timedelta(days=3650) if kind == "identity" else None,
            actor=actor,
            at=at,
        )
    return case


def submitted_case(*, at: datetime | None = None, **investor: object) -> CaseFacts:
    """A case that waits in the queue."""
    at = at or timezone.now()
    screening_list(at=at)
    made = new_investor(at=at, **investor)  # type: ignore[arg-type]
    actor = Actor.unnamed(made.user_id)
    case = case_with_papers(made, at=at, actor=actor)
    return kyc.submit(case_id=case.id, actor=actor, at=at)


def approved_investor(
    *,
    at: datetime | None = None,
    user: UserFacts | None = None,
    officer: UserFacts | None = None,
    kind: str = "natural",
    country: str = "US",
    legal_name: str = "",
    accredited: bool = True,
    method: str = "",
    issuer_id: UUID | None = None,
    cash: dict[str, int] | None = None,
    **profile: object,
) -> Approved:
    """
    A whole investor: profile, papers, screening, KYC approved by an officer, accredited, and funded.

    at          when all of it happens; now unless told otherwise. Evidence is dated that day.
    accredited  False leaves him without a determination
    method      of verification; a professional letter for people, the officer's assessment for entities
    issuer_id   determined for this issuer only; None for any
    cash        currency -> smallest units to deposit
    """
    at = at or timezone.now()
    screening_list(at=at)
    person = user or accounts.person(at=at)
    who = officer or accounts.member(Role.COMPLIANCE_OFFICER)
    me, checker = Actor.unnamed(person.id), accounts.actor(who)
    investor = new_investor(at=at, user=person, kind=kind, country=country, legal_name=legal_name, **profile)  # type: ignore[arg-type]
    case = case_with_papers(investor, at=at, actor=me)
    kyc.submit(case_id=case.id, actor=me, at=at)
    kyc_decisions.take(case_id=case.id, officer_id=who.id, actor=checker, at=at)
    decided = kyc_decisions.approve(
        case_id=case.id, officer_id=who.id, reason="Papers seen and in order.", actor=checker, at=at
    )
    if decided.state == "awaiting_second":
        second = accounts.member(Role.COMPLIANCE_OFFICER)
        kyc_decisions.confirm(
            case_id=case.id, officer_id=second.id, note="Agreed.", actor=accounts.actor(second), at=at
        )
    if accredited:
        accredit(investor, officer=who, actor=me, at=at, method=method, issuer_id=issuer_id)
    for currency, amount in (cash or {}).items():
        fund(investor, currency=currency, amount_minor=amount, at=at)
    return Approved(investor, person, who)


def accredit(
    investor: InvestorFacts,
    *,
    officer: UserFacts,
    actor: Actor,
    at: datetime,
    method: str = "",
    issuer_id: UUID | None = None,
    dated: date | None = None,
) -> None:
    """A positive determination on one paper and a fresh representation."""
    entity = investor.kind == "entity"
    chosen = method or ("principles_based" if entity else "professional_letter")
    paper = store(
        owner=investor.owner,
        kind="accreditation",
        filename="letter.pdf",
        content=pdf("letter"),
        actor=actor,
        at=at,
    )
    accreditation.represent(
        investor_id=investor.id,
        kinds=["investor_representation", "financing_representation"],
        issuer_id=issuer_id,
        actor=actor,
        at=at,
    )
    accreditation_decisions.determine(
        investor_id=investor.id,
        accredited=True,
        basis="501(a)(3)" if entity else "501(a)(5)",
        method=chosen,
        reason="The evidence shows it.",
        evidence=[
            EvidenceInput(
                paper.id, "financial_statement" if entity else "professional_letter", dated or at.date()
            )
        ],
        issuer_id=issuer_id,
        officer_id=officer.id,
        actor=accounts.actor(officer),
        at=at,
    )


def bank_account(
    investor: InvestorFacts,
    *,
    account: str = "DE89370400440532013000",
    holder: str = "",
    at: datetime | None = None,
    verified: bool = True,
) -> BankAccountFacts:
    """A bank account added five days before `at`; verified by a letter unless told otherwise."""
    at = at or timezone.now()
    made = bank_accounts.add_bank_account(
        investor_id=investor.id,
        account=account,
        holder=holder or "Ada Quillfeather",
        actor=Actor.unnamed(investor.user_id),
        at=at - timedelta(days=5),
    )
    if not verified:
        return made
    return bank_accounts.verify_by_evidence(
        bank_account_id=made.id,
        filename="letter.pdf",
        content=pdf("letter of the bank"),
        reason="The letter names him and the account.",
        actor=accounts.SETUP,
        at=at,
    )


def fund(
    investor: InvestorFacts, *, currency: str = "USD", amount_minor: int, at: datetime | None = None
) -> None:
    """A deposit, credited."""
    reference = f"BANK-{next(_number):06d}-{investor.reference}"
    funding.record_deposit(
        key=reference,
        owner=investor.owner,
        currency=currency,
        amount_minor=amount_minor,
        bank_reference=reference,
        actor=accounts.SETUP,
        at=at or timezone.now(),
    )
