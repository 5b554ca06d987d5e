"""An offering's data room as issuer and compliance see it: every version, and who opened what."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issuance.console.forms import PaperForm, ReasonForm
from issuance.console.scope import names
from issuance.data_room import selectors, services
from issuance.offerings.facts import OfferingFacts
from issuance.offerings.selectors import offering as offering_of
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import issuer_console
from portal.http.forms import add_refusal
from portal.http.once import once

SHOWN = 500
"""Lines of the log on the page, the newest; the trail has all."""


@issuer_console.page("offerings/<uuid:offering_id>/room/", name="data-room", action="offering.view")
def room(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    return _page(request, _visible(request, offering_id, "offering.view"))


@issuer_console.page("offerings/<uuid:offering_id>/room/add/", name="data-room-add", action="offering.draft")
@require_POST
@once
def add(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    """Lay a paper out, new or as the next version of one that is there."""
    one = _visible(request, offering_id, "offering.draft")
    form = PaperForm(request.POST, request.FILES, choices=_choices(one))
    if form.is_valid():
        upload, replaces = form.cleaned_data["file"], form.cleaned_data["replaces"]
        try:
            made = services.add_paper(
                offering_id=one.id,
                title=form.cleaned_data["title"],
                filename=upload.name,
                content=upload.read(),
                replaces=UUID(replaces) if replaces else None,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"{made.title}, version {made.version}, lies in the data room.")
            return HttpResponseRedirect(reverse("console:data-room", args=[one.id]))
    return _page(request, one, form=form, status=422)


@issuer_console.page(
    "offerings/<uuid:offering_id>/room/<uuid:paper_id>/withdraw/",
    name="data-room-withdraw",
    action="offering.draft",
)
@once
def withdraw(request: HttpRequest, offering_id: UUID, paper_id: UUID) -> HttpResponse:
    """Take a version out of the room, with a reason."""
    one = _visible(request, offering_id, "offering.draft")
    found, form = selectors.paper(one.id, paper_id), ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.withdraw_paper(
            offering_id=one.id,
            paper_id=paper_id,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        messages.success(request, "Withdrawn. Investors do not get it any more; you and compliance do.")
        return HttpResponseRedirect(reverse("console:data-room", args=[one.id]))
    context = {"offering": one, "paper": found, "form": form}
    return render(request, "issuance/data_room/withdraw.html", context, status=422 if form.errors else 200)


def _page(
    request: HttpRequest, one: OfferingFacts, form: PaperForm | None = None, status: int = 200
) -> HttpResponse:
    log = selectors.accesses(one.id, limit=SHOWN)
    known = names({line.investor for line in log})
    context = {
        "offering": one,
        "papers": selectors.papers(one.id, in_force=False),
        "log": [(line, known[line.investor]) for line in log],
        "may": allowed(request, "offering.draft", organisation=one.issuer_id)
        and one.state not in ("cancelling", "cancelled"),
        "may_read": allowed(request, "document.view", organisation=one.issuer_id),
        "form": form or PaperForm(choices=_choices(one)),
    }
    return render(request, "issuance/data_room/console.html", context, status=status)


def _choices(one: OfferingFacts) -> list[tuple[str, str]]:
    return [(str(paper.id), f"{paper.title}, version {paper.version}") for paper in selectors.papers(one.id)]


def _visible(request: HttpRequest, offering_id: UUID, action: str) -> OfferingFacts:
    """raises  NothingHere for another issuer's offering"""
    one = offering_of(offering_id)
    require(request, action, organisation=one.issuer_id)
    return one
