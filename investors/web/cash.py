"""Money in and out for the investor: where to send it, asking for it back, and taking that back."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from investors.accreditation.selectors import claims_of
from investors.bank_accounts import selectors as bank_accounts
from investors.bank_accounts import services as bank_account_services
from investors.domain.claims import Claims
from investors.profiles.facts import InvestorFacts
from investors.stablecoins import selectors as stablecoins
from investors.wallets import selectors as wallets
from investors.web.forms import BankAccountForm, WithdrawForm
from investors.web.onboarding import own_investor
from portal.accounts.stepup import step_up
from portal.domain.errors import NotAllowed, Refused
from portal.funding import selectors, services
from portal.funding.facts import CURRENCIES, WithdrawalFacts
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
        "coin": stablecoins.token(),
        "wallets": [one for one in wallets.wallets_of(investor.id) if one.state == "active"],
        "coin_deposits": stablecoins.transfers(investor_id=investor.id, limit=10),
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
    own = bank_accounts.bank_accounts(investor_id=investor.id, states=("added", "verified"))
    form = WithdrawForm(request.POST or None, accounts=own)
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
        "bank_accounts": own,
        "accounts": selectors.cash(owner=investor.owner),
        "withdrawals": selectors.withdrawals(owner=investor.owner, limit=20),
    }
    return render(request, "funding/withdraw.html", context)


@login_required
@step_up
@once
def accounts(request: HttpRequest) -> HttpResponse:
    """The investor's bank accounts, and a new one."""
    investor = own_investor(request)
    require(request, "bank_account.add")
    form = BankAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = bank_account_services.add_bank_account(
                investor_id=investor.id, actor=actor_of(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request,
                _(
                    "Added. We compare it with your papers; money can go there from %(when)s UTC at the earliest."
                )
                % {"when": f"{made.usable_from:%d %b %Y %H:%M}"},
            )
            return redirect("bank-accounts")
    context = {
        "form": form,
        "rows": [
            (one, one.usable(timezone.now())) for one in bank_accounts.bank_accounts(investor_id=investor.id)
        ],
        "hours": settings.BANK_ACCOUNT_COOLING_OFF_HOURS,
    }
    return render(request, "investors/bank_accounts/own.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@once
def retire(request: HttpRequest, bank_account_id: UUID) -> HttpResponse:
    investor = own_investor(request)
    bank_account_services.retire(
        bank_account_id=bank_account_id,
        investor_id=investor.id,
        actor=actor_of(request),
        at=timezone.now(),
    )
    messages.success(request, _("Retired. No money goes there any more."))
    return redirect("bank-accounts")


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


def _request(request: HttpRequest, investor: InvestorFacts, form: WithdrawForm) -> WithdrawalFacts:
    now = timezone.now()
    _refuse_unidentified(claims_of(investor.id, on=now.date()))
    data = form.cleaned_data
    key = request.POST.get(FORM_FIELD, "") or f"{now.timestamp()}"
    return bank_account_services.withdraw(
        key=f"{investor.id}:{key}"[:120],
        investor_id=investor.id,
        currency=data["currency"],
        amount_minor=data["amount"],
        bank_account_id=UUID(data["bank_account"]),
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
