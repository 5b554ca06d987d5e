"""One's saved searches: saving, listing, removing. Opening one is following its address."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.http import saved_searches
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.consoles import compliance_console
from portal.http.once import once
from portal.saved_searches import services


@compliance_console.page(
    "searches/",
    name="saved-searches",
    action="saved_search.view",
    label="Saved searches",
    group="Evidence",
    icon="flag",
    order=40,
)
def searches(request: HttpRequest) -> HttpResponse:
    return render(request, "compliance/saved_searches.html", {"rows": saved_searches.shown(request)})


@compliance_console.page("searches/save/", name="saved-search-save", action="saved_search.view")
@require_POST
@once
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filter of a list that this person may open, and go back to it."""
    key = request.POST.get("page", "")
    listed = saved_searches.page_named(key)
    require(request, listed.action)
    made = services.save_search(
        owner=request.user.pk,
        name=request.POST.get("name", ""),
        page=key,
        query=saved_searches.filter_of(request.POST.get("query", "")),
        actor=actor_of(request),
        at=timezone.now(),
    )
    messages.success(request, f"Saved as {made.name}.")
    return redirect(saved_searches.href_of(made))


@compliance_console.page(
    "searches/<uuid:search_id>/remove/", name="saved-search-remove", action="saved_search.view"
)
@require_POST
@once
def remove(request: HttpRequest, search_id: UUID) -> HttpResponse:
    services.remove_search(
        search_id=search_id, owner=request.user.pk, actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, "Removed.")
    return redirect("compliance:saved-searches")
