"""Investors in the compliance console: the list, and one investor with everything known."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from investors.accreditation import selectors as accreditation
from investors.console.cases import owners_of
from investors.console.forms import ReasonForm
from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from investors.profiles import services
from investors.screening import selectors as screening
from portal.funding import selectors as funding
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console


@compliance_console.page(
    "investors/",
    name="investors",
    action="investor.view",
    label="Investors",
    group="",
    icon="people",
    order=15,
)
def investors(request: HttpRequest) -> HttpResponse:
    """The newest 200, or those whose reference begins as typed."""
    sought = request.GET.get("q", "")[:16]
    found = profiles.investors(reference=sought)
    claims = accreditation.claims_of_many([one.id for one in found], on=timezone.now().date())
    rows = [(one, claims[one.id]) for one in found]
    return render(request, "investors/profiles/list.html", {"rows": rows, "sought": sought})


@compliance_console.page("investors/<uuid:investor_id>/", name="investor", action="investor.view")
def investor(request: HttpRequest, investor_id: UUID) -> HttpResponse:
    """Claims, cases, determinations, matches, money and revisions of one investor."""
    found = profiles.investor(investor_id)
    context = {
        "investor": found,
        "masked": profiles.masked_data(investor_id),
        "claims": accreditation.claims_of(investor_id, on=timezone.now().date()),
        "cases": kyc.cases_of(investor_id),
        "determinations": accreditation.determinations(investor_id),
        "hits": screening.hits(investor_id=investor_id),
        "cash": funding.cash(owner=found.owner),
        "revisions": profiles.revisions(investor_id),
    }
    return render(request, "investors/profiles/investor.html", context)


@compliance_console.page(
    "investors/<uuid:investor_id>/history/", name="investor-history", action="investor.view"
)
def history(request: HttpRequest, investor_id: UUID) -> HttpResponse:
    """Every version of a profile: who, when, why, which fields; the values for this one answer, for a stated reason."""
    found = profiles.investor(investor_id)
    form = ReasonForm(request.POST or None)
    opened = None
    if request.method == "POST":
        require(request, "personal_data.open", owners=owners_of(found))
        if form.is_valid():
            opened = services.reveal_history(
                investor_id=investor_id,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
    context = {
        "investor": found,
        "opened": opened,
        "revisions": profiles.revisions(investor_id),
        "form": form,
        "may_open": allowed(request, "personal_data.open", owners=owners_of(found)),
    }
    status = 422 if request.method == "POST" and opened is None else 200
    return render(request, "investors/profiles/history.html", context, status=status)
