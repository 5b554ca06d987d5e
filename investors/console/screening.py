"""Screening in the compliance console: lists in use with their dates, and matches side by side."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from investors.console.cases import owners_of
from investors.console.forms import HitForm, ListForm
from investors.profiles import selectors as profiles
from investors.screening import decisions, selectors, services
from investors.screening.facts import Comparison
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import allowed, possible, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once


def waiting(request: HttpRequest) -> int:
    return len(selectors.hits(state="open"))


@compliance_console.page(
    "matches/",
    name="matches",
    action="screening.view",
    label="Name matches",
    group="",
    icon="search",
    order=12,
    count=waiting,
)
def matches(request: HttpRequest) -> HttpResponse:
    """Matches that wait, then those decided."""
    return _matches(request)


@compliance_console.page("matches/<uuid:hit_id>/decide/", name="match-decide", action="screening.decide")
@require_POST
@once
def decide(request: HttpRequest, hit_id: UUID) -> HttpResponse:
    hit = selectors.hit(hit_id)
    require(request, "screening.decide", owners=owners_of(profiles.investor(hit.investor_id)))
    form = HitForm(request.POST)
    if form.is_valid():
        try:
            decisions.decide_hit(
                hit_id=hit_id,
                true_match=form.cleaned_data["match"] == "true",
                reason=form.cleaned_data["reason"],
                officer_id=request.user.pk,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Decided. The investor's claims follow at once.")
            return redirect("compliance:matches")
    return _matches(request, form=form, hit_id=hit_id, status=422)


@compliance_console.page("matches/<uuid:hit_id>/compare/", name="match-compare", action="screening.decide")
@require_POST
def compare(request: HttpRequest, hit_id: UUID) -> HttpResponse:
    """Both names side by side, for this one answer; the reason stays in the trail."""
    hit = selectors.hit(hit_id)
    require(request, "screening.decide", owners=owners_of(profiles.investor(hit.investor_id)))
    opened = decisions.compare(
        hit_id=hit_id, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
    )
    return _matches(request, hit_id=hit_id, opened=opened)


@compliance_console.page(
    "lists/",
    name="screening-lists",
    action="screening.view",
    label="Screening lists",
    group="Rules",
    icon="filter",
    order=20,
)
@once
def lists(request: HttpRequest) -> HttpResponse:
    """Lists in use with their own dates; import a newer one."""
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        require(request, "screening.import")
        if form.is_valid():
            try:
                made = services.import_list(
                    source=form.cleaned_data["source"],
                    list_date=form.cleaned_data["list_date"],
                    content=form.cleaned_data["file"].read(),
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except Refused as refused:
                add_refusal(form, refused)
            else:
                messages.success(
                    request, f"{made.names} names imported. Every investor is compared with them now."
                )
                return redirect("compliance:screening-lists")
    context = {
        "form": form,
        "in_use": selectors.lists_in_use(timezone.now().date()),
        "lists": selectors.all_lists(),
        "may_import": possible(request, "screening.import"),
    }
    return render(request, "investors/screening/lists.html", context, status=422 if form.errors else 200)


def _matches(
    request: HttpRequest,
    *,
    form: HitForm | None = None,
    hit_id: UUID | None = None,
    opened: Comparison | None = None,
    status: int = 200,
) -> HttpResponse:
    found = selectors.hits(limit=200)
    people = profiles.investors_by_id({hit.investor_id for hit in found})
    rows = [
        (
            hit,
            people[hit.investor_id],
            allowed(request, "screening.decide", owners=owners_of(people[hit.investor_id])),
            form if form is not None and hit.id == hit_id else HitForm(),
            opened if hit.id == hit_id else None,
        )
        for hit in sorted(found, key=lambda hit: hit.state != "open")
    ]
    open_ones = sum(1 for hit in found if hit.state == "open")
    return render(
        request, "investors/screening/matches.html", {"rows": rows, "open": open_ones}, status=status
    )
