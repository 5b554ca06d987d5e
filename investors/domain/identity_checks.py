"""What an outside identity provider says of a person: how a check moves, and how its result is read. It never decides."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from portal.domain.errors import Invalid
from portal.domain.lifecycle import Lifecycle

CHECK = Lifecycle(
    "identity check",
    {
        # A result may come before the answer to our own call does.
        "requested": {"start": "started", "refuse": "refused", "complete": "completed"},
        "started": {"complete": "completed", "cancel": "canceled"},
        "refused": {},
        "canceled": {},
        "completed": {},
    },
)
UNDER_WAY = frozenset({"requested", "started"})
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {"clear": "Nothing found against it", "consider": "To be looked at", "failed": "Not confirmed"}
)
RESULT_KINDS: Mapping[str, str] = MappingProxyType(
    {"identity_check.completed": "complete", "identity_check.canceled": "cancel"}
)
MAX_FINDINGS = 50


class UnreadableResult(Invalid):
    """A signed message that is not of the agreed form."""

    code = "identity-result-unreadable"


@dataclass(frozen=True, slots=True)
class ProviderFinding:
    """One thing the provider looked at: its code ("document_authenticity"), how it went, and a sentence."""

    code: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class ProviderResult:
    """
    event       of the lifecycle CHECK; "" for a kind of message that is none of ours
    check_id    ours
    reference   theirs
    outcome     a key of OUTCOMES; "" when canceled
    expires_on  of the identity document that was shown
    """

    event: str
    check_id: UUID | None = None
    reference: str = ""
    outcome: str = ""
    findings: tuple[ProviderFinding, ...] = ()
    expires_on: date | None = None


def read_result(text: str) -> ProviderResult:
    """
    A provider's message as a result; docs/identity-provider.md has the form.

    raises  UnreadableResult naming the field
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise UnreadableResult("The body is not JSON.", field="body") from wrong
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise UnreadableResult("The body has no type.", field="type")
    event = RESULT_KINDS.get(message["type"], "")
    if not event:
        return ProviderResult("")
    data = message.get("data")
    if not isinstance(data, dict):
        raise UnreadableResult("The message has no data.", field="data")
    try:
        check_id = UUID(_short(data, "check_id", 36))
    except ValueError as wrong:
        raise UnreadableResult("check_id is not a UUID.", field="data.check_id") from wrong
    reference = _short(data, "reference", 100)
    if event == "cancel":
        return ProviderResult(event, check_id, reference)
    return ProviderResult(
        event, check_id, reference, _outcome(data, "data.outcome"), _findings(data), _expiry(data)
    )


def _findings(data: dict[str, Any]) -> tuple[ProviderFinding, ...]:
    given = data.get("findings", [])
    if not isinstance(given, list) or len(given) > MAX_FINDINGS:
        raise UnreadableResult(f"findings is a list of at most {MAX_FINDINGS}.", field="data.findings")
    found = []
    for number, one in enumerate(given):
        where = f"data.findings.{number}"
        if not isinstance(one, dict):
            raise UnreadableResult("A finding is an object.", field=where)
        detail = _short(one, "detail", 300) if one.get("detail") else ""
        found.append(ProviderFinding(_short(one, "code", 60), _outcome(one, f"{where}.outcome"), detail))
    return tuple(found)


def _outcome(data: dict[str, Any], field: str) -> str:
    given = data.get("outcome")
    if not isinstance(given, str) or given not in OUTCOMES:
        raise UnreadableResult(f"outcome is one of {', '.join(OUTCOMES)}.", field=field)
    return given


def _expiry(data: dict[str, Any]) -> date | None:
    given = data.get("document_expires_on")
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError) as wrong:
        raise UnreadableResult(
            "document_expires_on is no date; write it as 2030-12-31.", field="data.document_expires_on"
        ) from wrong


def _short(data: dict[str, Any], name: str, most: int) -> str:
    given = data.get(name)
    if not isinstance(given, str) or not given.strip() or len(given) > most or not given.isprintable():
        raise UnreadableResult(f"{name} is a text of 1 to {most} characters.", field=f"data.{name}")
    return given.strip()
