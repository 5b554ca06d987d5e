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
from portal.http.consoles import Console, compliance_console, issuer_console
from portal.http.once import once


class CannotDecide(NotAllowed):
    """This person's role does not decide this kind of approval."""

    code = "cannot-decide"


def waiting(request: HttpRequest) -> int:
    return len(selectors.pending(organisations=request.console.scope))  # type: ignore[attr-defined]


def approvals(request: HttpRequest) -> HttpResponse:
    found = selectors.pending(organisations=request.console.scope)  # type: ignore[attr-defined]
    rows = [
        (
            one,
            four_eyes.title_of(one.action),
            four_eyes.href_of(request, one),
            four_eyes.may_decide(request, one),
        )
        for one in found
    ]
    return render(request, "compliance/approvals.html", {"rows": rows})


def approval(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    found = _visible(request, approval_id)
    context = {
        "approval": found,
        "title": four_eyes.title_of(found.action),
        "approve_url": _page(request, found, "approval-approve"),
        "reject_url": _page(request, found, "approval-reject"),
        "bar": four_eyes.bar(request, found),
        "facts": four_eyes.facts_of(found),
        "history": [
            (one, _page(request, one))
            for one in selectors.history(subject=found.subject)
            if one.id != found.id
        ],
        "list_url": reverse(f"{request.console.name}:approvals"),  # type: ignore[attr-defined]
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
    return HttpResponseRedirect(_page(request, found))


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
    return HttpResponseRedirect(_page(request, found))


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


def _page(request: HttpRequest, found: ApprovalFacts, name: str = "approval") -> str:
    """An address in the console that one is in."""
    return reverse(f"{request.console.name}:{name}", args=[found.id])  # type: ignore[attr-defined]


def _add_to(site: Console, *, group: str) -> None:
    may = "approval.view"
    site.page(
        "approvals/",
        name="approvals",
        action=may,
        label="Four eyes",
        group=group,
        icon="eyes",
        order=10,
        count=waiting,
    )(approvals)
    site.page("approvals/<uuid:approval_id>/", name="approval", action=may)(approval)
    site.page("approvals/<uuid:approval_id>/approve/", name="approval-approve", action=may)(approve)
    site.page("approvals/<uuid:approval_id>/reject/", name="approval-reject", action=may)(reject)


_add_to(issuer_console, group="Company")
_add_to(compliance_console, group="Control")
