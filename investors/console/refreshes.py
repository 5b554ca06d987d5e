"""Asking many investors at once to go through their identity check again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from investors.console.forms import RefreshForm, RefreshSearchForm
from investors.kyc import refreshing, selectors
from investors.profiles import selectors as profiles
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once


@compliance_console.page(
    "kyc-refresh/",
    name="kyc-refresh",
    action="kyc.view",
    label="KYC refresh",
    group="",
    icon="clock",
    order=12,
)
@once
def refreshes(request: HttpRequest) -> HttpResponse:
    """Approvals by their last day, at most 200; those that are ticked are asked again."""
    search = RefreshSearchForm(request.GET or None)
    given = search.cleaned_data if search.is_valid() else {}
    cases = selectors.refreshable(until=given.get("until"), points=given.get("points") or 0)
    people = profiles.investors_by_id([case.investor_id for case in cases])
    form = RefreshForm(request.POST or None, possible=list(people))
    if request.method == "POST":
        require(request, "kyc.decide")
        if form.is_valid():
            chosen = form.cleaned_data["investors"]
            require(
                request, "kyc.decide", owners=[people[one].user_id for one in chosen if people[one].user_id]
            )
            try:
                done = refreshing.refresh_many(
                    investor_ids=chosen,
                    reason=form.cleaned_data["reason"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except Refused as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, f"{len(done.opened)} asked again.")
                for _, why in done.left:
                    messages.warning(request, why)
                return redirect("compliance:kyc-refresh")
    context = {
        "rows": [(case, people[case.investor_id]) for case in cases],
        "search": search,
        "form": form,
        "may_ask": allowed(request, "kyc.decide"),
        "today": timezone.now().date(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "investors/kyc/refresh.html", context, status=status)
