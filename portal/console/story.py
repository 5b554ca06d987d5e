"""
Investor 360: everything that the trail tells of one investor, in whatever room it happened; and how a record stood
at an instant, as far as its events carry it.
"""

import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indices.subscriptions import selectors as index_orders
from investors.accreditation import selectors as accreditation
from investors.bank_accounts import selectors as bank_accounts
from investors.closure import selectors as closure
from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from investors.profiles.facts import InvestorFacts
from investors.wallets import selectors as wallets
from issuance.offerings import selectors as offerings
from issuance.register import selectors as register
from portal.audit import selectors as audit
from portal.audit.facts import EventFacts
from portal.console.audit_search import InstantField
from portal.documents import selectors as documents
from portal.funding import selectors as funding
from portal.http.authorization import require
from portal.http.consoles import compliance_console
from portal.http.pagination import page
from portal.http.told import Happening, of_event

MOST = 1000
ROOMS = {
    "Person": ("investor", "user", "tax_form"),
    "KYC": ("kyc_case",),
    "Accreditation": ("accreditation_request",),
    "Papers": ("document",),
    "Money": ("bank_account", "deposit", "withdrawal"),
    "Wallets": ("wallet",),
    "Securities": ("subscription", "decision", "movement"),
    "Indices": ("order",),
    "Closing": ("closure",),
}
NOT_STATE = {"rows", "before", "after"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it stood, and the event that said so last."""

    name: str
    value: str
    event: EventFacts


class StateForm(forms.Form):
    """Which record, and when; empty: now."""

    subject = forms.RegexField(
        r"^[a-z_]+:[0-9A-Za-z-]{1,80}$",
        label=_("Record"),
        max_length=120,
        error_messages={"invalid": _("A record is written as noun:id, such as investor:3f….")},
    )
    at = InstantField(label=_("As it stood at"), ends=True)


@compliance_console.page("investors/<uuid:investor_id>/story/", name="investor-story", action="audit.view")
def story(request: HttpRequest, investor_id: UUID) -> HttpResponse:
    """One investor across all rooms, newest first; a room narrows it."""
    require(request, "investor.view")
    investor = profiles.investor(investor_id)
    subjects = subjects_of(investor)
    room = request.GET.get("room", "")
    nouns = ROOMS.get(room, ())
    chosen = [one for one in subjects if not room or one.partition(":")[0] in nouns]

    def fetch(limit: int, before_id: int | None) -> list[EventFacts]:
        return audit.events(abouts=chosen, limit=limit, before_id=before_id)

    found = page(request, fetch, id_of=lambda one: one.id)
    present = {one.partition(":")[0] for one in subjects}
    context = {
        "investor": investor,
        "masked": profiles.masked_data(investor_id),
        "page": found,
        "events": [_line(one) for one in found.rows],
        "rooms": [name for name, kinds in ROOMS.items() if present & set(kinds)],
        "room": room,
        "records": len(subjects),
        "holdings": register.holdings_of(investor.owner),
        "cash": funding.cash(owner=investor.owner),
    }
    return render(request, "compliance/story.html", context)


@compliance_console.page("audit/state/", name="record-state", action="audit.view")
def record_state(request: HttpRequest) -> HttpResponse:
    """A record at an instant, put together from the events about it until then."""
    require(request, "audit.view")
    form = StateForm(request.GET or None)
    fields: list[Field] = []
    events: list[EventFacts] = []
    at, subject = timezone.now(), ""
    if form.is_valid():
        subject, at = form.cleaned_data["subject"], form.cleaned_data["at"] or at
        scope = compliance_console.scope(request)
        events = audit.events(
            about=subject, until=at, organisations=None if scope is None else sorted(scope), limit=MOST
        )
        fields = state_of(events)
    context = {
        "form": form,
        "fields": fields,
        "subject": subject,
        "at": at,
        "count": len(events),
        "cut": len(events) == MOST,
        "events": [_line(one) for one in events[:20]],
    }
    failed = bool(request.GET) and not form.is_valid()
    return render(request, "compliance/record_state.html", context, status=422 if failed else 200)


def state_of(events: list[EventFacts]) -> list[Field]:
    """
    What the events said last of each field: their "after" where they carry one, and their facts.

    events  about one subject, in any order
    """
    known: dict[str, Field] = {}
    for event in sorted(events, key=lambda one: one.id):
        facts = audit.facts_of(event)
        after = facts.get("after")
        told = {name: value for name, value in facts.items() if name not in NOT_STATE}
        for name, value in (told | (after if isinstance(after, dict) else {})).items():
            known[name] = Field(name, _plain(value), event)
    return [known[name] for name in sorted(known)]


def subjects_of(investor: InvestorFacts) -> list[str]:
    """Everything about an investor that the trail may tell of, in a fixed number of queries; of each kind the newest."""
    key, owner = investor.id, investor.owner
    people = [owner] + ([f"user:{investor.user_id}"] if investor.user_id else [])
    moved = register.movements(holder=owner, limit=MOST)
    asked = accreditation.request_ids(key)
    subscribed = offerings.subscriptions(investor=owner, limit=MOST)
    closing = closure.closure_of(key)
    found = {
        "kyc_case": [one.id for one in kyc.cases_of(key)],
        "accreditation_request": asked,
        "document": [one.id for one in documents.documents_of(owner)],
        "bank_account": [one.id for one in bank_accounts.bank_accounts(investor_id=key)],
        "wallet": [one.id for one in wallets.wallets_of(key)],
        "deposit": [one.id for one in funding.deposits(owner=owner, limit=MOST)],
        "withdrawal": [one.id for one in funding.withdrawals(owner=owner, limit=MOST)],
        "subscription": [one.id for one in subscribed],
        "movement": [one.id for one in moved],
        "order": [one.id for one in index_orders.orders(investor_id=key, limit=MOST)],
        "closure": [closing.id] if closing else [],
    }
    return [*people, *(f"{noun}:{one}" for noun, ids in found.items() for one in ids)]


def _line(event: EventFacts) -> Happening:
    href = reverse("compliance:audit-record", args=[event.event_id])
    return replace(of_event(event), href=href, tone="done")


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
