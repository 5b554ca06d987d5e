"""What compliance officers do with a KYC case: take, ask, approve (above a risk threshold by two), reject."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from investors.domain.kyc import CASE, Evidence, RiskScore, valid_until
from investors.kyc.facts import CaseFacts
from investors.kyc.models import Case
from investors.kyc.selectors import case_facts
from investors.kyc.services import CaseIncomplete, completeness, locked, move, required_reason, risk_now, tell
from investors.profiles import selectors as profiles
from investors.screening import selectors as screening
from investors.screening.services import NoListImported
from portal.approvals import services as approvals
from portal.approvals.selectors import approval
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, NotAllowed

APPROVE = "kyc.approve"
"""What a second officer is asked to approve, as permissions and approvals name it."""


class NotYourCase(NotAllowed):
    """Another officer has taken the case."""

    code = "not-your-case"


class HitsOpen(Conflict):
    """A name match is undecided or was found true: nobody can be approved before it is settled."""

    code = "name-matches-open"


class NotScreened(Conflict):
    """A list in use has not been compared with the investor's names."""

    code = "not-screened"


class ProfileChanged(Conflict):
    """What was submitted is not what stands in the profile now."""

    code = "profile-changed"


class OwnCase(NotAllowed):
    """Nobody decides on himself."""

    code = "own-case"


def take(*, case_id: UUID, officer_id: UUID, actor: Actor, at: datetime) -> CaseFacts:
    """An officer takes a submitted case. raises  NoSuchCase, NotAllowedNow, OwnCase"""
    with transaction.atomic():
        row = locked(case_id)
        _refuse_own(row, officer_id)
        after = CASE.after(row.state, "take")
        row.officer_id = officer_id
        move(row, "take", after, actor=actor, at=at)
        tell(row, "kyc.taken", actor=actor, at=at)
    return case_facts(row)


def hand_back(*, case_id: UUID, officer_id: UUID, reason: str, actor: Actor, at: datetime) -> CaseFacts:
    """The officer puts his case back into the queue. raises  NoSuchCase, NotAllowedNow, NotYourCase"""
    with transaction.atomic():
        row = _in_hand(case_id, officer_id)
        after = CASE.after(row.state, "hand_back")
        row.officer_id = None
        move(row, "hand_back", after, actor=actor, at=at, text=reason)
        tell(row, "kyc.handed_back", actor=actor, at=at, reason=reason)
    return case_facts(row)


def request_information(
    *, case_id: UUID, officer_id: UUID, question: str, actor: Actor, at: datetime
) -> CaseFacts:
    """Ask the investor for more; he answers by submitting again. raises  as `hand_back`, Invalid"""
    text = required_reason(question, field="question")
    with transaction.atomic():
        row = _in_hand(case_id, officer_id)
        after = CASE.after(row.state, "request_information")
        row.question = text
        move(row, "request_information", after, actor=actor, at=at, text=text)
        tell(row, "kyc.information_requested", actor=actor, at=at)
    return case_facts(row)


def approve(*, case_id: UUID, officer_id: UUID, reason: str, actor: Actor, at: datetime) -> CaseFacts:
    """
    Approve, or above the risk threshold propose it to a second officer: the state says which happened
    ("approved" or "awaiting_second").

    raises  NoSuchCase, NotAllowedNow, NotYourCase, CaseIncomplete, HitsOpen, NoListImported, Invalid
    """
    text = required_reason(reason)
    with transaction.atomic():
        row = _in_hand(case_id, officer_id)
        risk = risk_now(row, on=at.date())
        event = "propose" if risk.needs_second_officer else "approve"
        after = CASE.after(row.state, event)
        _refuse_unready(row, at=at)
        row.risk, row.risk_points, row.decision_reason = risk.as_dict(), risk.points, text
        if event == "approve":
            return _approved(row, officer_id, risk, actor=actor, at=at)
        row.approval_id = approvals.request_approval(
            action=APPROVE,
            subject=f"kyc_case:{row.pk}",
            organisation=None,
            maker=actor,
            facts={"risk_points": risk.points, "parts": [part.code for part in risk.parts], "reason": text},
            at=at,
        )
        move(row, "propose", after, actor=actor, at=at, text=text)
        tell(row, "kyc.proposed", actor=actor, at=at, reason=text, risk_points=risk.points)
    return case_facts(row)


def confirm(*, case_id: UUID, officer_id: UUID, note: str, actor: Actor, at: datetime) -> CaseFacts:
    """
    A second officer agrees; the case is approved.

    raises  NoSuchCase, NotAllowedNow, MakerCannotCheck, OwnCase, HitsOpen, CaseIncomplete
    """
    with transaction.atomic():
        row = locked(case_id)
        CASE.after(row.state, "approve")
        _refuse_own(row, officer_id)
        if row.approval_id is None:
            raise Conflict("This case does not wait for a second officer.")
        if approval(row.approval_id).state == "requested":
            approvals.approve(approval_id=row.approval_id, checker=actor, at=at, note=note)
        elif approval(row.approval_id).state != "approved":
            raise Conflict("The second opinion on this case was withdrawn or refused.")
        _refuse_unready(row, at=at)
        return _approved(row, officer_id, risk_now(row, on=at.date()), actor=actor, at=at)


def send_back(*, case_id: UUID, officer_id: UUID, note: str, actor: Actor, at: datetime) -> CaseFacts:
    """A second officer disagrees; the case is in review again. raises  as `confirm`"""
    text = required_reason(note, field="note")
    with transaction.atomic():
        row = locked(case_id)
        after = CASE.after(row.state, "return")
        _refuse_own(row, officer_id)
        if row.approval_id is not None and approval(row.approval_id).state == "requested":
            approvals.reject(approval_id=row.approval_id, checker=actor, at=at, note=text)
        row.approval_id = None
        move(row, "return", after, actor=actor, at=at, text=text)
        tell(row, "kyc.returned", actor=actor, at=at, reason=text)
    return case_facts(row)


def reject(*, case_id: UUID, officer_id: UUID, reason: str, actor: Actor, at: datetime) -> CaseFacts:
    """Reject with a reason. raises  NoSuchCase, NotAllowedNow, NotYourCase, Invalid"""
    text = required_reason(reason)
    with transaction.atomic():
        row = _in_hand(case_id, officer_id)
        after = CASE.after(row.state, "reject")
        row.decided_at, row.decided_by_id, row.decision_reason = at, officer_id, text
        move(row, "reject", after, actor=actor, at=at, text=text)
        tell(row, "kyc.rejected", actor=actor, at=at, reason=text)
    return case_facts(row)


def _approved(row: Case, officer_id: UUID, risk: RiskScore, *, actor: Actor, at: datetime) -> CaseFacts:
    """The one place where a case becomes approved; an earlier approval is superseded."""
    after = CASE.after(row.state, "approve")
    earlier = Case.objects.select_for_update().filter(
        investor_id=row.investor_id, state__in=["approved", "expired"]
    )
    for old in earlier.order_by("pk"):
        move(old, "supersede", CASE.after(old.state, "supersede"), actor=actor, at=at)
        tell(old, "kyc.superseded", actor=actor, at=at, by=str(row.pk))
    evidence = [Evidence(paper.kind, paper.expires_on) for paper in row.papers.all()]
    row.decided_at, row.decided_by_id = at, officer_id
    row.risk, row.risk_points = risk.as_dict(), risk.points
    row.valid_until = valid_until(decided_on=at.date(), risk=risk, documents=evidence)
    move(row, "approve", after, actor=actor, at=at, text=row.decision_reason)
    tell(
        row,
        "kyc.approved",
        actor=actor,
        at=at,
        reason=row.decision_reason,
        valid_until=row.valid_until.isoformat(),
        risk_points=risk.points,
        evidence=sorted(row.papers.values_list("sha256", flat=True)),
        provider_reports=sorted(
            row.identity_checks.filter(state="completed").values_list("sha256", flat=True)
        ),
    )
    return case_facts(row)


def _in_hand(case_id: UUID, officer_id: UUID) -> Case:
    row = locked(case_id)
    if row.officer_id is not None and row.officer_id != officer_id:
        raise NotYourCase(
            "Another officer has taken this case.",
            next_step="Ask for it to be handed back to the queue first.",
        )
    return row


def _refuse_own(row: Case, officer_id: UUID) -> None:
    if profiles.investor(row.investor_id).user_id == officer_id:
        raise OwnCase("This case is about yourself; another officer decides it.")


def _refuse_unready(row: Case, *, at: datetime) -> None:
    """An approval needs complete papers, a screening of the names as they are, and no open or true match."""
    decision = completeness(row, on=at.date())
    if not decision.passed:
        raise CaseIncomplete(
            f"{len(decision.failures)} things are missing; this cannot be approved yet.",
            reasons=[finding.message for finding in decision.failures],
            next_step="Ask the investor for what is missing.",
        )
    investor = profiles.investor(row.investor_id)
    if investor.version != row.profile_version:
        raise ProfileChanged(
            f"The profile changed after it was submitted: version {row.profile_version} then, {investor.version} now.",
            next_step="Ask the investor to submit it again.",
        )
    state = screening.states_of([row.investor_id], on=at.date())[row.investor_id]
    if not state.lists:
        raise NoListImported(
            "No sanctions list has been imported, so nobody can be screened or approved.",
            next_step="An operator imports a list under Compliance, Screening lists.",
        )
    if state.lacking:
        raise NotScreened(
            f"The names were not compared with {', '.join(state.lacking)} yet.",
            next_step="Screen now, then decide.",
        )
    if not state.clear:
        raise HitsOpen(
            f"{state.open_hits} name matches are undecided and {state.true_matches} were found true.",
            next_step="Decide on each name match first; a true one cannot be approved.",
        )
