"""Documents: an investor's own in one place, and the one address under which any document is handed out."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header

from investors.profiles import selectors as profiles
from portal.documents import selectors, services
from portal.documents.facts import DocumentFacts
from portal.documents.selectors import NoSuchDocument
from portal.http.actors import actor_of
from portal.http.authorization import allowed

SHUT = "sandbox; default-src 'none'"
"""Nothing that a document may hold runs or loads in the portal's name."""


@login_required
def documents(request: HttpRequest) -> HttpResponse:
    """Everything the person handed in or was given, newest first, by hash."""
    own = profiles.investor_of_user(request.user.pk)
    found = selectors.documents_of(own.owner) if own else []
    return render(request, "investors/profiles/documents.html", {"documents": found})


@login_required
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """
    One document as a download, never shown inside a page of the portal. Who reads it leaves an event.

    raises  NoSuchDocument for what this person may not see
    """
    found = selectors.document(document_id)
    if not allowed(
        request,
        "document.view",
        owners=_owners(found),
        organisation=found.organisation,
        published=found.published,
    ):
        raise NoSuchDocument("There is no document with this id.")
    content = services.read(document_id=document_id, actor=actor_of(request), at=timezone.now())
    return HttpResponse(
        content,
        content_type=found.media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, found.filename) or "attachment",
            "Content-Security-Policy": SHUT,
            "X-Content-Type-Options": "nosniff",
        },
    )


def _owners(found: DocumentFacts) -> list[UUID]:
    """User ids of the persons it belongs to: its reader, and the investor whose record it is part of."""
    owners = [found.reader] if found.reader else []
    noun, _, key = found.owner.partition(":")
    if noun == "investor":
        known = profiles.investors_by_id([UUID(key)])
        owners += [one.user_id for one in known.values() if one.user_id]
    return owners
