"""Issuers: onboarding in the issuer console, review in the compliance console."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issuance.assets.selectors import assets
from issuance.console.forms import IssuerForm, ReasonForm
from issuance.console.scope import own_issuers
from issuance.issuers import selectors, services
from issuance.securities.selectors import securities
from portal.accounts.selectors import user_by_email
from portal.domain.errors import Invalid, NotAllowed, Refused
from portal.http import desk
from portal.http.actors import actor_of
from portal.http.authorization import allowed, possible, require
from portal.http.consoles import compliance_console, issuer_console
from portal.http.desk import Task
from portal.http.forms import add_refusal
from portal.http.once import once


class NobodyWithThisAddress(Invalid):
    """The first administrator signs up before the issuer is onboarded."""

    code = "nobody-with-this-address"


class OnlyOperators(NotAllowed):
    """New issuers are brought by an operator of the house."""

    code = "only-operators"


@issuer_console.page(
    "issuers/",
    name="issuers",
    action="issuer.view",
    label="Issuers",
    group="Company",
    icon="building",
    order=40,
)
def issuers(request: HttpRequest) -> HttpResponse:
    context = {"rows": own_issuers(request), "may_add": _may_onboard(request), "page": "console:issuer"}
    return render(request, "issuance/issuers/list.html", context)


@issuer_console.page("issuers/new/", name="issuer-new", action="issuer.onboard")
@once
def onboard(request: HttpRequest) -> HttpResponse:
    """An operator brings an issuer; compliance reviews it before it can do anything."""
    if not _may_onboard(request):
        raise OnlyOperators("New issuers are brought by an operator of the house.")
    form = IssuerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.apply(
                legal_name=form.cleaned_data["legal_name"],
                country=form.cleaned_data["country"].upper(),
                lei=form.cleaned_data["lei"],
                applicant_id=_administrator(form.cleaned_data["administrator"]),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Handed in. A compliance officer reviews it.")
            return HttpResponseRedirect(reverse("console:issuer", args=[made.id]))
    return render(request, "issuance/issuers/new.html", {"form": form}, status=422 if form.errors else 200)


@issuer_console.page("issuers/<uuid:issuer_id>/", name="issuer", action="issuer.view")
def issuer(request: HttpRequest, issuer_id: UUID) -> HttpResponse:
    return _page(request, issuer_id, "console")


@compliance_console.page(
    "issuers/",
    name="issuers",
    action="issuer.view",
    label="Issuers",
    icon="building",
    order=30,
)
def to_review(request: HttpRequest) -> HttpResponse:
    context = {"rows": selectors.issuers(), "may_add": False, "page": "compliance:issuer"}
    return render(request, "issuance/issuers/list.html", context)


@compliance_console.page("issuers/<uuid:issuer_id>/", name="issuer", action="issuer.view")
def review_page(request: HttpRequest, issuer_id: UUID) -> HttpResponse:
    return _page(request, issuer_id, "compliance")


@compliance_console.page("issuers/<uuid:issuer_id>/review/", name="issuer-review", action="issuer.review")
@require_POST
@once
def review(request: HttpRequest, issuer_id: UUID) -> HttpResponse:
    """The officer's decision, with its note."""
    require(request, "issuer.review")
    verdict, note = request.POST.get("verdict", ""), request.POST.get("reason", "")
    steps = {"approve": services.approve, "refuse": services.refuse, "suspend": services.suspend}
    if verdict not in steps:
        raise Invalid("Choose approve, refuse or suspend.", field="verdict")
    made = steps[verdict](issuer_id=issuer_id, note=note, actor=actor_of(request), at=timezone.now())
    messages.success(request, f"{made.legal_name} is {made.state.replace('_', ' ')}.")
    return HttpResponseRedirect(reverse("compliance:issuer", args=[issuer_id]))


@desk.compliance
def waiting(request: HttpRequest) -> list[Task]:
    """Issuers that wait for their review."""
    if not possible(request, "issuer.review"):
        return []
    return [
        Task(
            title=f"Review {one.legal_name}",
            text=f"Organised in {one.country}; LEI {one.lei or 'not given'}.",
            href=reverse("compliance:issuer", args=[one.id]),
            action="Review",
            icon="building",
            since=one.created_at,
            group="Issuers",
        )
        for one in selectors.issuers(state="in_review")
    ]


def _page(request: HttpRequest, issuer_id: UUID, door: str) -> HttpResponse:
    require(request, "issuer.view", organisation=issuer_id)
    one = selectors.issuer(issuer_id)
    context = {
        "issuer": one,
        "assets": assets(one.id),
        "securities": securities(issuer_ids=[one.id]),
        "form": ReasonForm(),
        "may_edit": door == "console" and allowed(request, "issuer.edit", organisation=one.id),
        "may_review": door == "compliance" and possible(request, "issuer.review"),
        "door": door,
    }
    return render(request, "issuance/issuers/page.html", context)


def _may_onboard(request: HttpRequest) -> bool:
    """An operator of the house; an issuer's administrator has his own issuer already."""
    return possible(request, "issuer.onboard") and request.console.scope is None  # type: ignore[attr-defined]


def _administrator(email: str) -> UUID | None:
    if not email:
        return None
    found = user_by_email(email)
    if found is None:
        raise NobodyWithThisAddress(
            "Nobody with this address has an account here.",
            field="administrator",
            next_step="Ask him to sign up first, or leave it empty.",
        )
    return found.id
