"""A profile is what its newest revision says; revisions themselves are vouched for by the trail."""

import json
from collections.abc import Iterator
from typing import Any

from investors.profiles.models import Investor, Revision
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
            wrong = [name for name in said if not name.startswith("_") and _now(row, name) != said[name]]
        except CannotUnseal:
            yield f"investors_investor {row.pk}: a sealed value of it or of its newest revision cannot be opened."
            continue
        if wrong:
            yield f"investors_investor {row.pk}: {', '.join(wrong)} differ from revision {revision.version}."


def _now(row: Investor, name: str) -> Any:
    if name == "related_persons":
        people = sorted(row.related_persons.all(), key=lambda person: person.pk)
        return [
            {"id": str(one.pk), "name": one.name, "born": one.born, "country": one.country} for one in people
        ]
    value = getattr(row, name, None)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
