"""Dividends as the issuer runs them: declare, preview every payee, ask a second person, watch the payout."""

from fractions import Fraction
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issuance.console.forms import DividendForm, ReasonForm, end_of
from issuance.console.scope import names, scope, securities_for
from issuance.corporate_actions import selectors, services
from issuance.corporate_actions.facts import DividendFacts, EntitlementFacts, NewDividend
from portal.accounts.stepup import step_up
from portal.approvals.facts import ApprovalFacts
from portal.approvals.selectors import approval, history
from portal.approvals.services import reject
from portal.domain.errors import Refused
from portal.domain.money import format_amount
from portal.http import exports, four_eyes
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console, issuer_console
from portal.http.forms import add_refusal
from portal.http.once import once

SHOWN = 200
HEAD = ("Holder", "Reference", "Units", "Rate ppm", "Why", "Gross", "Withheld", "Net", "Currency")
STEPS = ["Declared", "Announced", "Entitled", "Approved", "Paying", "Paid"]
PLACE = {"draft": 1, "announced": 2, "entitled": 3, "approved": 4, "paying": 5, "paid": 6, "closed": 7}
UNPAID = ("draft", "announced", "entitled", "approved", "paying")


@issuer_console.page(
    "dividends/",
    name="dividends",
    action="dividend.view",
    label="Dividends",
    group="Run",
    icon="cash",
    order=10,
)
def dividends(request: HttpRequest) -> HttpResponse:
    rows = selectors.dividends(issuer_ids=scope(request))
    context = {
        "rows": rows,
        "due": sum(one.state in UNPAID for one in rows),
        "may_add": bool(securities_for(request, "dividend.declare")),
    }
    return render(request, "issuance/dividends/list.html", context)


@issuer_console.page("dividends/new/", name="dividend-new", action="dividend.declare")
@once
def new(request: HttpRequest) -> HttpResponse:
    mine = securities_for(request, "dividend.declare")
    form = DividendForm(
        request.POST or None, choices=[(str(one.id), f"{one.code} {one.name}") for one in mine]
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        per_unit = None if data["per_unit"] is None else Fraction(data["per_unit"], 10**6)
        terms = NewDividend(
            security_id=UUID(data["security"]),
            name=data["name"],
            record_date=data["record_date"],
            record_at=end_of(data["record_date"]),
            payment_date=data["payment_date"],
            pot_minor=data["pot"],
            per_unit=per_unit,
            rounding=data["rounding"],
            ex_date=data["ex_date"],
        )
        try:
            made = services.declare(terms=terms, actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return HttpResponseRedirect(reverse("console:dividend", args=[made.id]))
    context = {"form": form, "none": not mine}
    return render(request, "issuance/dividends/new.html", context, status=422 if form.errors else 200)


def dividend(request: HttpRequest, dividend_id: UUID) -> HttpResponse:
    """One dividend: its terms, every payee with both figures, the approval, the payout; ?format=csv or xlsx."""
    one = _visible(request, dividend_id, "dividend.view")
    door = request.console.name  # type: ignore[attr-defined]
    kind = request.GET.get("format", "")
    if kind:
        return _export(kind, one)
    if getattr(request, "htmx", False):
        return render(
            request,
            "issuance/dividends/_progress.html",
            {"dividend": one, "progress": selectors.progress(one.id), "door": door},
        )
    lines = selectors.entitlements(dividend_id=one.id, limit=SHOWN)
    known = names({line.holder for line in lines})
    asked = approval(one.approval_id) if one.approval_id else None
    context = {
        "dividend": one,
        "lines": [(line, known[line.holder]) for line in lines],
        "more": max(one.holders - SHOWN, 0),
        "bar": four_eyes.bar(request, asked) if asked else None,
        "history": history(subject=f"dividend:{one.id}"),
        "progress": selectors.progress(one.id),
        "may": allowed(request, "dividend.declare", organisation=one.issuer_id),
        "may_ask": one.state == "entitled" and (asked is None or asked.state in ("rejected", "withdrawn")),
        "approved_elsewhere": one.state == "entitled" and asked is not None and asked.state == "approved",
        "steps": STEPS,
        "current": PLACE.get(one.state, 0),
        "form": ReasonForm(),
        "door": door,
        "now": timezone.now(),
    }
    return render(request, "issuance/dividends/page.html", context)


@issuer_console.page(
    "dividends/<uuid:dividend_id>/<str:step>/", name="dividend-step", action="dividend.declare"
)
@require_POST
@once
def step(request: HttpRequest, dividend_id: UUID, step: str) -> HttpResponse:
    """Announce, entitle, ask for approval, cancel, close: what the maker does."""
    one = _visible(request, dividend_id, "dividend.declare")
    actor, now = actor_of(request), timezone.now()
    if step == "announce":
        services.announce(dividend_id=one.id, actor=actor, at=now)
    elif step == "entitle":
        services.entitle(dividend_id=one.id, actor=actor, at=now)
    elif step == "ask":
        services.request_approval(dividend_id=one.id, actor=actor, at=now)
    elif step == "cancel":
        reason = request.POST.get("reason", "")[:2000]
        services.cancel(dividend_id=one.id, reason=reason, actor=actor, at=now)
    elif step == "close":
        services.close(dividend_id=one.id, actor=actor, at=now)
    else:
        raise selectors.NoSuchDividend("There is no such step.")
    return HttpResponseRedirect(reverse("console:dividend", args=[one.id]))


@step_up
@require_POST
@once
def approve(request: HttpRequest, dividend_id: UUID) -> HttpResponse:
    """The second person: the pot moves, workers pay when the payment date has come."""
    one = _decidable(request, dividend_id)
    services.approve(
        dividend_id=one.id,
        actor=actor_of(request),
        at=timezone.now(),
        note=request.POST.get("note", "")[:2000],
    )
    messages.success(request, "Approved. The pot is set aside; workers pay on the payment date.")
    return HttpResponseRedirect(_href(request, one.id))


@require_POST
@once
def send_back(request: HttpRequest, dividend_id: UUID) -> HttpResponse:
    one = _decidable(request, dividend_id)
    if one.approval_id is None:
        raise services.NotRequested("Nobody has asked for this approval.")
    reject(
        approval_id=one.approval_id,
        checker=actor_of(request),
        at=timezone.now(),
        note=request.POST.get("note", "")[:2000],
    )
    messages.success(request, "Sent back. Whoever asked finds it in the history.")
    return HttpResponseRedirect(_href(request, one.id))


@four_eyes.page_of("dividend.approve")
def decided_at(asked: ApprovalFacts) -> str:
    """Dividends are approved where every payee is seen."""
    return reverse("console:dividend", args=[asked.subject.removeprefix("dividend:")])


for _console in (issuer_console, compliance_console):
    _page = _console.page
    _page("dividends/<uuid:dividend_id>/", name="dividend", action="dividend.view")(dividend)
    _page("dividends/<uuid:dividend_id>/sign/approve/", name="dividend-approve", action="dividend.approve")(
        approve
    )
    _page("dividends/<uuid:dividend_id>/sign/send-back/", name="dividend-reject", action="dividend.approve")(
        send_back
    )


def _export(kind: str, one: DividendFacts) -> HttpResponse:
    lines = selectors.entitlements(dividend_id=one.id, limit=max(one.holders, 1))
    known = names({line.holder for line in lines})
    rows = (_cells(line, known[line.holder]) for line in lines)
    return exports.download(kind, name=f"dividend {one.name}", head=HEAD, rows=rows)


def _cells(line: EntitlementFacts, reference: str) -> tuple[exports.Cell, ...]:
    return (
        line.holder,
        reference,
        format_amount(line.quantity, scale=line.scale),
        line.rate_ppm,
        line.rate_reason,
        format_amount(line.gross_minor, scale=2),
        format_amount(line.withheld_minor, scale=2),
        format_amount(line.net_minor, scale=2),
        line.currency,
    )


def _href(request: HttpRequest, dividend_id: UUID) -> str:
    return reverse(f"{request.console.name}:dividend", args=[dividend_id])  # type: ignore[attr-defined]


def _decidable(request: HttpRequest, dividend_id: UUID) -> DividendFacts:
    """raises  NothingHere for another issuer's, MayNot for the maker"""
    one = _visible(request, dividend_id, "dividend.view")
    asked = approval(one.approval_id) if one.approval_id else None
    require(request, "dividend.approve", organisation=one.issuer_id, maker=asked.maker if asked else "nobody")
    return one


def _visible(request: HttpRequest, dividend_id: UUID, action: str) -> DividendFacts:
    """raises  NothingHere for another issuer's dividend"""
    one = selectors.dividend(dividend_id)
    require(request, action, organisation=one.issuer_id)
    return one
