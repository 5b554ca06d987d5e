"""Screening in the compliance console: lists in use with their dates, and matches side by side."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from investors.console.cases import owners_of
from investors.console.forms import HitForm, ListForm, ReleaseForm
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


@compliance_console.page("matches/<uuid:hit_id>/", name="match", action="screening.view")
def match(request: HttpRequest, hit_id: UUID) -> HttpResponse:
    """One match: the entry as published beside what may be shown of the investor."""
    return _match(request, hit_id)


@compliance_console.page("matches/<uuid:hit_id>/decide/", name="match-decide", action="screening.decide")
@require_POST
@once
def decide(request: HttpRequest, hit_id: UUID) -> HttpResponse:
    hit = selectors.hit(hit_id)
    require(request, "screening.decide", owners=owners_of(profiles.investor(hit.investor_id)))
    form = HitForm(request.POST)
    if form.is_valid():
        try:
            done = decisions.decide_hit(
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
            frozen = " The accounts are frozen." if done.state == "true_match" else ""
            messages.success(request, f"Decided. The investor's claims follow at once.{frozen}")
            return redirect("compliance:matches")
    return _match(request, hit_id, form=form, status=422)


@compliance_console.page("matches/<uuid:hit_id>/release/", name="match-release", action="screening.decide")
@require_POST
@once
def release(request: HttpRequest, hit_id: UUID) -> HttpResponse:
    """Another officer than the one who found it true."""
    hit = selectors.hit(hit_id)
    require(request, "screening.decide", owners=owners_of(profiles.investor(hit.investor_id)))
    form = ReleaseForm(request.POST)
    if form.is_valid():
        try:
            decisions.release_hit(
                hit_id=hit_id,
                reason=form.cleaned_data["reason"],
                officer_id=request.user.pk,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Released. The investor's claims follow at once.")
            return redirect("compliance:match", hit_id)
    return _match(request, hit_id, form=form, status=422)


@compliance_console.page("matches/<uuid:hit_id>/compare/", name="match-compare", action="screening.decide")
@require_POST
def compare(request: HttpRequest, hit_id: UUID) -> HttpResponse:
    """Both names side by side, for this one answer; the reason stays in the trail."""
    hit = selectors.hit(hit_id)
    require(request, "screening.decide", owners=owners_of(profiles.investor(hit.investor_id)))
    opened = decisions.compare(
        hit_id=hit_id, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
    )
    return _match(request, hit_id, opened=opened)


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
                    form=form.cleaned_data["form"],
                    source=form.cleaned_data["source"],
                    list_date=form.cleaned_data["list_date"],
                    content=form.cleaned_data["file"],
                    aliases=form.cleaned_data["aliases"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except Refused as refused:
                add_refusal(form, refused)
            else:
                messages.success(
                    request,
                    f"{made.names} names of {made.parties} entries imported, list of {made.list_date:%d %b %Y}. "
                    "Every investor is compared with them now.",
                )
                for remark in made.remarks[:5]:
                    messages.warning(request, remark)
                return redirect("compliance:screening-lists")
    today = timezone.now().date()
    in_use = selectors.lists_in_use(today)
    context = {
        "form": form,
        "in_use": in_use,
        "stale": [(one, one.age_days(today)) for one in in_use if one.stale(today)],
        "lists": [(one, selectors.rescreen_state(one.id)) for one in selectors.all_lists()],
        "may_import": possible(request, "screening.import"),
    }
    return render(request, "investors/screening/lists.html", context, status=422 if form.errors else 200)


def _match(
    request: HttpRequest,
    hit_id: UUID,
    *,
    form: HitForm | ReleaseForm | None = None,
    opened: Comparison | None = None,
    status: int = 200,
) -> HttpResponse:
    hit = selectors.hit(hit_id)
    investor = profiles.investor(hit.investor_id)
    related = {f"related_person:{one.id}": one for one in profiles.related_persons(investor.id)}
    fresh = HitForm() if hit.state == "open" else ReleaseForm()
    context = {
        "hit": hit,
        "investor": investor,
        "masked": profiles.masked_data(investor.id),
        "person": related.get(hit.subject),
        "listed": selectors.listed(hit.list_id, hit.reference) if hit.list_id else None,
        "owned": selectors.owned_by_listed(investor.id) if investor.kind == "entity" else None,
        "others": [one for one in selectors.hits(investor_id=investor.id) if one.id != hit.id],
        "opened": opened,
        "may": allowed(request, "screening.decide", owners=owners_of(investor)),
        "form": form or fresh,
    }
    return render(request, "investors/screening/match.html", context, status=status)


def _matches(request: HttpRequest) -> HttpResponse:
    """Open ones first, the likest before the rest; then those decided."""
    found = selectors.hits(limit=500)
    people = profiles.investors_by_id({hit.investor_id for hit in found})
    ordered = sorted(found, key=lambda hit: (hit.state != "open", -hit.score, hit.found_at))
    now = timezone.now()
    rows = [(hit, people[hit.investor_id], (now - hit.found_at).days) for hit in ordered]
    context = {"rows": rows, "open": sum(1 for hit in found if hit.state == "open")}
    return render(request, "investors/screening/matches.html", context)
