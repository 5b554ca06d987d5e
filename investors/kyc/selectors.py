"""Reads of KYC: the queue, a case file, and what holds for an investor on a day."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from investors.domain.kyc import DOCUMENT_KINDS, OPEN_STATES, RiskFacts, RiskScore, risk_score
from investors.domain.refresh import REMIND_DAYS, window_of
from investors.kyc.facts import CaseFacts, CheckFacts, KycState, PaperFacts, StepFacts
from investors.kyc.models import Case, CaseDocument, CaseEvent, IdentityCheck
from investors.profiles.facts import InvestorFacts
from portal.domain.errors import NotFound


class NoSuchCase(NotFound):
    code = "no-such-case"


def case(case_id: UUID) -> CaseFacts:
    """raises  NoSuchCase"""
    row = Case.objects.filter(pk=case_id).first()
    if row is None:
        raise NoSuchCase("There is no KYC case with this id.")
    return case_facts(row)


def newest_case(investor_id: UUID) -> CaseFacts | None:
    """The case that was opened last, whatever became of it."""
    row = Case.objects.filter(investor_id=investor_id).order_by("-opened_at", "-pk").first()
    return None if row is None else case_facts(row)


def open_case(investor_id: UUID) -> CaseFacts | None:
    """The case under way, or None."""
    row = Case.objects.filter(investor_id=investor_id, state__in=OPEN_STATES).first()
    return None if row is None else case_facts(row)


def cases_of(investor_id: UUID) -> list[CaseFacts]:
    """Every case of an investor, newest first."""
    return [
        case_facts(row) for row in Case.objects.filter(investor_id=investor_id).order_by("-opened_at", "-pk")
    ]


def queue(*, states: Iterable[str] = ("submitted", "in_review", "awaiting_second")) -> list[CaseFacts]:
    """Cases that wait for an officer: highest risk first, then the longest waiting."""
    rows = Case.objects.filter(state__in=list(states)).order_by("-risk_points", "submitted_at", "pk")
    return [case_facts(row) for row in rows]


def decided_since(since: datetime) -> list[tuple[UUID, datetime, datetime]]:
    """(officer, submitted, decided) of the cases decided since an instant."""
    rows = Case.objects.filter(decided_at__gte=since, decided_by__isnull=False, submitted_at__isnull=False)
    return list(rows.values_list("decided_by_id", "submitted_at", "decided_at"))


def papers(case_id: UUID) -> list[PaperFacts]:
    """The papers of a case in the order they came."""
    return [
        PaperFacts(
            p.pk,
            p.document_id,
            p.sha256,
            p.kind,
            DOCUMENT_KINDS.get(p.kind, p.kind),
            p.filename,
            p.expires_on,
            p.added_at,
        )
        for p in CaseDocument.objects.filter(case_id=case_id).order_by("added_at", "pk")
    ]


def steps(case_id: UUID) -> list[StepFacts]:
    """Everything that happened in a case, oldest first."""
    return [
        StepFacts(e.event, e.before, e.after, e.text, e.actor, e.actor_label, e.at)
        for e in CaseEvent.objects.filter(case_id=case_id).order_by("pk")
    ]


def identity_checks(case_id: UUID) -> list[CheckFacts]:
    """What the identity provider was asked and said in a case, newest first, without its sealed report."""
    return [
        CheckFacts(
            id=row.pk,
            subject=row.subject,
            state=row.state,
            reference=row.reference,
            continue_url=row.continue_url,
            outcome=row.outcome,
            findings=tuple(row.findings),
            document_expires_on=row.document_expires_on,
            sha256=row.sha256,
            failures=row.failures,
            last_error=row.last_error,
            requested_at=row.requested_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
        )
        for row in IdentityCheck.objects.filter(case_id=case_id)
        .defer("report")
        .order_by("-requested_at", "pk")
    ]


def states_of(investor_ids: Iterable[UUID], *, on: date) -> dict[UUID, KycState]:
    """
    What KYC said of each investor on a day, in one query for any number of them. Of the approvals made by then
    the latest holds, whatever was opened, rejected or expired since.
    """
    until = datetime.combine(on, time.max, tzinfo=UTC)
    wanted = list(investor_ids)
    result = dict.fromkeys(wanted, KycState("none", None, None))
    rows = Case.objects.filter(investor_id__in=wanted, opened_at__lte=until).order_by("opened_at", "pk")
    for row in rows:
        known = result[row.investor_id]
        approved_by_then = (
            row.valid_until is not None and row.decided_at is not None and row.decided_at <= until
        )
        result[row.investor_id] = KycState(
            case_state=row.state,
            decided_at=row.decided_at if approved_by_then else known.decided_at,
            valid_until=row.valid_until if approved_by_then else known.valid_until,
            question=row.question if row.state == "needs_information" else "",
        )
    return result


def due_to_expire(*, on: date, limit: int = 500) -> list[UUID]:
    """Approved cases whose last day has passed, oldest first."""
    rows = Case.objects.filter(state="approved", valid_until__lt=on).order_by("valid_until", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def due_for_reminder(*, on: date, limit: int = 500) -> list[UUID]:
    """Approved cases whose reminder has come and was not written, unless officers have the case that follows."""
    with_officers = Case.objects.filter(
        investor=OuterRef("investor"), state__in=["submitted", "in_review", "awaiting_second"]
    )
    due: list[UUID] = []
    for days in sorted(REMIND_DAYS):
        first, last = window_of(days)
        written = CaseEvent.objects.filter(case=OuterRef("pk"), event=f"remind_{days}")
        rows = Case.objects.filter(
            ~Exists(written),
            ~Exists(with_officers),
            state="approved",
            valid_until__range=(on + timedelta(days=first), on + timedelta(days=last)),
        )
        due += rows.order_by("valid_until", "pk").values_list("pk", flat=True)[: limit - len(due)]
    return due


def refreshable(*, until: date | None = None, points: int = 0, limit: int = 200) -> list[CaseFacts]:
    """
    Approved and expired cases without one that follows, the earliest last day first.

    until   only those whose last day is no later
    points  only those of so many risk points or more
    """
    under_way = Case.objects.filter(investor=OuterRef("investor"), state__in=OPEN_STATES)
    rows = Case.objects.filter(
        ~Exists(under_way),
        state__in=["approved", "expired"],
        risk_points__gte=points,
        investor__closed_at=None,
    )
    if until is not None:
        rows = rows.filter(valid_until__lte=until)
    return [case_facts(row) for row in rows.order_by("valid_until", "pk")[:limit]]


def risk_of(investor: InvestorFacts, *, resolved_hits: int = 0) -> RiskScore:
    """The score of an investor as his profile stands now."""
    return risk_score(
        RiskFacts(
            kind=investor.kind,
            country=investor.country,
            tax_countries=investor.tax_countries,
            politically_exposed=investor.politically_exposed,
            resolved_hits=resolved_hits,
            has_identifier=investor.has_identifier,
            expected_minor=investor.expected_minor,
        )
    )


def case_facts(row: Case) -> CaseFacts:
    return CaseFacts(
        id=row.pk,
        investor_id=row.investor_id,
        state=row.state,
        opened_at=row.opened_at,
        submitted_at=row.submitted_at,
        risk=row.risk,
        risk_points=row.risk_points,
        officer_id=row.officer_id,
        question=row.question,
        approval_id=row.approval_id,
        decided_at=row.decided_at,
        decided_by=row.decided_by_id,
        decision_reason=row.decision_reason,
        valid_until=row.valid_until,
    )
