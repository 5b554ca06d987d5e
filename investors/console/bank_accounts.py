"""Bank accounts of investors in the compliance console: an officer sees evidence and verifies, or refuses."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from investors.bank_accounts import selectors, services
from investors.bank_accounts.facts import BankAccountFacts, OpenedAccount
from investors.console.bank_forms import EvidenceForm
from investors.console.forms import ReasonForm
from investors.profiles import selectors as profiles
from portal.domain.errors import Refused
from portal.http import desk
from portal.http.actors import actor_of
from portal.http.authorization import allowed, possible, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once


def waiting(request: HttpRequest) -> int:
    return len(selectors.bank_accounts(states=("added",)))


@compliance_console.page("bank-accounts/", name="bank-accounts", action="bank_account.view", label="Bank accounts", group="Operate", icon="cash", order=13, count=waiting)  # fmt: skip
def bank_account_list(request: HttpRequest) -> HttpResponse:
    """Those that wait first, oldest first."""
    found = sorted(selectors.bank_accounts(), key=lambda one: one.state != "added")
    known = profiles.references(one.investor_id for one in found)
    rows = [(one, known[one.investor_id]) for one in found]
    return render(request, "investors/bank_accounts/list.html", {"rows": rows})


@compliance_console.page(
    "bank-accounts/<uuid:bank_account_id>/", name="bank-account", action="bank_account.view"
)
def bank_account(request: HttpRequest, bank_account_id: UUID) -> HttpResponse:
    return _page(request, selectors.bank_account(bank_account_id))


@compliance_console.page(
    "bank-accounts/<uuid:bank_account_id>/open/", name="bank-account-open", action="personal_data.open"
)
@require_POST
def open_number(request: HttpRequest, bank_account_id: UUID) -> HttpResponse:
    """Number and holder, for comparing them with the letter; shown once and kept in no address."""
    found = selectors.bank_account(bank_account_id)
    require(request, "personal_data.open", owners=_people(found))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, found, look=form, status=422)
    opened = services.reveal(
        bank_account_id=bank_account_id,
        reason=form.cleaned_data["reason"],
        actor=actor_of(request),
        at=timezone.now(),
    )
    return _page(request, found, opened=opened)


@compliance_console.page(
    "bank-accounts/<uuid:bank_account_id>/verify/", name="bank-account-verify", action="bank_account.verify"
)
@require_POST
@once
def verify(request: HttpRequest, bank_account_id: UUID) -> HttpResponse:
    found = selectors.bank_account(bank_account_id)
    require(request, "bank_account.verify", owners=_people(found))
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            services.verify_by_evidence(
                bank_account_id=bank_account_id,
                filename=file.name,
                content=file.read(),
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Verified.")
            return redirect("compliance:bank-accounts")
    return _page(request, found, evidence=form, status=422)


@compliance_console.page(
    "bank-accounts/<uuid:bank_account_id>/verify-by-transfer/",
    name="bank-account-by-transfer",
    action="bank_account.verify",
)
@require_POST
@once
def verify_by_transfer(request: HttpRequest, bank_account_id: UUID) -> HttpResponse:
    found = selectors.bank_account(bank_account_id)
    require(request, "bank_account.verify", owners=_people(found))
    services.verify_by_transfer(bank_account_id=bank_account_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, "Verified by a transfer on a bank statement.")
    return redirect("compliance:bank-accounts")


@compliance_console.page(
    "bank-accounts/<uuid:bank_account_id>/refuse/", name="bank-account-refuse", action="bank_account.verify"
)
@require_POST
@once
def refuse(request: HttpRequest, bank_account_id: UUID) -> HttpResponse:
    found = selectors.bank_account(bank_account_id)
    require(request, "bank_account.verify", owners=_people(found))
    form = ReasonForm(request.POST)
    if form.is_valid():
        services.refuse(
            bank_account_id=bank_account_id,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        messages.success(request, "Refused.")
        return redirect("compliance:bank-accounts")
    return _page(request, found, refuse=form, status=422)


@desk.compliance
def to_verify(request: HttpRequest) -> Sequence[desk.Task]:
    if not possible(request, "bank_account.verify"):
        return []
    found = selectors.bank_accounts(states=("added",))
    names = profiles.references(one.investor_id for one in found)
    return [
        desk.Task(
            title=f"Bank account of {names[one.investor_id]}",
            text=f"{one.shown}, holder's name {one.name_match}",
            href=reverse("compliance:bank-account", args=[one.id]),
            action="Verify",
            icon="cash",
            since=one.added_at,
            group="Money",
        )
        for one in found
    ]


def _people(found: BankAccountFacts) -> list[UUID]:
    user = profiles.investor(found.investor_id).user_id
    return [] if user is None else [user]


def _page(
    request: HttpRequest,
    found: BankAccountFacts,
    *,
    opened: OpenedAccount | None = None,
    evidence: EvidenceForm | None = None,
    refuse: ReasonForm | None = None,
    look: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    may_verify = allowed(request, "bank_account.verify", owners=_people(found))
    context = {
        "found": found,
        "investor": profiles.investor(found.investor_id),
        "opened": opened,
        "may_verify": may_verify and found.state == "added",
        "may_look": allowed(request, "personal_data.open", owners=_people(found)),
        "evidence": evidence or EvidenceForm(),
        "refuse": refuse or ReasonForm(),
        "look": look or ReasonForm(),
    }
    return render(request, "investors/bank_accounts/account.html", context, status=status)
