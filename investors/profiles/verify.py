"""A profile is what its newest revision says; revisions themselves are vouched for by the trail."""

import json
from collections.abc import Iterator
from typing import Any

from investors.profiles.models import Investor, RelatedPerson, Revision
from portal.audit.verify import named, one_snapshot
from portal.domain.sealing import CannotUnseal


def verify_profiles() -> list[str]:
    """Every profile and the people behind it against the newest revision; empty when all agree."""
    with one_snapshot():
        return named(_differences())


def _differences() -> Iterator[str]:
    newest = {
        revision.investor_id: revision
        for revision in Revision.objects.order_by("investor_id", "-version").distinct("investor_id")
    }
    rows = Investor.objects.order_by("pk").prefetch_related("related_persons")
    for row in rows.iterator(chunk_size=1_000):
        revision = newest.get(row.pk)
        if revision is None:
            yield f"investors_investor {row.pk}: it has no revision."
            continue
        try:
            said = json.loads(revision.snapshot)
            wrong = [name for name in said if not name.startswith("_") and not _agrees(row, name, said[name])]
        except CannotUnseal:
            yield f"investors_investor {row.pk}: a sealed value of it or of its newest revision cannot be opened."
            continue
        if wrong:
            yield f"investors_investor {row.pk}: {', '.join(wrong)} differ from revision {revision.version}."


def _agrees(row: Investor, name: str, said: Any) -> bool:
    if name == "related_persons":
        people = sorted(row.related_persons.all(), key=lambda person: person.pk)
        return [[_now(one, field) for field in told] for one, told in zip(people, said, strict=False)] == [
            list(told.values()) for told in said
        ] and len(people) == len(said)
    if name == "expected_minor" and row.closed_at is not None and row.expected_minor == 0:
        return True  # erased when the account was closed
    return bool(_now(row, name) == said)


def _now(row: Investor | RelatedPerson, name: str) -> Any:
    value = getattr(row, name, None)
    if value is None or isinstance(value, str | bool | list):
        return value
    return str(value)
