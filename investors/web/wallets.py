"""An investor's wallets: ask for a message, sign it elsewhere, paste the signature (or let the browser's wallet do it)."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __
from django.views.decorators.http import require_POST

from investors.domain.sign_in_message import CHAINS
from investors.profiles.selectors import investor_of_user
from investors.wallets import selectors, services
from investors.web.onboarding import own_investor
from portal.accounts.stepup import step_up
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.forms import add_refusal
from portal.http.once import once


class AddressForm(forms.Form):
    """Which address, and for which chain."""

    address = forms.CharField(
        label=__("Address"),
        max_length=60,
        help_text=__("0x and 40 hexadecimal digits, as your wallet shows it."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "data-wallet": "address"}
        ),
    )
    chain_id = forms.TypedChoiceField(label=__("Chain"), choices=list(CHAINS.items()), coerce=int)


class SignatureForm(forms.Form):
    """The message as it was shown, and the signature over it."""

    message = forms.CharField(
        label=__("Message"),
        max_length=4000,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 11, "readonly": True, "spellcheck": "false", "data-wallet": "message"}
        ),
        help_text=__("Copy it into your wallet's “sign message”, without changing anything."),
    )
    signature = forms.CharField(
        label=__("Signature"),
        max_length=400,
        widget=forms.Textarea(
            attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off", "data-wallet": "signature"}
        ),
        help_text=__("0x and 130 hexadecimal digits."),
    )
    label = forms.CharField(label=__("Your name for it"), max_length=60, required=False)


@login_required
@once
def wallets(request: HttpRequest) -> HttpResponse:
    """The addresses proved so far; ask for a message to prove another."""
    if investor_of_user(request.user.pk) is None:
        return redirect("profile")
    investor = own_investor(request)
    form = AddressForm(request.POST or None)
    if request.method == "POST":
        require(request, "wallet.prove")
        if form.is_valid():
            try:
                asked = services.challenge(
                    investor_id=investor.id,
                    address=form.cleaned_data["address"],
                    chain_id=form.cleaned_data["chain_id"],
                    actor=actor_of(request),
                    at=timezone.now(),
                )
            except Refused as refused:
                add_refusal(form, refused)
            else:
                return redirect("wallet-sign", asked.id)
    context = {"form": form, "wallets": selectors.wallets_of(investor.id)}
    return render(request, "investors/wallets/page.html", context, status=422 if form.errors else 200)


@login_required
@step_up
@once
def sign(request: HttpRequest, challenge_id: UUID) -> HttpResponse:
    """The message, and the field for its signature."""
    investor = own_investor(request)
    require(request, "wallet.prove")
    asked = selectors.challenge(challenge_id, investor_id=investor.id)
    form = SignatureForm(request.POST or None, initial={"message": asked.message})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.prove(
                investor_id=investor.id,
                actor=actor_of(request),
                at=timezone.now(),
                **form.cleaned_data,
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            if made.state == "blocked":
                messages.warning(request, _("A sanctions list names this address: it is blocked."))
            else:
                messages.success(request, _("Proved. The address is yours here."))
            return redirect("wallets")
    return render(
        request,
        "investors/wallets/sign.html",
        {"form": form, "asked": asked},
        status=422 if form.errors else 200,
    )


@require_POST
@login_required
@step_up
@once
def retire(request: HttpRequest, wallet_id: UUID) -> HttpResponse:
    """Let go of an address."""
    investor = own_investor(request)
    require(request, "wallet.retire", owners=[request.user.pk])
    services.retire(wallet_id=wallet_id, investor_id=investor.id, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("Retired. Nothing is sent to this address any more."))
    return redirect("wallets")
