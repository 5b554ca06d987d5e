"""Documents: everything that a person handed in or was given, in one place."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from investors.profiles import selectors as profiles
from portal.documents.selectors import documents_of


@login_required
def documents(request: HttpRequest) -> HttpResponse:
    """Newest first, by hash; each is a download, and each look leaves a record."""
    own = profiles.investor_of_user(request.user.pk)
    found = documents_of(own.owner) if own else []
    return render(request, "investors/profiles/documents.html", {"documents": found})
