"""The audit explorer: who did what, when, from where and why, and the proof that it was not changed since."""

import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from portal.accounts import selectors as accounts
from portal.audit import selectors as audit
from portal.audit import signing
from portal.audit.facts import EventFacts
from portal.console import audit_export, audit_proofs
from portal.console.audit_search import SearchForm, finder, form_of, spans
from portal.domain.errors import Invalid
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console
from portal.http.pagination import page
from portal.http.told import Happening, of_event
from portal.ledger import selectors as ledger

HISTORY = 50
ENTRIES = 100
SUBJECT = re.compile(r"[a-z_]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadSearch(Invalid):
    """A field of the search cannot be read."""

    code = "bad-search"


@compliance_console.page("audit/", name="audit", action="audit.view")
def explorer(request: HttpRequest) -> HttpResponse:
    require(request, "audit.view")
    form = form_of(request)
    valid = form.is_valid()
    asked = form.asked if valid else {}
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "form": form,
        "asked": asked,
        "narrow": {"actor", "subject", "action", "since", "until"} & asked.keys() or not valid,
        "page": page(request, finder(request, asked), id_of=lambda one: one.id) if valid else None,
        "spans": spans(timezone.now()),
        "since_text": request.GET.get("since", ""),
        "query": query.urlencode(),
        "may_export": allowed(request, "audit.export"),
        "head": audit.latest_checkpoint(),
        "waiting": audit.waiting(),
        "since": audit_proofs.since_last_look(request),
    }
    return render(request, "portal/audit/explorer.html", context, status=200 if valid else 422)


@compliance_console.page("audit/export/", name="audit-export", action="audit.export")
def export(request: HttpRequest) -> HttpResponse:
    require(request, "audit.export")
    kind = request.GET.get("format", "csv")
    audit_export.check_kind(kind)
    asked = _asked(form_of(request))
    events = finder(request, asked)(audit_export.MOST[kind] + 1, None)
    return audit_export.export(kind, events, asked=asked, actor=actor_of(request), at=timezone.now())


@compliance_console.page(
    "audit/log/",
    name="audit-log",
    action="audit.verify",
    label="Log health",
    group="Evidence",
    icon="gauge",
    order=10,
)
def log_health(request: HttpRequest) -> HttpResponse:
    """The last head, what waits, and whether the log still begins with what this person saw last."""
    require(request, "audit.verify")
    since = audit_proofs.since_last_look(request)
    audit_proofs.remember(request, since, at=timezone.now())
    head = audit.latest_checkpoint()
    context = {
        "since": since,
        "head": head,
        "root": head.root.hex() if head else "",
        "signed": _signature(head),
        "waiting": audit.waiting(),
        "verifier_key": signing.verifier_key(),
        "earlier": [(one, one.root.hex()) for one in audit.checkpoints(limit=10)],
        "may_view": allowed(request, "audit.view"),
    }
    return render(request, "portal/audit/log.html", context)


@compliance_console.page("audit/<uuid:event_id>/", name="audit-record", action="audit.view")
def record(request: HttpRequest, event_id: UUID) -> HttpResponse:
    event = _visible(request, event_id)
    facts = audit.facts_of(event)
    before, after = facts.pop("before", None), facts.pop("after", None)
    if isinstance(facts.get("rows"), dict):  # hashes for `manage.py verify`; the exports have them whole
        facts["rows"] = ", ".join(f"{table}: {len(keys)}" for table, keys in facts["rows"].items())
    history = _history(request, event)
    context = {
        "event": event,
        "who": of_event(event).actor,
        "organisation": _organisation_name(event),
        "changes": _changes(before, after),
        "facts": [(name, _plain(value), _is_subject(value)) for name, value in sorted(facts.items())],
        "proof": audit_proofs.inclusion_of(event),
        "history": history[:HISTORY],
        "more_history": len(history) > HISTORY,
        "entries": _entries(request, event),
        "transaction_id": _transaction_id(event),
        "may_export": allowed(request, "audit.export"),
    }
    return render(request, "portal/audit/record.html", context)


@compliance_console.page("audit/<uuid:event_id>/bundle.json", name="audit-bundle", action="audit.export")
def bundle(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """What `python -m portal.audit.verifier` checks without us."""
    event = _visible(request, event_id)
    require(request, "audit.export", organisation=event.organisation)
    return audit_export.export_proof(event, actor=actor_of(request), at=timezone.now())


def _visible(request: HttpRequest, event_id: UUID) -> EventFacts:
    """raises  NoSuchEvent for an unknown id and for another organisation's event alike"""
    event = audit.event(event_id)
    require(request, "audit.view", organisation=event.organisation)
    scope = compliance_console.scope(request)
    if scope is not None and event.organisation not in scope:
        raise audit.NoSuchEvent("There is no such entry in the audit trail.")
    return event


def _asked(form: SearchForm) -> dict[str, Any]:
    """raises  BadSearch naming the first field that cannot be read"""
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise BadSearch(f"{form.fields[name].label}: {errors[0]}", field=name)
    return form.asked


def _history(request: HttpRequest, event: EventFacts) -> list[Happening]:
    """The subject's history as a timeline, newest first, one more than is shown; this event is marked."""
    found = finder(request, {"about": event.subject})(HISTORY + 1, None)
    return [
        replace(
            of_event(one),
            href=reverse("compliance:audit-record", args=[one.event_id]),
            tone="now" if one.id == event.id else "done",
        )
        for one in found
    ]


def _transaction_id(event: EventFacts) -> UUID | None:
    noun, _, name = event.subject.partition(":")
    try:
        return UUID(name) if noun == "transaction" else None
    except ValueError:
        return None


def _entries(request: HttpRequest, event: EventFacts) -> list[Any]:
    """Of a posting: the ledger's entries."""
    transaction_id = _transaction_id(event)
    if transaction_id is None or not allowed(request, "ledger.view"):
        return []
    return ledger.entries(transaction_id=transaction_id, limit=ENTRIES)


def _organisation_name(event: EventFacts) -> str:
    if event.organisation is None:
        return ""
    try:
        return accounts.organisation(event.organisation).name
    except accounts.NoSuchOrganisation:
        return str(event.organisation)


def _changes(before: Any, after: Any) -> list[tuple[str, str | None, str | None]]:
    """(field, value before, value after) of what differs; None where a side does not have the field."""
    old = before if isinstance(before, dict) else {} if before is None else {"": before}
    new = after if isinstance(after, dict) else {} if after is None else {"": after}
    return [
        (name, _side(old, name), _side(new, name))
        for name in sorted(old.keys() | new.keys())
        if name not in old or name not in new or old[name] != new[name]
    ]


def _side(values: dict[str, Any], name: str) -> str | None:
    return _plain(values[name]) if name in values else None


def _is_subject(value: Any) -> bool:
    """Whether a fact names something that has a history of its own."""
    return isinstance(value, str) and SUBJECT.fullmatch(value) is not None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _signature(head: Any) -> str:
    """Whether the head's signature "holds", or what does not; nothing to say without a head."""
    if head is None:
        return ""
    try:
        signing.check_checkpoint(head.note, head.size, head.root, head.created_at)
    except signing.CheckpointRejected as error:
        return str(error)
    return "holds"
