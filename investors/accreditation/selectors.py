"""Claims, which are all that other houses see of an investor; and the records behind them, for front doors."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models.functions import Coalesce

from investors.accreditation.facts import AccreditationPaper, DeterminationFacts, RequestFacts
from investors.accreditation.models import Determination, Representation, Request
from investors.domain.bases import BASES, STATUSES
from investors.domain.claims import Claims
from investors.domain.standing import (
    Determined,
    Represented,
    accreditation_missing,
    accredited_on,
    kyc_missing,
    screening_missing,
    standings_on,
)
from investors.domain.verification import EVIDENCE_KINDS, METHODS, REPRESENTATION_DAYS, Paper
from investors.kyc import selectors as kyc
from investors.kyc.facts import KycState
from investors.profiles import selectors as profiles
from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import NoSuchInvestor
from investors.screening import selectors as screening
from investors.screening.facts import ScreeningState
from portal.domain.errors import NotFound


class NoSuchRequest(NotFound):
    code = "no-such-accreditation-request"


class NoSuchDetermination(NotFound):
    code = "no-such-determination"


def claims_of(investor_id: UUID, *, on: date, issuer_id: UUID | None = None) -> Claims:
    """
    What is established of an investor on a day (UTC), as it was known at that day's end.

    issuer_id  whose sale it is: determinations made for one issuer count for that one only
    raises     NoSuchInvestor
    """
    found = claims_of_many([investor_id], on=on, issuer_id=issuer_id)
    if investor_id not in found:
        raise NoSuchInvestor("There is no investor with this id.")
    return found[investor_id]


def claims_of_many(
    investor_ids: Iterable[UUID], *, on: date, issuer_id: UUID | None = None
) -> dict[UUID, Claims]:
    """Claims by id, in the same number of queries for one investor and for thousands; unknown ids are left out."""
    people = profiles.investors_by_id(investor_ids)
    cases, screened = kyc.states_of(people, on=on), screening.states_of(people, on=on)
    determined, represented = _determined(people, on=on), _represented(people, on=on)
    return {
        key: _claims(
            one, cases[key], screened[key], determined[key], represented[key], on=on, issuer_id=issuer_id
        )
        for key, one in people.items()
    }


def claims_of_user(user_id: UUID, *, on: date, issuer_id: UUID | None = None) -> Claims | None:
    """Claims of the investor that a signed-in person acts as; None before onboarding."""
    own = profiles.investor_of_user(user_id)
    return None if own is None else claims_of(own.id, on=on, issuer_id=issuer_id)


def request(request_id: UUID) -> RequestFacts:
    """raises  NoSuchRequest"""
    row = Request.objects.filter(pk=request_id).prefetch_related("papers").first()
    if row is None:
        raise NoSuchRequest("There is no accreditation request with this id.")
    return request_facts(row)


def request_under_way(investor_id: UUID) -> RequestFacts | None:
    """The investor's draft or open request."""
    rows = Request.objects.filter(investor_id=investor_id, state__in=["draft", "open"])
    row = rows.prefetch_related("papers").first()
    return None if row is None else request_facts(row)


def queue() -> list[RequestFacts]:
    """Requests that wait for an officer, the longest waiting first."""
    rows = Request.objects.filter(state="open").prefetch_related("papers").order_by("submitted_at", "pk")
    return [request_facts(row) for row in rows]


def request_ids(investor_id: UUID) -> list[UUID]:
    """Every request of an investor, newest first."""
    found = Request.objects.filter(investor_id=investor_id).order_by("-created_at", "pk")
    return list(found.values_list("pk", flat=True))


def decided_since(since: datetime) -> list[tuple[UUID, datetime, datetime]]:
    """(officer, submitted, decided) of the requests determined since an instant."""
    rows = Determination.objects.filter(decided_at__gte=since, request__submitted_at__isnull=False)
    return list(rows.values_list("decided_by_id", "request__submitted_at", "decided_at"))


def ending(*, on: date, until: date, limit: int = 2000) -> list[DeterminationFacts]:
    """
    Positive determinations that stand and whose last day lies in the span, both days in it, earliest first. The last
    day is that of re-use where there is one, else that of the evidence.
    """
    last = Coalesce("reuse_until", "evidence_until")
    rows = Determination.objects.filter(accredited=True, revocation=None).annotate(last=last)
    found = rows.filter(last__range=(on, until)).order_by("last", "pk")
    return [
        determination_facts(row)
        for row in found.select_related("revocation").prefetch_related("evidence")[:limit]
    ]


def determinations(investor_id: UUID) -> list[DeterminationFacts]:
    """Every determination of an investor with its evidence, newest first."""
    rows = Determination.objects.filter(investor_id=investor_id).order_by("-decided_at", "-pk")
    return [
        determination_facts(row) for row in rows.select_related("revocation").prefetch_related("evidence")
    ]


def determination(determination_id: UUID) -> DeterminationFacts:
    """raises  NoSuchDetermination"""
    rows = Determination.objects.filter(pk=determination_id)
    row = rows.select_related("revocation").prefetch_related("evidence").first()
    if row is None:
        raise NoSuchDetermination("There is no determination with this id.")
    return determination_facts(row)


def fresh_representations(
    investor_id: UUID, *, issuer_id: UUID | None, since: datetime
) -> list[Representation]:
    """For this room: representations made to this issuer or to any since an instant, newest first."""
    rows = Representation.objects.filter(investor_id=investor_id, at__gte=since).order_by("-at", "pk")
    return [row for row in rows if row.issuer_id in (None, issuer_id)]


def papers_of_request(one: RequestFacts, *, at: datetime) -> list[Paper]:
    """What a request rests on: its papers, and the investor's representations that are still fresh."""
    spoken = fresh_representations(
        one.investor_id, issuer_id=one.issuer_id, since=at - timedelta(days=REPRESENTATION_DAYS)
    )
    said = [Paper(kind, row.at.astimezone(UTC).date()) for row in spoken for kind in row.kinds]
    return [*(Paper(paper.kind, paper.dated, paper.tax_year) for paper in one.papers), *said]


def request_facts(row: Request) -> RequestFacts:
    papers = sorted(row.papers.all(), key=lambda paper: (paper.added_at, str(paper.pk)))
    present = {paper.kind for paper in papers}
    method = METHODS[row.method]
    return RequestFacts(
        id=row.pk,
        investor_id=row.investor_id,
        basis=row.basis,
        basis_label=BASES[row.basis].label,
        method=row.method,
        method_label=method.label,
        issuer_id=row.issuer_id,
        state=row.state,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        papers=tuple(
            AccreditationPaper(
                p.kind, EVIDENCE_KINDS[p.kind], p.dated, p.tax_year, p.document_id, p.sha256, p.filename
            )
            for p in papers
        ),
        missing=tuple(kind for kind in method.evidence if kind not in present),
    )


def determination_facts(row: Determination) -> DeterminationFacts:
    revocation = getattr(row, "revocation", None)
    return DeterminationFacts(
        id=row.pk,
        investor_id=row.investor_id,
        accredited=row.accredited,
        basis=row.basis,
        basis_label=BASES[row.basis].label,
        method=row.method,
        method_label=METHODS[row.method].label,
        verified=row.verified,
        issuer_id=row.issuer_id,
        findings=tuple(json.loads(row.findings)),
        evidence=tuple(
            AccreditationPaper(e.kind, EVIDENCE_KINDS[e.kind], e.dated, e.tax_year, e.document_id, e.sha256)
            for e in sorted(row.evidence.all(), key=lambda e: e.pk)
        ),
        evidence_until=row.evidence_until,
        reuse_until=row.reuse_until,
        decided_by=row.decided_by_id,
        decided_label=row.decided_label,
        decided_at=row.decided_at,
        reason=row.reason,
        revoked_at=revocation.at if revocation else None,
        revocation_reason=revocation.reason if revocation else "",
        status_label=STATUSES[BASES[row.basis].status],
    )


def _determined(investor_ids: Iterable[UUID], *, on: date) -> dict[UUID, list[Determined]]:
    rows = Determination.objects.filter(investor_id__in=list(investor_ids), decided_at__lte=_end(on))
    result: dict[UUID, list[Determined]] = defaultdict(list)
    for row in rows.select_related("revocation").order_by("decided_at", "pk"):
        revocation = getattr(row, "revocation", None)
        result[row.investor_id].append(
            Determined(
                id=row.pk,
                accredited=row.accredited,
                basis=row.basis,
                method=row.method,
                verified=row.verified,
                issuer_id=row.issuer_id,
                decided_on=row.decided_at.astimezone(UTC).date(),
                evidence_dated=row.evidence_dated,
                evidence_until=row.evidence_until,
                reuse_until=row.reuse_until,
                revoked_on=revocation.at.astimezone(UTC).date() if revocation else None,
            )
        )
    return result


def _represented(investor_ids: Iterable[UUID], *, on: date) -> dict[UUID, list[Represented]]:
    rows = Representation.objects.filter(investor_id__in=list(investor_ids), at__lte=_end(on))
    result: dict[UUID, list[Represented]] = defaultdict(list)
    columns = rows.order_by("at", "pk").values_list("investor_id", "at", "issuer_id", "kinds")
    for investor_id, at, issuer_id, kinds in columns:
        result[investor_id].append(Represented(at.astimezone(UTC).date(), issuer_id, tuple(kinds)))
    return result


def _claims(
    one: InvestorFacts,
    case: KycState,
    screened: ScreeningState,
    determined: list[Determined],
    represented: list[Represented],
    *,
    on: date,
    issuer_id: UUID | None,
) -> Claims:
    changed = case.decided_at is not None and case.decided_at < one.identity_changed_at <= _end(on)
    closed = one.closed_at is not None and one.closed_at <= _end(on)
    missing = (
        *kyc_missing(
            state=case.case_state,
            valid_until=case.valid_until,
            identity_changed=changed,
            complete=one.complete,
            on=on,
        ),
        *screening_missing(
            lists=len(screened.lists),
            lacking=screened.lacking,
            open_hits=screened.open_hits,
            true_matches=screened.true_matches + closed,
        ),
    )
    return Claims(
        investor_id=one.id,
        on=on,
        kind=one.kind,
        country=one.country,
        us_person=one.us_person,
        kyc_state=case.case_state,
        kyc_valid_until=None if changed else case.valid_until,
        screened_on=screened.screened_on,
        screening_list_date=screened.list_date,
        blocked=bool(screened.open_hits or screened.true_matches or closed),
        accredited=accredited_on(
            determinations=determined, representations=represented, on=on, issuer_id=issuer_id
        ),
        missing=missing,
        accreditation_missing=accreditation_missing(
            determinations=determined, representations=represented, on=on, issuer_id=issuer_id
        ),
        issuer_id=issuer_id,
        reference=one.reference,
        standings=standings_on(
            determinations=determined, representations=represented, on=on, issuer_id=issuer_id
        ),
    )


def _end(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=UTC)
