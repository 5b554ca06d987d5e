"""Requests to close an account, for officers: what stands against it, the first officer's yes, the second's."""

from collections.abc import Sequence
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from investors.closure import decisions, selectors
from investors.closure.facts import ClosureFacts
from investors.closure.ports import obstacles_of
from investors.console.cases import owners_of
from investors.console.forms import ReasonForm
from investors.domain.retention import RULES, kept_until
from investors.profiles import selectors as profiles
from portal.approvals import selectors as approvals
from portal.approvals.facts import ApprovalFacts
from portal.domain.errors import Refused
from portal.http import desk, four_eyes
from portal.http.actors import actor_of
from portal.http.authorization import allowed, possible, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once


class ClosureForm(ReasonForm):
    """What becomes of a request to close."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("agree", _("Close the account")), ("refuse", _("Keep it open"))],
        widget=forms.RadioSelect,
    )
    field_order = ("decision", "reason")


def waiting(request: HttpRequest) -> int:
    return len(selectors.closures(states=("asked", "proposed")))


@compliance_console.page(
    "closures/",
    name="closures",
    action="closure.view",
    label="Closing accounts",
    group="",
    icon="exit",
    order=19,
    count=waiting,
)
def closures(request: HttpRequest) -> HttpResponse:
    """Requests that wait, those decided, and accounts of which nothing need be kept any more."""
    found = selectors.closures()
    names = profiles.references({one.investor_id for one in found})
    ordered = sorted(found, key=lambda one: not one.under_way)
    context = {
        "rows": [(one, names[one.investor_id]) for one in ordered],
        "waiting": waiting(request),
        "erasable": {one.id for one in selectors.erasable(on=timezone.now().date())},
    }
    return render(request, "investors/closure/list.html", context)


@compliance_console.page("closures/<uuid:closure_id>/", name="closure", action="closure.view")
def closure(request: HttpRequest, closure_id: UUID) -> HttpResponse:
    """One request with everything that bears on it."""
    return _page(request, selectors.closure(closure_id))


@compliance_console.page("closures/<uuid:closure_id>/decide/", name="closure-decide", action="closure.decide")
@require_POST
@once
def decide(request: HttpRequest, closure_id: UUID) -> HttpResponse:
    """The first officer proposes, the second approves; either refuses."""
    asked = selectors.closure(closure_id)
    require(request, "closure.decide", owners=owners_of(profiles.investor(asked.investor_id)))
    form = ClosureForm(request.POST)
    if form.is_valid():
        try:
            _decide(request, asked, form)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return redirect("compliance:closures")
    return _page(request, asked, form=form, status=422)


def _decide(request: HttpRequest, asked: ClosureFacts, form: ClosureForm) -> None:
    actor, now, reason = actor_of(request), timezone.now(), form.cleaned_data["reason"]
    if form.cleaned_data["decision"] == "refuse":
        decisions.refuse(closure_id=asked.id, reason=reason, actor=actor, at=now)
        messages.success(request, _("Refused. The investor reads the reason."))
    elif asked.state == "proposed":
        decisions.approve(closure_id=asked.id, note=reason, actor=actor, at=now)
        messages.success(request, _("Closed. Nobody signs in to this account any more."))
    else:
        decisions.propose(closure_id=asked.id, reason=reason, actor=actor, at=now)
        messages.success(request, _("A second officer is asked."))


@four_eyes.page_of(decisions.APPROVE)
def page_of(approval: ApprovalFacts) -> str:
    return reverse("compliance:closure", args=[approval.subject.removeprefix("closure:")])


@desk.compliance
def asked_for(request: HttpRequest) -> Sequence[desk.Task]:
    """The second officer's part is among the approvals already."""
    if not possible(request, "closure.view"):
        return []
    found = selectors.closures(states=("asked",))
    names = profiles.references({one.investor_id for one in found})
    tasks = [
        desk.Task(
            title=f"{names[one.investor_id]} asks to close the account",
            text=one.wish[:120],
            href=reverse("compliance:closure", args=[one.id]),
            action="Decide",
            icon="exit",
            since=one.asked_at,
            group="Closing",
        )
        for one in found
    ]
    due = selectors.erasable(on=timezone.now().date())
    if due:
        tasks.append(
            desk.Task(
                title=f"{len(due)} closed accounts need be kept no longer",
                text="The law requires nothing of them any more.",
                href=reverse("compliance:closures"),
                action="Look",
                icon="exit",
                group="Closing",
            )
        )
    return tasks


def _page(
    request: HttpRequest, asked: ClosureFacts, *, form: ClosureForm | None = None, status: int = 200
) -> HttpResponse:
    investor = profiles.investor(asked.investor_id)
    until = asked.kept or kept_until(timezone.now().date())
    proposal = approvals.approval(asked.approval_id) if asked.approval_id else None
    mine = proposal is not None and proposal.maker == f"user:{request.user.pk}"
    context = {
        "closure": asked,
        "investor": investor,
        "obstacles": obstacles_of(investor) if asked.under_way else [],
        "kept": [(rule, until[rule.name]) for rule in RULES if rule.name in until],
        "proposal": proposal,
        "mine": mine,
        "form": form or ClosureForm(),
        "may_decide": asked.under_way and allowed(request, "closure.decide", owners=owners_of(investor)),
    }
    return render(request, "investors/closure/closure.html", context, status=status)
