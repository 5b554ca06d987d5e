"""What compliance officers do with accreditation: determine, and revoke. Records are never edited."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from investors.accreditation.facts import DeterminationFacts, EvidenceInput
from investors.accreditation.models import REQUEST, Determination, DeterminationEvidence, Request, Revocation
from investors.accreditation.selectors import (
    NoSuchDetermination,
    NoSuchRequest,
    determination_facts,
    fresh_representations,
)
from investors.accreditation.services import (
    check_paper,
    fresh_since,
    locked,
    refuse_failed,
    refuse_without_issuer,
)
from investors.domain.bases import BASES, basis_for
from investors.domain.verification import (
    Method,
    Paper,
    completeness,
    evidence_until,
    method_for,
    reuse_until,
)
from investors.profiles import selectors as profiles
from investors.profiles.facts import InvestorFacts
from portal.audit.essences import essences
from portal.audit.services import record
from portal.documents.selectors import document
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json
from portal.domain.decision import Finding
from portal.domain.errors import Conflict, Invalid, NotAllowed


class NotTheInvestorsPaper(Invalid):
    """Evidence must be a document that belongs to this investor."""

    code = "not-the-investors-paper"


class OwnDetermination(NotAllowed):
    """Nobody determines his own accreditation."""

    code = "own-determination"


class AlreadyRevoked(Conflict):
    code = "already-revoked"


def determine(
    *,
    investor_id: UUID,
    accredited: bool,
    basis: str,
    method: str,
    reason: str,
    officer_id: UUID,
    actor: Actor,
    at: datetime,
    evidence: Sequence[EvidenceInput] = (),
    worksheet: Sequence[Finding] = (),
    issuer_id: UUID | None = None,
    request_id: UUID | None = None,
) -> DeterminationFacts:
    """
    An officer determines that an investor is accredited, or is not, and why. The record is never edited.

    evidence    papers relied on; empty with a request takes the request's papers. Fresh representations of the
                investor are added to them.
    worksheet   findings of the amounts (income, net worth, …); a failed one refuses a positive determination
    issuer_id   for one issuer, which may then re-use it for five years; None for any issuer
    raises      NoSuchInvestor, NoSuchRequest, OwnDetermination, EvidenceIncomplete, NotTheInvestorsPaper, Invalid
    """
    said = _required_reason(reason)
    investor, way = profiles.investor(investor_id), method_for(method)
    basis_for(basis, investor.kind)
    if investor.user_id == officer_id:
        raise OwnDetermination("This is your own accreditation; another officer determines it.")
    with transaction.atomic():
        asked = _decided_request(request_id, investor_id, at=at)
        inputs = tuple(evidence) or _papers_of(asked)
        rows = _evidence_rows(investor, inputs, issuer_id=issuer_id, today=at.date(), at=at)
        papers = [Paper(row.kind, row.dated, row.tax_year) for row in rows]
        decision = completeness(method=way, basis=basis, kind=investor.kind, papers=papers, on=at.date())
        findings = [*decision.findings, *worksheet]
        if accredited:
            refuse_failed(findings, way)
            refuse_without_issuer(way, issuer_id)
        documents = [paper for paper, row in zip(papers, rows, strict=True) if row.document_id]
        made = Determination.objects.create(
            id=uuid.uuid4(),
            investor_id=investor_id,
            request=asked,
            accredited=accredited,
            basis=basis,
            method=method,
            verified=accredited and way.verified,
            issuer_id=issuer_id,
            findings=canonical_json([finding.as_dict() for finding in findings]).decode(),
            evidence_dated=min((paper.dated for paper in documents), default=None),
            evidence_until=evidence_until(way, documents or papers) if accredited else None,
            reuse_until=_reuse_until(way, basis, at.date()) if accredited and issuer_id else None,
            decided_by_id=officer_id,
            decided_label=actor.label,
            reason=said,
            decided_at=at,
        )
        for row in rows:
            row.determination = made
        DeterminationEvidence.objects.bulk_create(rows)
        _tell(made, rows, asked, actor=actor, at=at)
    return determination_facts(made)


def revoke(*, determination_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """
    Withdraw a determination from this instant on. The record stays and so does what was sold on it.

    raises  NoSuchDetermination, AlreadyRevoked, Invalid
    """
    said = _required_reason(reason)
    with transaction.atomic():
        row = Determination.objects.filter(pk=determination_id).first()
        if row is None:
            raise NoSuchDetermination("There is no determination with this id.")
        try:
            with transaction.atomic():
                revocation = Revocation.objects.create(
                    determination=row, actor=str(actor), actor_label=actor.label, reason=said, at=at
                )
        except IntegrityError as clash:
            raise AlreadyRevoked("This determination was revoked before.") from clash
        record(
            actor=actor,
            action="accreditation.revoked",
            subject=f"investor:{row.investor_id}",
            reason=said,
            at=at,
            determination=str(row.pk),
            rows=essences(revocation),
        )


def _reuse_until(way: Method, basis: str, on: date) -> date | None:
    """Only a verified accreditation may be relied on again by its issuer; other standings are judged anew."""
    return reuse_until(on) if way.verified and BASES[basis].status == "accredited" else None


def _decided_request(request_id: UUID | None, investor_id: UUID, *, at: datetime) -> Request | None:
    if request_id is None:
        return None
    row = locked(request_id)
    if row.investor_id != investor_id:
        raise NoSuchRequest("There is no accreditation request with this id.")
    row.state, row.decided_at = REQUEST.after(row.state, "decide"), at
    row.save(update_fields=["state", "decided_at"])
    return row


def _papers_of(asked: Request | None) -> tuple[EvidenceInput, ...]:
    if asked is None:
        return ()
    return tuple(
        EvidenceInput(p.document_id, p.kind, p.dated, p.tax_year)
        for p in asked.papers.order_by("added_at", "pk")
    )


def _evidence_rows(
    investor: InvestorFacts,
    inputs: Sequence[EvidenceInput],
    *,
    issuer_id: UUID | None,
    today: date,
    at: datetime,
) -> list[DeterminationEvidence]:
    rows = []
    for given in inputs:
        check_paper(given.kind, given.dated, given.tax_year, today=today)
        kept = document(given.document_id)
        if kept.owner != investor.owner:
            raise NotTheInvestorsPaper("This document does not belong to the investor.", field="evidence")
        rows.append(
            DeterminationEvidence(
                kind=given.kind,
                dated=given.dated,
                tax_year=given.tax_year,
                document_id=kept.id,
                sha256=kept.sha256,
            )
        )
    seen = set()
    for spoken in fresh_representations(investor.id, issuer_id=issuer_id, since=fresh_since(at)):
        for kind in spoken.kinds:
            if kind not in seen:
                seen.add(kind)
                day = spoken.at.astimezone(UTC).date()
                rows.append(
                    DeterminationEvidence(kind=kind, dated=day, representation=spoken, sha256=spoken.sha256)
                )
    return rows


def _required_reason(text: str) -> str:
    said = text.strip()
    if not 5 <= len(said) <= 2000:
        raise Invalid("Write a reason of 5 to 2,000 characters; it is kept with the record.", field="reason")
    return said


def _tell(
    made: Determination,
    rows: Sequence[DeterminationEvidence],
    asked: Request | None,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    record(
        actor=actor,
        action="accreditation.determined" if made.accredited else "accreditation.refused",
        subject=f"investor:{made.investor_id}",
        reason=made.reason,
        at=at,
        determination=str(made.pk),
        basis=made.basis,
        method=made.method,
        issuer=str(made.issuer_id) if made.issuer_id else None,
        evidence=sorted(row.sha256 for row in rows),
        evidence_until=made.evidence_until.isoformat() if made.evidence_until else None,
        reuse_until=made.reuse_until.isoformat() if made.reuse_until else None,
        rows=essences(made, *rows, *([asked] if asked else [])),
    )
