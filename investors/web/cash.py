"""Money in and out for the investor: where to send it, asking for it back, and taking that back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from investors.accreditation.selectors import claims_of
from investors.domain.claims import Claims
from investors.profiles.facts import InvestorFacts
from investors.web.forms import WithdrawForm
from investors.web.onboarding import own_investor
from portal.accounts.stepup import step_up
from portal.domain.errors import NotAllowed, Refused
from portal.funding import selectors, services
from portal.funding.facts import CURRENCIES
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.forms import add_refusal
from portal.http.once import FORM_FIELD, once


class MayNotMoveMoney(NotAllowed):
    """Money moves for identified investors only; `reasons` names everything missing."""

    code = "may-not-move-money"


@login_required
def deposit(request: HttpRequest) -> HttpResponse:
    """How to send money so that it is recognised."""
    investor = own_investor(request)
    require(request, "cash.fund")
    claims = claims_of(investor.id, on=timezone.now().date())
    house = selectors.house_accounts()
    context = {
        "investor": investor,
        "claims": claims,
        "ways": [
            (one, house.get(one.code), selectors.reference(owner=investor.owner, currency=one.code))
            for one in CURRENCIES.values()
        ],
        "deposits": selectors.deposits(owner=investor.owner, limit=10),
    }
    return render(request, "funding/deposit.html", context)


@require_POST
@login_required
@once
def open_account(request: HttpRequest, currency: str) -> HttpResponse:
    """A cash account in a currency, with its reference."""
    investor = own_investor(request)
    require(request, "cash.fund")
    services.open_cash_account(
        owner=investor.owner, currency=currency, actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, _("Opened. Write its own reference into each transfer."))
    return redirect("cash-deposit")


@login_required
@step_up
@once
def withdraw(request: HttpRequest) -> HttpResponse:
    """Ask for money to be paid out."""
    investor = own_investor(request)
    require(request, "cash.withdraw")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = _request(request, investor, form)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request,
                _("Asked for. It is set aside until it is paid.")
                if asked.state == "approved"
                else _("Asked for. It is above the limit, so a second person looks at it first."),
            )
            return redirect("cash-withdraw")
    context = {
        "form": form,
        "accounts": selectors.cash(owner=investor.owner),
        "withdrawals": selectors.withdrawals(owner=investor.owner, limit=20),
    }
    return render(request, "funding/withdraw.html", context)


@require_POST
@login_required
@once
def cancel(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    investor = own_investor(request)
    services.cancel_withdrawal(
        withdrawal_id=withdrawal_id, owner=investor.owner, actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, _("Taken back. The money is free again."))
    return redirect("cash-withdraw")


def _request(request: HttpRequest, investor: InvestorFacts, form: WithdrawForm):  # type: ignore[no-untyped-def]
    now = timezone.now()
    _refuse_unidentified(claims_of(investor.id, on=now.date()))
    data = form.cleaned_data
    key = request.POST.get(FORM_FIELD, "") or f"{now.timestamp()}"
    return services.request_withdrawal(
        key=f"{investor.id}:{key}"[:120],
        owner=investor.owner,
        currency=data["currency"],
        amount_minor=data["amount"],
        account_name=data["account_name"],
        destination=data["destination"],
        actor=actor_of(request),
        at=now,
    )


def _refuse_unidentified(claims: Claims) -> None:
    if claims.missing:
        raise MayNotMoveMoney(
            f"{len(claims.missing)} things are missing before money can be paid out.",
            reasons=[f"{one.what} {one.how_to_get_it}" for one in claims.missing],
            next_step=claims.missing[0].how_to_get_it,
            source=claims.missing[0].source,
        )
