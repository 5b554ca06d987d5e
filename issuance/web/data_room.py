"""The data room of an offering, for investors who could buy in it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from investors.profiles.selectors import investor_of_user
from issuance.data_room import selectors, services
from issuance.data_room.facts import OpenedPaper
from issuance.offerings.facts import OfferingFacts
from issuance.offerings.selectors import NoSuchOffering
from issuance.offerings.selectors import offering as offering_of
from portal.http.actors import actor_of
from portal.http.authorization import require


@login_required
def room(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    """The papers, or what is missing to see them."""
    require(request, "offering.browse")
    one, investor, now = shown(offering_id), investor_of_user(request.user.pk), timezone.now()
    missing = selectors.missing(one, investor.id, at=now) if investor else ()
    may = investor is not None and not missing
    context = {
        "offering": one,
        "investor": investor,
        "missing": missing,
        "may": may,
        "papers": selectors.papers(one.id) if may else [],
        "number": selectors.number_of_papers(one.id),
    }
    return render(request, "issuance/data_room/room.html", context)


@login_required
@require_GET
def paper(request: HttpRequest, offering_id: UUID, paper_id: UUID) -> HttpResponse:
    """The bytes of a paper, as a file; 404 to whoever may not have it."""
    require(request, "offering.browse")
    investor = investor_of_user(request.user.pk)
    if investor is None:
        raise selectors.NoSuchPaper("There is no paper with this id in this data room.")
    opened = services.open_paper(
        offering_id=offering_id,
        paper_id=paper_id,
        investor_id=investor.id,
        actor=actor_of(request),
        at=timezone.now(),
    )
    return as_file(opened)


def as_file(opened: OpenedPaper) -> HttpResponse:
    """A download that no browser runs and no cache keeps."""
    return HttpResponse(
        opened.content,
        content_type=opened.paper.media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, opened.paper.filename) or "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )


def shown(offering_id: UUID) -> OfferingFacts:
    """raises  NoSuchOffering, for what is not open to investors too"""
    one = offering_of(offering_id)
    if one.state not in selectors.SHOWN:
        raise NoSuchOffering("There is no offering with this id.")
    return one
