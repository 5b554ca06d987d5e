"""Handing a document out: always as a download, never as a page of this site."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from portal.accounts import permissions, sessions
from portal.documents import selectors, services
from portal.documents.facts import DocumentFacts


@login_required
@require_GET
def download(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The bytes, to whoever may have them; 404 to everybody else; told to the trail before they leave."""
    asked = selectors.document(document_id)
    if not permissions.allowed(
        sessions.principal(request),
        "document.view",
        organisation=asked.organisation,
        owners=_owners(asked),
        published=asked.published,
    ):
        raise selectors.NoSuchDocument("There is no document with this id.")
    content = services.read(document_id=document_id, actor=sessions.actor_of(request), at=timezone.now())
    return HttpResponse(
        content,
        content_type=asked.media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, asked.filename) or "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )


def _owners(asked: DocumentFacts) -> list[str]:
    """The person it is about, and who handed it in, unless he did so for an organisation that he may have left."""
    owners = [str(asked.reader)] if asked.reader else []
    if asked.organisation is None and asked.uploaded_by.startswith("user:"):
        owners.append(asked.uploaded_by.removeprefix("user:"))
    return owners
