"""A KYC case from the investor's side, and its course; what officers do with it is in `decisions`."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from investors.domain.entities import WITHOUT_OWNERS
from investors.domain.kyc import (
    CASE,
    DOCUMENT_KINDS,
    Evidence,
    RiskScore,
    adult_finding,
    evidence_findings,
)
from investors.kyc.facts import CaseFacts, PaperFacts
from investors.kyc.models import Case, CaseDocument, CaseEvent
from investors.kyc.selectors import NoSuchCase, case_facts, risk_of
from investors.kyc.selectors import open_case as open_case_of
from investors.profiles import selectors as profiles
from investors.screening import selectors as screening
from investors.screening.services import screen
from portal.audit.essences import essences
from portal.audit.services import record
from portal.documents.services import store
from portal.domain.actors import Actor
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.errors import Conflict, Invalid
from portal.outbox.services import enqueue

BEGIN_CHECKS = "investors.kyc.begin_identity_checks"
"""Topic that follows a submission where an identity provider is configured."""
_FIELD_NAMES = {
    "legal_name": "Legal name",
    "born_or_formed": "Date of birth or formation",
    "address": "Address",
    "tax_countries": "Tax residence",
    "entity_form": "Form of the entity",
}
_NEEDED_PERSONS = (
    ("joint", "joint_holder", "The other joint holder"),
    ("entity", "control_person", "One person in control of the entity"),
)


class CaseIncomplete(Invalid):
    """Something the case needs is not there; `reasons` names everything at once."""

    code = "kyc-incomplete"


class CaseUnderWay(Conflict):
    code = "kyc-case-under-way"


def open_case(*, investor_id: UUID, actor: Actor, at: datetime) -> CaseFacts:
    """
    Open a case as a draft: the first one, or a refresh.

    raises  NoSuchInvestor, CaseUnderWay
    """
    profiles.investor(investor_id)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = Case.objects.create(id=uuid.uuid4(), investor_id=investor_id, opened_at=at)
        except IntegrityError as clash:
            if "kyc_case_open_once" not in str(clash):
                raise
            raise CaseUnderWay(
                "A case is under way already.", next_step="Continue with the open case."
            ) from clash
        step = CaseEvent.objects.create(
            case=row, event="open", before="", after="draft", actor=str(actor), actor_label=actor.label, at=at
        )
        record(
            actor=actor,
            action="kyc.opened",
            subject=f"kyc_case:{row.pk}",
            at=at,
            investor=str(investor_id),
            rows=essences(row, step),
        )
    return case_facts(row)


def add_document(
    *,
    case_id: UUID,
    kind: str,
    filename: str,
    content: bytes,
    actor: Actor,
    at: datetime,
    expires_on: date | None = None,
    reader: UUID | None = None,
) -> PaperFacts:
    """
    Add one paper to a case that the investor may still change, or that an officer has in review.

    kind        a key of DOCUMENT_KINDS
    expires_on  a passport's expiry
    reader      user id of the investor, where an officer uploads
    raises      NoSuchCase, NotAllowedNow, Invalid, and whatever the document store refuses
    """
    if kind not in DOCUMENT_KINDS:
        raise Invalid(f"The kind is one of {', '.join(DOCUMENT_KINDS)}.", field="kind")
    if expires_on is not None and expires_on < at.date():
        raise Invalid(
            f"This paper expired on {expires_on.isoformat()}.",
            field="expires_on",
            next_step="Upload a valid one.",
        )
    with transaction.atomic():
        row = locked(case_id)
        if row.state not in ("draft", "needs_information", "in_review"):
            raise Conflict(
                f"This case is {row.state.replace('_', ' ')}; papers cannot be added now.",
                next_step="The officer asks for more where it is needed.",
            )
        stored = store(
            owner=f"investor:{row.investor_id}", kind=f"kyc_{kind}", filename=filename, content=content,
            actor=actor, at=at, reader=reader,
        )  # fmt: skip
        paper = CaseDocument.objects.create(
            case=row,
            document_id=stored.id,
            sha256=stored.sha256,
            kind=kind,
            filename=stored.filename,
            expires_on=expires_on,
            added_by=str(actor),
            added_at=at,
        )
        record(
            actor=actor,
            action="kyc.document_added",
            subject=f"kyc_case:{row.pk}",
            at=at,
            document=str(stored.id),
            sha256=stored.sha256,
            kind=kind,
            rows=essences(paper),
        )
    return PaperFacts(
        paper.pk, stored.id, stored.sha256, kind, DOCUMENT_KINDS[kind], stored.filename, expires_on, at
    )


def hand_in(
    *,
    investor_id: UUID,
    kind: str,
    filename: str,
    content: bytes,
    actor: Actor,
    at: datetime,
    expires_on: date | None = None,
) -> PaperFacts:
    """The investor adds a paper to his case, which is opened with the first one; raises as `add_document`."""
    with transaction.atomic():
        under_way = open_case_of(investor_id) or open_case(investor_id=investor_id, actor=actor, at=at)
        return add_document(
            case_id=under_way.id,
            kind=kind,
            filename=filename,
            content=content,
            expires_on=expires_on,
            actor=actor,
            at=at,
        )


def missing_of(case_id: UUID, *, on: date) -> list[Finding]:
    """Everything that keeps a case from being submitted, with the remedy of each; empty when it is complete."""
    row = Case.objects.filter(pk=case_id).first()
    if row is None:
        raise NoSuchCase("There is no KYC case with this id.")
    return list(completeness(row, on=on).failures)


def submit(*, case_id: UUID, actor: Actor, at: datetime) -> CaseFacts:
    """
    Hand a complete case to the compliance officers; also answers a request for information. The investor is
    screened in the same transaction where a list is in use.

    raises  NoSuchCase, NotAllowedNow, CaseIncomplete with all reasons
    """
    with transaction.atomic():
        row = locked(case_id)
        event = "answer" if row.state == "needs_information" else "submit"
        after = CASE.after(row.state, event)
        decision = completeness(row, on=at.date())
        if not decision.passed:
            raise CaseIncomplete(
                f"{len(decision.failures)} things are missing before this can be submitted.",
                reasons=[f"{finding.message} {finding.remedy}" for finding in decision.failures],
                next_step=decision.failures[0].remedy,
            )
        investor = profiles.investor(row.investor_id)
        if screening.lists_in_use(at.date()):
            screen(investor_id=row.investor_id, actor=actor, at=at)
        risk = risk_now(row, on=at.date())
        row.submitted_at, row.profile_version, row.question = at, investor.version, ""
        row.risk, row.risk_points = risk.as_dict(), risk.points
        move(row, event, after, actor=actor, at=at)
        tell(
            row,
            "kyc.submitted",
            actor=actor,
            at=at,
            risk_points=risk.points,
            profile_version=investor.version,
        )
        if settings.IDENTITY_PROVIDER_URL and event == "submit":
            enqueue(topic=BEGIN_CHECKS, key=str(row.pk), payload={"case_id": str(row.pk)}, at=at)
    return case_facts(row)


def expire(*, case_id: UUID, actor: Actor, at: datetime) -> CaseFacts:
    """
    Mark an approval whose last day has passed. Claims go by the day itself and do not wait for this.

    raises  NoSuchCase, NotAllowedNow, Conflict while it still holds
    """
    with transaction.atomic():
        row = locked(case_id)
        after = CASE.after(row.state, "expire")
        if row.valid_until is None or at.date() <= row.valid_until:
            raise Conflict(f"This approval holds until {row.valid_until}.")
        move(row, "expire", after, actor=actor, at=at)
        tell(row, "kyc.expired", actor=actor, at=at, valid_until=row.valid_until.isoformat())
    return case_facts(row)


def message(*, case_id: UUID, text: str, actor: Actor, at: datetime) -> None:
    """Write to the other side of the case; the text stands in the case file, not in the trail."""
    said = required_reason(text, field="text")
    with transaction.atomic():
        row = locked(case_id)
        note(row, "message", text=said, actor=actor, at=at)
        tell(row, "kyc.message_written", actor=actor, at=at)


def locked(case_id: UUID) -> Case:
    """For this room: the case, locked until the transaction ends. raises  NoSuchCase"""
    row = Case.objects.select_for_update().filter(pk=case_id).first()
    if row is None:
        raise NoSuchCase("There is no KYC case with this id.")
    return row


def move(row: Case, event: str, after: str, *, actor: Actor, at: datetime, text: str = "") -> None:
    """For this room: write the step into the case file and save the case."""
    before, row.state = row.state, after
    row.save()
    note(row, event, before=before, text=text, actor=actor, at=at)


def tell(
    row: Case,
    action: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    also: Sequence[Any] = (),
    **facts: Any,
) -> None:
    """For this room: the event of a case for the trail, with the steps made in it since the last one and `also` rows."""
    steps, row.untold = row.untold, ()
    record(
        actor=actor,
        action=action,
        subject=f"kyc_case:{row.pk}",
        reason=reason,
        at=at,
        investor=str(row.investor_id),
        state=row.state,
        rows=essences(row, *steps, *also),
        **facts,
    )


def note(row: Case, event: str, *, text: str, actor: Actor, at: datetime, before: str | None = None) -> None:
    """For this room: write into the case file what leaves the state as it is, or has just changed it from `before`."""
    made = CaseEvent.objects.create(
        case=row,
        event=event,
        before=row.state if before is None else before,
        after=row.state,
        text=text,
        actor=str(actor),
        actor_label=actor.label,
        at=at,
    )
    row.untold = (*row.untold, made)


def required_reason(text: str, *, field: str = "reason") -> str:
    """For this room: a sentence, not a blank. raises  Invalid"""
    said = text.strip()
    if not 5 <= len(said) <= 2000:
        raise Invalid("Write a sentence of 5 to 2,000 characters; it is kept with the case.", field=field)
    return said


def risk_now(row: Case, *, on: date) -> RiskScore:
    """For this room: the risk of a case as profile and matches stand."""
    state = screening.states_of([row.investor_id], on=on)[row.investor_id]
    return risk_of(profiles.investor(row.investor_id), resolved_hits=state.cleared_hits)


def completeness(row: Case, *, on: date) -> Decision:
    """For this room: profile, persons behind the investor, and papers, each as a finding."""
    investor = profiles.investor(row.investor_id)
    findings = [
        Finding(
            rule=f"profile-{name.replace('_', '-')}",
            outcome=Outcome.FAILED,
            message=f"{_FIELD_NAMES[name]} is missing in the profile.",
            remedy=f"Fill in: {_FIELD_NAMES[name].lower()}.",
        )
        for name in investor.missing
    ]
    people = profiles.names_to_screen(row.investor_id)
    if investor.kind == "natural" and people and people[0].born is not None:
        findings.append(adult_finding(born=people[0].born, on=on))
    findings += missing_people(row.investor_id)
    papers = [Evidence(paper.kind, paper.expires_on) for paper in row.papers.all()]
    evidence = evidence_findings(
        kind=investor.kind,
        entity_form=investor.entity_form,
        risk=risk_now(row, on=on),
        documents=papers,
        on=on,
    )
    return Decision.of([*findings, *evidence.findings], rule_set="KYC case")


def missing_people(investor_id: UUID) -> list[Finding]:
    """Who must still be named behind an investor, one finding each."""
    investor = profiles.investor(investor_id)
    findings: list[Finding] = []
    roles = {person.role for person in profiles.related_persons(investor_id)}
    for kind, role, label in _NEEDED_PERSONS:
        if kind == investor.kind and role not in roles:
            findings.append(
                Finding(
                    rule=f"person-{role.replace('_', '-')}",
                    outcome=Outcome.FAILED,
                    message=f"{label} is missing.",
                    remedy=f"Name: {label.lower()}.",
                )
            )
    owned = investor.kind == "entity" and investor.entity_form not in WITHOUT_OWNERS
    if owned and "beneficial_owner" not in roles and not investor.no_large_owner:
        findings.append(
            Finding(
                rule="person-beneficial-owner",
                outcome=Outcome.FAILED,
                message="Owners of 25 % or more are missing.",
                remedy="Name them, or say in the profile that nobody owns so much.",
                source="31 CFR 1010.230(d)(1)",
            )
        )
    return findings
