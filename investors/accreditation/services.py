"""What an investor asks for and represents; what an officer determines is in `decisions`."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from investors.accreditation.facts import AccreditationPaper, RequestFacts
from investors.accreditation.models import (
    REQUEST,
    Representation,
    Request,
    RequestPaper,
)
from investors.accreditation.selectors import (
    NoSuchRequest,
    papers_of_request,
    request_facts,
)
from investors.domain.bases import basis_for
from investors.domain.verification import (
    EVIDENCE_KINDS,
    METHODS,
    REPRESENTATION_DAYS,
    Method,
    Paper,
    completeness,
    method_for,
)
from investors.profiles import selectors as profiles
from investors.profiles.facts import InvestorFacts
from portal.audit.essences import essences
from portal.audit.services import record
from portal.documents.services import store
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.decision import Finding, Outcome
from portal.domain.errors import Conflict, Invalid

REPRESENTATIONS = {
    "investor_representation": "I am an accredited investor within the meaning of 17 CFR 230.501(a).",
    "financing_representation": "No third party finances my minimum investment for the purpose of this purchase.",
    "income_expectation": "I reasonably expect my income of this year to stay above the limit that my basis asks for.",
    "liability_representation": "I have disclosed all liabilities needed to determine my net worth.",
    "purchaser_representation": "I am a qualified purchaser within the meaning of section 2(a)(51) of the Investment Company Act.",
    "buyer_representation": "I am a qualified institutional buyer within the meaning of 17 CFR 230.144A(a)(1).",
    "non_us_certificate": "I am not a US person within the meaning of 17 CFR 230.902(k) and do not buy for the account or benefit of one.",
    "professional_request": "I ask to be treated as a professional client and understand which protections I lose by it.",
}
"""The sentences an investor confirms, by kind of evidence."""


class RequestUnderWay(Conflict):
    code = "accreditation-request-under-way"


class EvidenceIncomplete(Invalid):
    """The determination lacks something that its method must have; `reasons` names everything."""

    code = "accreditation-evidence-incomplete"


def ask(
    *, investor_id: UUID, basis: str, method: str, actor: Actor, at: datetime, issuer_id: UUID | None = None
) -> RequestFacts:
    """
    Begin a request as a draft; papers are added to it and then it is submitted.

    basis   a paragraph of 501(a) that fits the kind of investor; method one of METHODS that fits the basis
    raises  NoSuchInvestor, RequestUnderWay, Invalid
    """
    investor = profiles.investor(investor_id)
    basis_for(basis, investor.kind)
    way = method_for(method)
    _refuse_misfit(way, basis, investor)
    refuse_without_issuer(way, issuer_id)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = Request.objects.create(
                    id=uuid.uuid4(),
                    investor_id=investor_id,
                    basis=basis,
                    method=method,
                    issuer_id=issuer_id,
                    created_at=at,
                )
        except IntegrityError as clash:
            if "accreditation_request_open_once" not in str(clash):
                raise
            raise RequestUnderWay(
                "A request is under way already.", next_step="Complete it, or withdraw it first."
            ) from clash
        _tell(row, "accreditation.asked", actor=actor, at=at)
    return request_facts(row)


def add_paper(
    *,
    request_id: UUID,
    kind: str,
    dated: date,
    filename: str,
    content: bytes,
    actor: Actor,
    at: datetime,
    tax_year: int | None = None,
) -> AccreditationPaper:
    """
    Add one paper to a draft request.

    kind      a key of EVIDENCE_KINDS
    dated     the day on the paper; not in the future
    tax_year  for a tax form: the year it reports
    raises    NoSuchRequest, Conflict once submitted, Invalid, and whatever the document store refuses
    """
    check_paper(kind, dated, tax_year, today=at.date())
    with transaction.atomic():
        row = locked(request_id)
        if row.state != "draft":
            raise Conflict(f"This request is {row.state}; papers cannot be added now.")
        stored = store(
            owner=f"investor:{row.investor_id}", kind=f"accreditation_{kind}", filename=filename, content=content,
            actor=actor, at=at,
        )  # fmt: skip
        paper = RequestPaper.objects.create(
            request=row,
            document_id=stored.id,
            sha256=stored.sha256,
            kind=kind,
            filename=stored.filename,
            dated=dated,
            tax_year=tax_year,
            added_by=str(actor),
            added_at=at,
        )
        _tell(
            row,
            "accreditation.paper_added",
            paper,
            actor=actor,
            at=at,
            document=str(stored.id),
            sha256=stored.sha256,
        )
    return AccreditationPaper(
        kind, EVIDENCE_KINDS[kind], paper.dated, tax_year, stored.id, stored.sha256, stored.filename
    )


def submit_request(*, request_id: UUID, actor: Actor, at: datetime) -> RequestFacts:
    """Hand a request to the officers. raises  NoSuchRequest, NotAllowedNow, EvidenceIncomplete"""
    with transaction.atomic():
        row = locked(request_id)
        after = REQUEST.after(row.state, "submit")
        investor = profiles.investor(row.investor_id)
        papers = papers_of_request(request_facts(row), at=at)
        _refuse_incomplete(method_for(row.method), row.basis, investor, papers, on=at.date())
        row.state, row.submitted_at = after, at
        row.save(update_fields=["state", "submitted_at"])
        _tell(row, "accreditation.submitted", actor=actor, at=at)
    return request_facts(row)


def withdraw_request(*, request_id: UUID, actor: Actor, at: datetime) -> RequestFacts:
    """Take a request back. raises  NoSuchRequest, NotAllowedNow"""
    with transaction.atomic():
        row = locked(request_id)
        row.state = REQUEST.after(row.state, "withdraw")
        row.save(update_fields=["state"])
        _tell(row, "accreditation.withdrawn", actor=actor, at=at)
    return request_facts(row)


def represent(
    *, investor_id: UUID, kinds: Sequence[str], actor: Actor, at: datetime, issuer_id: UUID | None = None
) -> UUID:
    """
    Record a written representation: the sentences of REPRESENTATIONS that the investor confirmed.

    issuer_id  to whom; None: to every issuer on the portal
    returns    the representation's id
    raises     NoSuchInvestor, Invalid
    """
    chosen = [kind for kind in REPRESENTATIONS if kind in kinds]
    if not chosen or len(chosen) != len(set(kinds)):
        raise Invalid(f"Confirm at least one of: {', '.join(REPRESENTATIONS)}.", field="kinds")
    profiles.investor(investor_id)
    text = "\n".join(REPRESENTATIONS[kind] for kind in chosen)
    with transaction.atomic():
        row = Representation.objects.create(
            investor_id=investor_id,
            issuer_id=issuer_id,
            kinds=chosen,
            text=text,
            sha256=sha256_hex(text.encode()),
            actor=str(actor),
            actor_label=actor.label,
            at=at,
        )
        record(
            actor=actor,
            action="accreditation.represented",
            subject=f"investor:{investor_id}",
            at=at,
            representation=str(row.pk),
            kinds=chosen,
            issuer=str(issuer_id) if issuer_id else None,
            sha256=row.sha256,
            rows=essences(row),
        )
    return row.pk


def locked(request_id: UUID) -> Request:
    """For this room: the request, locked. raises  NoSuchRequest"""
    row = Request.objects.select_for_update().filter(pk=request_id).first()
    if row is None:
        raise NoSuchRequest("There is no accreditation request with this id.")
    return row


def fresh_since(at: datetime) -> datetime:
    """For this room: representations since then still count as made at the time of the sale."""
    return at - timedelta(days=REPRESENTATION_DAYS)


def check_paper(kind: str, dated: date, tax_year: int | None, *, today: date) -> None:
    """For this room: a known kind, not dated in the future, a tax form with its year. raises  Invalid"""
    if kind not in EVIDENCE_KINDS:
        raise Invalid(f"The kind is one of {', '.join(EVIDENCE_KINDS)}.", field="kind")
    if dated > today:
        raise Invalid(f"The paper is dated {dated.isoformat()}, in the future.", field="dated")
    if kind == "tax_form" and tax_year is None:
        raise Invalid("Say which year this tax form reports.", field="tax_year")
    if tax_year is not None and not 1990 <= tax_year <= today.year:
        raise Invalid(f"A tax year lies between 1990 and {today.year}.", field="tax_year")


def _refuse_misfit(way: Method, basis: str, investor: InvestorFacts) -> None:
    if investor.kind in way.kinds and (not way.bases or basis in way.bases):
        return
    able = [
        m.label for m in METHODS.values() if investor.kind in m.kinds and (not m.bases or basis in m.bases)
    ]
    raise Invalid(
        f"{way.label} cannot support {basis} here. Possible: {'; '.join(able)}.",
        field="method",
        source=way.source,
    )


def refuse_without_issuer(way: Method, issuer_id: UUID | None) -> None:
    """For this room: some methods are open only to the issuer who sold before. raises  Invalid"""
    if way.one_issuer and issuer_id is None:
        raise Invalid(
            f"{way.label}: this counts for the issuer who sold then, so the issuer must be named.",
            field="issuer",
            source=way.source,
        )


def _refuse_incomplete(
    way: Method, basis: str, investor: InvestorFacts, papers: Sequence[Paper], *, on: date
) -> None:
    decision = completeness(method=way, basis=basis, kind=investor.kind, papers=papers, on=on)
    refuse_failed(decision.findings, way)


def refuse_failed(findings: Sequence[Finding], way: Method) -> None:
    """For this room: refuse with every failed finding at once. raises  EvidenceIncomplete"""
    failed = [finding for finding in findings if finding.outcome is Outcome.FAILED]
    if failed:
        raise EvidenceIncomplete(
            f"{len(failed)} of {len(findings)} conditions are not met: {failed[0].message}",
            field="evidence",
            reasons=[finding.message for finding in failed],
            next_step=failed[0].remedy,
            source=failed[0].source or way.source,
        )


def _tell(row: Request, action: str, *papers: RequestPaper, actor: Actor, at: datetime, **facts: Any) -> None:
    record(
        actor=actor,
        action=action,
        subject=f"accreditation_request:{row.pk}",
        at=at,
        investor=str(row.investor_id),
        basis=row.basis,
        method=row.method,
        rows=essences(row, *papers),
        **facts,
    )
