"""Offerings as the issuer runs them: draft, open, watch, close or cancel."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issuance.console.forms import OfferingForm, ReasonForm
from issuance.console.scope import names, own_issuers, scope, securities_for
from issuance.offerings import selectors, services
from issuance.offerings.facts import NewOffering, OfferingFacts
from portal.accounts.stepup import step_up
from portal.domain.errors import Refused
from portal.http import desk
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import issuer_console
from portal.http.desk import Task
from portal.http.forms import add_refusal
from portal.http.once import once


@issuer_console.page(
    "offerings/",
    name="offerings",
    action="offering.view",
    label="Offerings",
    group="Raise",
    icon="flag",
    order=10,
)
def offerings(request: HttpRequest) -> HttpResponse:
    found = selectors.offerings(issuer_ids=scope(request))
    states, now = selectors.progress(found), timezone.now()
    context = {
        "rows": [(one, states[one.id]) for one in found],
        "open": sum(one.state == "open" and one.opens_at <= now < one.closes_at for one in found),
        "may_add": bool(securities_for(request, "offering.draft")),
    }
    return render(request, "issuance/offerings/list.html", context)


@issuer_console.page("offerings/new/", name="offering-new", action="offering.draft")
@once
def new(request: HttpRequest) -> HttpResponse:
    mine = {str(one.id): one for one in securities_for(request, "offering.draft") if one.state == "active"}
    form = OfferingForm(
        request.POST or None,
        choices=[(key, f"{one.code} {one.name}") for key, one in mine.items()],
        scales={key: one.scale for key, one in mine.items()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create(terms=_terms(form), actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Drafted. Nobody sees it before you open it.")
            return HttpResponseRedirect(reverse("console:offering", args=[made.id]))
    context = {"form": form, "none": not mine}
    return render(request, "issuance/offerings/new.html", context, status=422 if form.errors else 200)


@issuer_console.page("offerings/<uuid:offering_id>/", name="offering", action="offering.view")
def offering(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    one = _visible(request, offering_id, "offering.view")
    found = selectors.subscriptions(offering_id=one.id, limit=200)
    known = names({row.investor for row in found})
    context = {
        "offering": one,
        "progress": selectors.progress([one])[one.id],
        "rows": [(row, known[row.investor]) for row in found],
        "may": allowed(request, "offering.open", organisation=one.issuer_id),
        "may_close": _can_close(one, timezone.now()),
        "form": ReasonForm(),
    }
    if getattr(request, "htmx", False):
        return render(request, "issuance/offerings/_progress.html", context)
    return render(request, "issuance/offerings/page.html", context)


@issuer_console.page("offerings/<uuid:offering_id>/open/", name="offering-open", action="offering.open")
@require_POST
@step_up
@once
def open_it(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    one = _visible(request, offering_id, "offering.open")
    services.open_offering(offering_id=one.id, actor=actor_of(request), at=timezone.now())
    messages.success(request, "Open. Investors see it from its opening instant on.")
    return HttpResponseRedirect(reverse("console:offering", args=[one.id]))


@issuer_console.page("offerings/<uuid:offering_id>/close/", name="offering-close", action="offering.close")
@require_POST
@step_up
@once
def close(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    one = _visible(request, offering_id, "offering.close")
    services.close(offering_id=one.id, actor=actor_of(request), at=timezone.now())
    messages.success(request, "Closed and allotted. Workers now issue each allotment against its payment.")
    return HttpResponseRedirect(reverse("console:offering", args=[one.id]))


@issuer_console.page("offerings/<uuid:offering_id>/cancel/", name="offering-cancel", action="offering.close")
@require_POST
@step_up
@once
def cancel(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    one = _visible(request, offering_id, "offering.close")
    services.cancel(
        offering_id=one.id,
        reason=request.POST.get("reason", "")[:2000],
        actor=actor_of(request),
        at=timezone.now(),
    )
    messages.success(request, "Cancelled. Workers free every subscriber's cash.")
    return HttpResponseRedirect(reverse("console:offering", args=[one.id]))


@desk.issuer
def waiting(request: HttpRequest) -> list[Task]:
    """Offerings whose time has come and that nobody has closed."""
    mine = [one.id for one in own_issuers(request) if allowed(request, "offering.close", organisation=one.id)]
    now = timezone.now()
    return [
        Task(
            title=f"Close {one.name}",
            text=f"Its time ended on {one.closes_at:%d %b %Y, %H:%M} UTC.",
            href=reverse("console:offering", args=[one.id]),
            action="Close",
            icon="flag",
            tone="warn",
            since=one.closes_at,
        )
        for one in selectors.offerings(states=("open",), issuer_ids=mine)
        if _can_close(one, now)
    ]


def _can_close(one: OfferingFacts, now: datetime) -> bool:
    full = selectors.progress([one])[one.id].reserved_quantity >= one.max_quantity
    return one.state == "open" and (now >= one.closes_at or full)


def _terms(form: OfferingForm) -> NewOffering:
    data = form.cleaned_data
    return NewOffering(
        security_id=UUID(data["security"]),
        name=data["name"],
        summary=data["summary"],
        agreement=data["agreement"],
        exemption=data["exemption"],
        method=data["method"],
        price_minor=data["price"],
        max_quantity=data["max_units"],
        min_quantity=data["min_units"],
        min_investment_minor=data["min_investment"],
        max_investment_minor=data["max_investment"],
        lock_up_days=data["lock_up_days"],
        opens_at=data["opens_at"],
        closes_at=data["closes_at"],
    )


def _visible(request: HttpRequest, offering_id: UUID, action: str) -> OfferingFacts:
    """raises  NothingHere for another issuer's offering"""
    one = selectors.offering(offering_id)
    require(request, action, organisation=one.issuer_id)
    return one
