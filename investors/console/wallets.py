"""Wallets in the compliance console: who proved which address, blocked ones first, and the lists they are compared with."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from investors.console.cases import owners_of
from investors.console.forms import ReasonForm
from investors.profiles import selectors as profiles
from investors.wallets import decisions, selectors, services
from portal.domain.errors import Refused
from portal.http import desk
from portal.http.actors import actor_of
from portal.http.authorization import possible, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once

LARGEST_FILE = 20 * 2**20


class AddressListForm(forms.Form):
    """Addresses that a list names, as a CSV file."""

    source = forms.CharField(label=_("Whose list"), max_length=80, help_text=_("Such as OFAC SDN."))
    list_date = forms.DateField(label=_("Date of the list"), widget=forms.DateInput(attrs={"type": "date"}))
    file = forms.FileField(
        label=_("File"),
        help_text=_("All addresses of this source: CSV in UTF-8, columns address, currency and reference."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(
                _("The file has %(size)d MB; at most %(limit)d MB are accepted."),
                params={"size": file.size // 2**20, "limit": LARGEST_FILE // 2**20},
            )
        return file


def waiting(request: HttpRequest) -> int:
    return selectors.blocked_count()


@compliance_console.page(
    "wallets/",
    name="wallets",
    action="wallet.view",
    label="Wallets",
    group="",
    icon="key",
    order=18,
    count=waiting,
)
def wallets(request: HttpRequest) -> HttpResponse:
    """The newest 200, or those whose address begins as typed; and the lists."""
    return _page(request)


@compliance_console.page("wallets/<uuid:wallet_id>/release/", name="wallet-release", action="wallet.release")
@require_POST
@once
def release(request: HttpRequest, wallet_id: UUID) -> HttpResponse:
    """Free a wallet that no list names any more."""
    found = selectors.wallet(wallet_id)
    require(request, "wallet.release", owners=owners_of(profiles.investor(found.investor_id)))
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.release(
                wallet_id=wallet_id,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Released."))
            return redirect("compliance:wallets")
    return _page(request, reason=form, wallet_id=wallet_id, status=422)


@compliance_console.page("wallets/lists/", name="address-list-import", action="address_list.import")
@require_POST
@once
def import_list(request: HttpRequest) -> HttpResponse:
    """Put the addresses of one source in force."""
    form = AddressListForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            done = decisions.import_addresses(
                source=form.cleaned_data["source"],
                list_date=form.cleaned_data["list_date"],
                content=form.cleaned_data["file"].read(),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request,
                _("%(listed)d addresses are listed; %(blocked)d wallets were blocked.")
                % {"listed": done.listed, "blocked": done.blocked},
            )
            return redirect("compliance:wallets")
    return _page(request, listing=form, status=422)


@desk.compliance
def blocked(request: HttpRequest) -> Sequence[desk.Task]:
    if not possible(request, "wallet.view"):
        return []
    found = selectors.wallets(states=("blocked",))
    names = profiles.references({one.investor_id for one in found})
    return [
        desk.Task(
            title=f"Listed address of {names[one.investor_id]}",
            text=f"{one.address}, {one.listed}",
            href=reverse("compliance:wallets"),
            action="Look",
            icon="key",
            tone="warn",
            since=one.proved_at,
            group="Screening",
        )
        for one in found
    ]


def _page(
    request: HttpRequest,
    *,
    reason: ReasonForm | None = None,
    wallet_id: UUID | None = None,
    listing: AddressListForm | None = None,
    status: int = 200,
) -> HttpResponse:
    sought = request.GET.get("q", "")[:42]
    found = sorted(selectors.wallets(address=sought), key=lambda one: one.state != "blocked")
    people = profiles.investors_by_id({one.investor_id for one in found})
    rows = [
        (one, people[one.investor_id], reason if reason is not None and one.id == wallet_id else ReasonForm())
        for one in found
    ]
    context = {
        "rows": rows,
        "sought": sought,
        "blocked": selectors.blocked_count(),
        "lists": selectors.address_lists(),
        "form": listing or AddressListForm(),
        "may_release": possible(request, "wallet.release"),
        "may_import": possible(request, "address_list.import"),
    }
    return render(request, "investors/wallets/list.html", context, status=status)
