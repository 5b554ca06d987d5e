"""
What of a row the trail vouches for: a hash over the columns that its model names.

    class Case(models.Model):
        ESSENTIALS = {1: ("investor_id", "state", "decided_at")}

    record(..., rows=essences(case, step))

`manage.py verify` compares every row of a model with ESSENTIALS with the last event that told of it. A change of
the columns is another number; the old ones stay, so that what was recorded by them can still be checked.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from portal.domain.canonical import fingerprint


def essences(*rows: Any) -> dict[str, dict[str, str]]:
    """
    The fact "rows" of an event: table -> key -> "<number of the list of columns>:<SHA-256>".

    rows  instances as they were written. Columns named may hold no personal data in the clear unless their text has
          a salt of its own: whoever reads the trail could try values until the hash fits
    """
    told: dict[str, dict[str, str]] = {}
    for row in rows:
        number = max(row.ESSENTIALS)
        told.setdefault(row._meta.db_table, {})[str(row.pk)] = f"{number}:{essence(row, number)}"
    return told


def essence(row: Any, number: int) -> str:
    """SHA-256 over the columns of a row that its model names by `number`, in canonical JSON."""
    return fingerprint({name: _plain(getattr(row, name)) for name in row.ESSENTIALS[number]})


def _plain(value: Any) -> Any:
    """The same text for a value as it was written and as it is read back."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int | UUID):
        return str(value)
    if isinstance(value, Iterable):
        return [_plain(one) for one in value]
    raise TypeError(f"{type(value).__name__} has no canonical text.")
