"""Four eyes: what waits for a second person, one approval with what it asks, and the two buttons."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.approvals import selectors, services
from portal.approvals.facts import ApprovalFacts
from portal.domain.errors import NotAllowed
from portal.http import four_eyes
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.consoles import compliance_console
from portal.http.once import once


class CannotDecide(NotAllowed):
    """This person's role does not decide this kind of approval."""

    code = "cannot-decide"


def waiting(request: HttpRequest) -> int:
    return len(selectors.pending(organisations=compliance_console.scope(request)))


@compliance_console.page(
    "approvals/",
    name="approvals",
    action="approval.view",
    label="Four eyes",
    group="Control",
    icon="eyes",
    order=10,
    count=waiting,
)
def approvals(request: HttpRequest) -> HttpResponse:
    found = selectors.pending(organisations=compliance_console.scope(request))
    rows = [(one, four_eyes.href_of(one), four_eyes.may_decide(request, one)) for one in found]
    return render(request, "compliance/approvals.html", {"rows": rows})


@compliance_console.page("approvals/<uuid:approval_id>/", name="approval", action="approval.view")
def approval(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    found = _visible(request, approval_id)
    context = {
        "approval": found,
        "bar": four_eyes.bar(request, found),
        "facts": four_eyes.facts_of(found),
        "history": [one for one in selectors.history(subject=found.subject) if one.id != found.id],
    }
    return render(request, "compliance/approval.html", context)


@compliance_console.page(
    "approvals/<uuid:approval_id>/approve/", name="approval-approve", action="approval.view"
)
@require_POST
@once
def approve(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    found = _decidable(request, approval_id)
    services.approve(
        approval_id=found.id, checker=actor_of(request), at=timezone.now(), note=request.POST.get("note", "")
    )
    messages.success(request, "Approved. Two of two have signed.")
    return HttpResponseRedirect(reverse("compliance:approval", args=[found.id]))


@compliance_console.page(
    "approvals/<uuid:approval_id>/reject/", name="approval-reject", action="approval.view"
)
@require_POST
@once
def reject(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    found = _decidable(request, approval_id)
    services.reject(
        approval_id=found.id, checker=actor_of(request), at=timezone.now(), note=request.POST.get("note", "")
    )
    messages.success(request, "Sent back. Whoever asked finds it in the history.")
    return HttpResponseRedirect(reverse("compliance:approval", args=[found.id]))


def _visible(request: HttpRequest, approval_id: UUID) -> ApprovalFacts:
    found = selectors.approval(approval_id)
    require(request, "approval.view", organisation=found.organisation)
    return found


def _decidable(request: HttpRequest, approval_id: UUID) -> ApprovalFacts:
    """
    raises  NotFound for what this person may not see, CannotDecide for what he may not decide; the service
            itself refuses the maker and what has been decided
    """
    found = _visible(request, approval_id)
    if found.open and not four_eyes.may_decide(request, found) and found.maker != f"user:{request.user.pk}":
        raise CannotDecide(
            f"Your role does not decide this ({found.action}).",
            next_step="It stays open for somebody whose role does.",
        )
    return found
