"""Funding in the compliance console: operators enter deposits and pay withdrawals, a second person approves."""

import uuid
from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from investors.console.forms import DepositForm, PayForm, ReasonForm
from investors.profiles import selectors as profiles
from portal.approvals.facts import ApprovalFacts
from portal.approvals.selectors import approval
from portal.domain.errors import Invalid, Refused
from portal.funding import selectors, services
from portal.funding.facts import WithdrawalFacts
from portal.http import four_eyes
from portal.http.actors import actor_of
from portal.http.authorization import allowed, possible, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import FORM_FIELD, once


def waiting(request: HttpRequest) -> int:
    return len(selectors.withdrawals(states=("awaiting_approval", "approved")))


@compliance_console.page(
    "deposits/",
    name="deposits",
    action="deposit.view",
    label="Deposits",
    group="Operate",
    icon="cash",
    order=10,
)
@once
def deposits(request: HttpRequest) -> HttpResponse:
    """What the bank statement shows, entered once."""
    form = DepositForm(request.POST or None)
    if request.method == "POST":
        require(request, "deposit.record")
        if form.is_valid():
            try:
                made = services.record_deposit(
                    key=f"console:{request.POST.get(FORM_FIELD) or uuid.uuid4()}"[:120],
                    owner=owner_typed(form.cleaned_data["owner"]),
                    currency=form.cleaned_data["currency"],
                    amount_minor=form.cleaned_data["amount"],
                    bank_reference=form.cleaned_data["bank_reference"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except Refused as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, "This was credited before." if made.replayed else "Credited.")
                return redirect("compliance:deposits")
    found = selectors.deposits()
    known = profiles.references(
        UUID(one.owner.partition(":")[2]) for one in found if one.owner.startswith("investor:")
    )
    context = {
        "form": form,
        "deposits": [(one, shown_owner(one.owner, known)) for one in found],
        "may_record": possible(request, "deposit.record"),
    }
    return render(request, "funding/deposits.html", context, status=422 if form.errors else 200)


@compliance_console.page(
    "withdrawals/",
    name="withdrawals",
    action="withdrawal.view",
    label="Withdrawals",
    group="Operate",
    icon="swap",
    order=11,
    count=waiting,
)
def withdrawals(request: HttpRequest) -> HttpResponse:
    """What is to be approved and to be paid, then what has been."""
    found = selectors.withdrawals()
    open_first = sorted(found, key=lambda one: not one.may_cancel)
    return render(request, "funding/withdrawals.html", {"rows": open_first})


@compliance_console.page("withdrawals/<uuid:withdrawal_id>/", name="withdrawal", action="withdrawal.view")
def withdrawal(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    return _page(request, selectors.withdrawal(withdrawal_id))


@compliance_console.page(
    "withdrawals/<uuid:withdrawal_id>/approve/", name="withdrawal-approve", action="withdrawal.approve"
)
@require_POST
@once
def approve(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    found = selectors.withdrawal(withdrawal_id)
    require(request, "withdrawal.approve", maker=found.requested_by)
    services.approve_withdrawal(withdrawal_id=withdrawal_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, "Approved. Somebody else pays it out.")
    return redirect("compliance:withdrawal", withdrawal_id)


@compliance_console.page(
    "withdrawals/<uuid:withdrawal_id>/pay/", name="withdrawal-pay", action="withdrawal.pay"
)
@require_POST
@once
def pay(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    found = selectors.withdrawal(withdrawal_id)
    require(request, "withdrawal.pay", maker=found.requested_by)
    form = PayForm(request.POST)
    if form.is_valid():
        try:
            services.pay_withdrawal(
                withdrawal_id=withdrawal_id,
                bank_reference=form.cleaned_data["bank_reference"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Paid. The money has left the books.")
            return redirect("compliance:withdrawal", withdrawal_id)
    return _page(request, found, pay=form, status=422)


@compliance_console.page(
    "withdrawals/<uuid:withdrawal_id>/reject/", name="withdrawal-reject", action="withdrawal.approve"
)
@require_POST
@once
def reject(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    found = selectors.withdrawal(withdrawal_id)
    require(request, "withdrawal.approve", maker=found.requested_by)
    form = ReasonForm(request.POST)
    if form.is_valid():
        services.reject_withdrawal(
            withdrawal_id=withdrawal_id,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        messages.success(request, "Rejected. The money is free again.")
        return redirect("compliance:withdrawal", withdrawal_id)
    return _page(request, found, reject=form, status=422)


@four_eyes.page_of(services.APPROVE)
def page_of_approval(asked: ApprovalFacts) -> str:
    return f"/compliance/withdrawals/{asked.subject.partition(':')[2]}/"


def _page(
    request: HttpRequest,
    found: WithdrawalFacts,
    *,
    pay: PayForm | None = None,
    reject: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    asked = approval(found.approval_id) if found.approval_id else None
    context = {
        "found": found,
        "bar": four_eyes.bar(request, asked) if asked else None,
        "may_approve": found.state == "awaiting_approval"
        and allowed(request, "withdrawal.approve", maker=found.requested_by),
        "may_reject": found.may_cancel and allowed(request, "withdrawal.approve", maker=found.requested_by),
        "may_pay": found.state == "approved" and allowed(request, "withdrawal.pay", maker=found.requested_by),
        "pay": pay or PayForm(),
        "reject": reject or ReasonForm(),
        "may_return": found.state == "sent" and allowed(request, "withdrawal.pay", maker=found.requested_by),
        "returned": ReasonForm(),
    }
    return render(request, "funding/withdrawal.html", context, status=status)


def shown_owner(owner: str, known: Mapping[UUID, str]) -> str:
    """An investor's reference where there is one, else the ledger's form."""
    kind, _, number = owner.partition(":")
    return known.get(UUID(number), owner) if kind == "investor" else owner


def owner_typed(text: str) -> str:
    """
    An owner as typed: the ledger's form, or an investor's reference.

    raises  Invalid where no such investor is known; of other owners the funding service judges the form
    """
    given = text.strip()
    if given.startswith("investor:"):
        try:
            return profiles.investor(UUID(given.removeprefix("investor:"))).owner
        except (ValueError, profiles.NoSuchInvestor) as unknown:
            raise Invalid("There is no investor with this id.", field="owner") from unknown
    if not given.upper().startswith("INV-"):
        return given
    found = [one for one in profiles.investors(reference=given) if one.reference == given.upper()]
    if not found:
        raise Invalid(f"There is no investor {given[:16]}.", field="owner")
    return found[0].owner
