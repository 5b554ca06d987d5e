"""Documents and decisions: everything that a person handed in or was given, and what was decided, in one place."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from investors.closure.ports import decisions_of
from investors.profiles import selectors as profiles
from portal.documents.selectors import documents_of


@login_required
def documents(request: HttpRequest) -> HttpResponse:
    """Newest first, by hash; each is a download, and each look leaves a record. Beside them what was decided and why."""
    own = profiles.investor_of_user(request.user.pk)
    decided = decisions_of(own) if own else []
    context = {
        "documents": documents_of(own.owner) if own else [],
        "decisions": [(one, reverse(one.href) if one.href else "") for one in decided],
    }
    return render(request, "investors/profiles/documents.html", context)
