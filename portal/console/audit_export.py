"""
A search taken away as a file: CSV for a spreadsheet, JSON for a program, or the signed bundle that
`python -m portal.audit.verifier` checks without us. Each export is itself an event of the trail.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpResponse

from portal.audit import selectors as audit
from portal.audit.facts import EventFacts
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Invalid
from portal.http.exports import UnknownFormat, csv_bytes

MOST = {"csv": 20_000, "json": 20_000, "bundle": 2_000}
MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json", "bundle": "application/json"}
HEAD = (
    "entry", "event_id", "happened_at", "recorded_at", "actor_kind", "actor_id", "actor_label", "origin",
    "session", "action", "subject", "organisation", "reason", "facts",
)  # fmt: skip
FORMAT = "portal-audit-events/1"


class TooManyEvents(Invalid):
    """More were found than one file of this kind holds; a file that leaves some out would mislead."""

    code = "too-many-events"


class NothingFound(Invalid):
    code = "nothing-found"


def check_kind(kind: str) -> None:
    """raises  UnknownFormat"""
    if kind not in MOST:
        raise UnknownFormat("An export is made as csv, json or bundle.", field="format")


def check_count(kind: str, count: int) -> None:
    """raises  TooManyEvents, NothingFound"""
    if not count:
        raise NothingFound(
            "No event fits this search, so there is nothing to export.",
            next_step="Ask for less and search again.",
        )
    if count > MOST[kind]:
        raise TooManyEvents(
            f"More than {MOST[kind]:,} events fit this search; one {kind} file holds {MOST[kind]:,}.",
            next_step="Narrow the search, by its time span for instance, and export it in parts.",
        )


def export(
    kind: str, events: Sequence[EventFacts], *, asked: dict[str, Any], actor: Actor, at: datetime
) -> HttpResponse:
    """
    The file, and the record that it was made.

    kind    csv | json | bundle
    events  newest first
    asked   the search, for the file's own account of itself
    raises  UnknownFormat, TooManyEvents, NothingFound
    """
    check_kind(kind)
    check_count(kind, len(events))
    made: bytes = {"csv": _csv, "json": _json, "bundle": _bundle}[kind](events, asked, at)
    with transaction.atomic():
        _record(kind, made, asked, len(events), None, actor, at)
    return _download(kind, made, f"audit-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def export_proof(event: EventFacts, *, actor: Actor, at: datetime) -> HttpResponse:
    """
    The bundle of one event.

    raises  NotInLogYet
    """
    made = _text(audit.bundle([event.event_id]))
    with transaction.atomic():
        _record("bundle", made, {}, 1, event.event_id, actor, at)
    return _download("bundle", made, f"proof-{event.event_id}")


def _csv(events: Sequence[EventFacts], asked: dict[str, Any], at: datetime) -> bytes:
    fields = (audit.event_fields(one) | {"entry": _place(one)} for one in events)
    return csv_bytes(HEAD, ([told[name] for name in HEAD] for told in fields))


def _json(events: Sequence[EventFacts], asked: dict[str, Any], at: datetime) -> bytes:
    head = audit.latest_checkpoint()
    return _text(
        {
            "format": FORMAT,
            "search": _as_text(asked),
            "exported_at": audit.iso_utc(at),
            "checkpoint": head.note if head else "",
            "events": [
                audit.event_fields(one) | {"facts": audit.facts_of(one), "leaf_index": one.leaf_index}
                for one in events
            ],
        }
    )


def _bundle(events: Sequence[EventFacts], asked: dict[str, Any], at: datetime) -> bytes:
    """Only what has its place can be proved: what still waits is counted, so that nothing is left out in silence."""
    head = audit.latest_checkpoint()
    size = head.size if head else 0
    sealed = [one.event_id for one in events if one.leaf_index is not None and one.leaf_index < size]
    if not sealed:
        raise audit.NotInLogYet(
            "None of these events has its place in the log yet.",
            next_step="The log is sealed every second or so: ask again in a moment.",
        )
    told = audit.bundle(sealed)
    waiting = [str(one.event_id) for one in events if one.event_id not in set(sealed)]
    return _text(
        {**told, "search": _as_text(asked), "exported_at": audit.iso_utc(at), "not_in_log_yet": waiting}
    )


def _record(
    kind: str,
    made: bytes,
    asked: dict[str, Any],
    count: int,
    event_id: UUID | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Which fields narrowed the search, not what stood in them: that may be somebody's name."""
    facts: dict[str, Any] = {"format": kind, "events": count, "content_sha256": sha256_hex(made)}
    if event_id is not None:
        facts["event_id"] = str(event_id)
    facts["narrowed_by"] = sorted(asked)
    facts |= {name: audit.iso_utc(asked[name]) for name in ("since", "until") if asked.get(name)}
    record(actor=actor, action="audit.exported", subject=f"export:{uuid4()}", at=at, **facts)


def _place(event: EventFacts) -> str:
    return "" if event.leaf_index is None else str(event.leaf_index)


def _as_text(asked: dict[str, Any]) -> dict[str, str]:
    return {
        name: audit.iso_utc(value) if isinstance(value, datetime) else str(value)
        for name, value in asked.items()
    }


def _text(told: dict[str, Any]) -> bytes:
    return json.dumps(told, indent=2, ensure_ascii=False).encode()


def _download(kind: str, made: bytes, name: str) -> HttpResponse:
    response = HttpResponse(made, content_type=MEDIA[kind])
    ending = "csv" if kind == "csv" else "json"
    response["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
