"""The work queue of prices: what looks wrong or lacks, decided by an operator with a reason."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from indices.console.forms import FindingForm, TokenEventForm
from indices.prices import checks, decisions, selectors
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once


def waiting(request: HttpRequest) -> int:
    return selectors.open_findings()


@compliance_console.page(
    "prices/",
    name="prices",
    action="index.view",
    label="Prices",
    group="Operate",
    icon="index",
    order=31,
    count=waiting,
)
def queue(request: HttpRequest) -> HttpResponse:
    """Findings that wait, those decided last, and the deliveries."""
    context = {
        "open": selectors.findings(),
        "decided": selectors.findings(states=("kept", "corrected", "excluded"), limit=20),
        "batches": selectors.batches(limit=20),
    }
    return render(request, "indices/console/prices.html", context)


@compliance_console.page("prices/<uuid:finding_id>/", name="price-finding", action="index.view")
@once
def finding(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """One finding with the days around it; the form is an operator's."""
    found = selectors.finding(finding_id)
    form = FindingForm(request.POST or None)
    if request.method == "POST":
        require(request, "price.import")
        if form.is_valid():
            try:
                checks.decide(
                    finding_id=finding_id, **form.cleaned_data, actor=actor_of(request), at=timezone.now()
                )
            except Refused as refused:
                add_refusal(form, refused)
            else:
                return redirect("compliance:prices")
    context = {
        "finding": found,
        "days": selectors.around(found.symbol, day=found.day, known_by=timezone.now()),
        "form": form,
        "may_decide": found.state == "open" and allowed(request, "price.import"),
    }
    return render(request, "indices/console/price_finding.html", context, status=422 if form.errors else 200)


@compliance_console.page("prices/events/", name="token-events", action="index.view")
@once
def events(request: HttpRequest) -> HttpResponse:
    """What happened to tokens, and the form of an operator for one more."""
    form = TokenEventForm(request.POST or None)
    if request.method == "POST":
        require(request, "price.import")
        if form.is_valid():
            try:
                decisions.record_event(**form.cleaned_data, actor=actor_of(request), at=timezone.now())
            except Refused as refused:
                add_refusal(form, refused)
            else:
                return redirect("compliance:token-events")
    context = {
        "events": selectors.token_events(known_by=timezone.now()),
        "form": form,
        "may_record": allowed(request, "price.import"),
    }
    return render(request, "indices/console/token_events.html", context, status=422 if form.errors else 200)
