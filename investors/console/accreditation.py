"""Accreditation in the compliance console: requests with their papers, and the determination form."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from investors.accreditation import decisions, selectors
from investors.accreditation.facts import RequestFacts
from investors.console.cases import owners_of
from investors.console.forms import DetermineForm, ReasonForm
from investors.console.worksheets import Case, findings_of
from investors.domain.verification import completeness, method_for
from investors.profiles import selectors as profiles
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once


def waiting(request: HttpRequest) -> int:
    return len(selectors.queue())


@compliance_console.page(
    "accreditation/",
    name="accreditation",
    action="accreditation.view",
    label="Accreditation",
    group="",
    icon="check",
    order=11,
    count=waiting,
)
def queue(request: HttpRequest) -> HttpResponse:
    """Requests that wait, the longest first."""
    found = selectors.queue()
    people = profiles.investors_by_id([one.investor_id for one in found])
    rows = [(one, people[one.investor_id]) for one in found]
    return render(request, "investors/accreditation/queue.html", {"rows": rows, "now": timezone.now()})


@compliance_console.page(
    "accreditation/<uuid:request_id>/", name="accreditation-request", action="accreditation.view"
)
def request_page(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request with its evidence and the form that decides it."""
    return _page(request, selectors.request(request_id))


@compliance_console.page(
    "accreditation/<uuid:request_id>/determine/",
    name="accreditation-determine",
    action="accreditation.decide",
)
@require_POST
@once
def determine(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Write the determination record."""
    asked = selectors.request(request_id)
    investor = profiles.investor(asked.investor_id)
    require(request, "accreditation.decide", owners=owners_of(investor))
    if request.POST.get("show"):
        return _page(request, asked)
    form = _form(request, asked, investor.kind)
    now = timezone.now()
    if form.is_valid():
        basis = form.cleaned_data["basis"]
        papers = tuple(selectors.papers_of_request(asked, at=now))
        case = Case(kind=investor.kind, basis=basis, on=now.date(), papers=papers)
        try:
            decisions.determine(
                investor_id=asked.investor_id,
                accredited=form.cleaned_data["outcome"] == "accredited",
                basis=basis,
                method=form.cleaned_data["method"],
                reason=form.cleaned_data["reason"],
                worksheet=findings_of(form.sheets, form.cleaned_data, case),
                issuer_id=asked.issuer_id,
                request_id=asked.id,
                officer_id=request.user.pk,
                actor=actor_of(request),
                at=now,
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Determined. The record stands and cannot be edited.")
            return redirect("compliance:accreditation")
    return _page(request, asked, form=form, status=422)


@compliance_console.page(
    "determinations/<uuid:determination_id>/", name="determination", action="accreditation.view"
)
@once
def determination(request: HttpRequest, determination_id: UUID) -> HttpResponse:
    """A determination record for an examiner; an officer may revoke it."""
    found = selectors.determination(determination_id)
    investor = profiles.investor(found.investor_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST":
        require(request, "accreditation.decide", owners=owners_of(investor))
        if form.is_valid():
            try:
                decisions.revoke(
                    determination_id=determination_id,
                    reason=form.cleaned_data["reason"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except Refused as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, "Revoked from now on. What was sold on it stays.")
                return redirect("compliance:determination", determination_id)
    context = {
        "found": found,
        "investor": investor,
        "decision": {"findings": found.findings, "passed": found.accredited, "rule_set": "", "version": 0},
        "form": form,
        "may_decide": allowed(request, "accreditation.decide", owners=owners_of(investor)),
    }
    return render(
        request, "investors/accreditation/determination.html", context, status=422 if form.errors else 200
    )


def _form(request: HttpRequest, asked: RequestFacts, kind: str) -> DetermineForm:
    """Bound where it was sent; with the worksheets of the basis and the method that are chosen."""
    chosen = {name: request.POST.get(name) or getattr(asked, name) for name in ("basis", "method")}
    sent = request.method == "POST" and not request.POST.get("show")
    return DetermineForm(request.POST if sent else None, initial=chosen, kind=kind, **chosen)


def _page(
    request: HttpRequest, asked: RequestFacts, *, form: DetermineForm | None = None, status: int = 200
) -> HttpResponse:
    investor = profiles.investor(asked.investor_id)
    now = timezone.now()
    decision = completeness(
        method=method_for(asked.method),
        basis=asked.basis,
        kind=investor.kind,
        papers=selectors.papers_of_request(asked, at=now),
        on=now.date(),
    )
    context = {
        "asked": asked,
        "investor": investor,
        "papers": asked.papers,
        "decision": decision,
        "claims": selectors.claims_of(investor.id, on=now.date(), issuer_id=asked.issuer_id),
        "determinations": selectors.determinations(investor.id),
        "form": form or _form(request, asked, investor.kind),
        "may_decide": asked.state == "open"
        and allowed(request, "accreditation.decide", owners=owners_of(investor)),
    }
    return render(request, "investors/accreditation/request.html", context, status=status)
