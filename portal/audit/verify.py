"""Re-derives the whole log from the stored rows, and compares rows with what the trail tells of them."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from portal.audit import signing
from portal.audit.essences import essence
from portal.audit.models import Checkpoint
from portal.domain.merkle import Frontier
from portal.domain.sealing import CannotUnseal

CHUNK = 20_000
_sha = hashlib.sha256
# The canonical form, spelled out here rather than taken from the database's function: that could be replaced. Each
# field is its length in bytes, a colon, and itself; one text a row is read several times faster than its fields.
_FIELDS = (
    "e.event_id::text",
    """to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    """to_char(e.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "e.actor_kind", "e.actor_id", "e.actor_label", "e.origin", "e.session", "e.action", "e.subject",
    "coalesce(e.organisation::text, '')", "e.reason", "e.facts",
)  # fmt: skip
_CANONICAL = "'7:event/1' || " + " || ".join(f"octet_length({field}) || ':' || {field}" for field in _FIELDS)
_EVENTS = f"""
SELECT l.leaf_index, l.leaf_hash, e.id, {_CANONICAL}, e.salt, e.commitment
FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event ORDER BY l.leaf_index
"""  # noqa: S608  constants of this module
_STRAYS = """
SELECT e.id FROM audit_event e LEFT JOIN audit_leaf l ON l.event = e.id LEFT JOIN audit_unsequenced u ON u.event = e.id
WHERE l.event IS NULL AND u.event IS NULL ORDER BY e.id LIMIT 20
"""
_GHOSTS = """
SELECT u.event FROM audit_unsequenced u LEFT JOIN audit_event e ON e.id = u.event LEFT JOIN audit_leaf l ON l.event = u.event
WHERE e.id IS NULL OR l.event IS NOT NULL ORDER BY u.event LIMIT 20
"""
_UNSEALED = f"""
SELECT e.id, {_CANONICAL}, e.salt, e.commitment FROM audit_event e JOIN audit_unsequenced u ON u.event = e.id ORDER BY e.id
"""  # noqa: S608  constants of this module
_TOLD = """
SELECT t.key, r.key, r.value FROM audit_event e
CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(e.facts::jsonb -> 'rows') = 'object' THEN e.facts::jsonb -> 'rows' END) t
CROSS JOIN LATERAL jsonb_each_text(t.value) r
WHERE e.action <> 'ledger.posted' AND e.facts LIKE '%%"rows":{%%' AND t.key = ANY(%s) ORDER BY e.id
"""
LIMIT = 20
"""Rows named per check; the rest is told by their number."""


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Everything inside sees the database as it was at one instant, while others go on writing."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def verify_log() -> list[str]:
    """
    Every stored event against its commitment, leaf, place, nodes and every signed checkpoint.

    returns  one sentence per difference, naming the row; empty when all agree
    """
    differences: list[str] = []
    with one_snapshot():
        heads = {head.size: head for head in Checkpoint.objects.all()}
        frontier = Frontier()
        nodes: dict[tuple[int, int], bytes] = {}
        for row in _stream(_EVENTS):
            if not _agrees(frontier.size, *row):
                differences.extend(_leaf_differences(frontier.size, *row))
            for level, index, value in frontier.append(bytes(row[1])):
                nodes[level, index] = value
            if frontier.size in heads:
                differences.extend(_head_differences(heads.pop(frontier.size), frontier))
        differences.extend(
            f"audit_checkpoint {size}: the log has only {frontier.size} leaves." for size in sorted(heads)
        )
        if frontier.size and not Checkpoint.objects.filter(size=frontier.size).exists():
            differences.append(f"audit_leaf: {frontier.size} leaves stand above the last checkpoint.")
        differences.extend(_node_differences(nodes))
        for row in _stream(_UNSEALED):
            if _sha(bytes(row[2]) + row[1].encode()).digest() != bytes(row[3]):
                differences.append(f"audit_event {row[0]}: its fields do not give its commitment.")
        with connection.cursor() as cursor:
            cursor.execute(_STRAYS)
            differences.extend(
                f"audit_event {event}: it is neither in the log nor waiting for its place."
                for (event,) in cursor.fetchall()
            )
            cursor.execute(_GHOSTS)
            differences.extend(
                f"audit_unsequenced {event}: it waits for an event that is gone or has its place."
                for (event,) in cursor.fetchall()
            )
    return differences


def _stream(query: str) -> Iterator[tuple[Any, ...]]:
    # A named cursor keeps a million rows on the server.
    connection.ensure_connection()
    with connection.create_cursor(name="verify_log") as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def _agrees(
    place: int,
    leaf_index: int,
    stored: bytes,
    event: int | None,
    canonical: str,
    salt: bytes,
    commitment: bytes,
) -> bool:
    """Whether a leaf and its event are what they have to be; the fast way through a log that is in order."""
    if leaf_index != place or event is None:
        return False
    derived = _sha(bytes(salt) + canonical.encode()).digest()
    return derived == commitment and _sha(b"\x00" + derived).digest() == stored


def _leaf_differences(
    place: int,
    leaf_index: int,
    stored: bytes,
    event: int | None,
    canonical: str,
    salt: bytes,
    commitment: bytes,
) -> Iterator[str]:
    if leaf_index != place:
        yield f"audit_leaf {leaf_index}: place {place} is missing before it."
    if event is None:
        yield f"audit_leaf {leaf_index}: its event is gone."
        return
    derived = _sha(bytes(salt) + canonical.encode()).digest()
    if derived != bytes(commitment):
        yield f"audit_event {event} (leaf {leaf_index}): its fields do not give its commitment."
    if _sha(b"\x00" + derived).digest() != bytes(stored):
        yield f"audit_leaf {leaf_index}: it is not the hash of audit_event {event}."


def _head_differences(head: Checkpoint, frontier: Frontier) -> Iterator[str]:
    root = frontier.root()
    if bytes(head.root) != root:
        yield f"audit_checkpoint {head.size}: the leaves give root {root.hex()}, it says {bytes(head.root).hex()}."
    try:
        signing.check_checkpoint(head.note, head.size, bytes(head.root), head.created_at)
    except signing.CheckpointRejected as error:
        yield f"audit_checkpoint {head.size}: {error}"


def _node_differences(derived: dict[tuple[int, int], bytes]) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT level, index, hash FROM audit_node")
        stored = {(level, index): bytes(value) for level, index, value in cursor.fetchall()}
    for place in sorted(derived.keys() | stored.keys()):
        if derived.get(place) != stored.get(place):
            yield f"audit_node level {place[0]}, index {place[1]}: it is not the root of its leaves."


def verify_rows(house: str) -> list[str]:
    """
    Every row of a house's models with ESSENTIALS against the last event that told of it.

    house    an app's label: "investors"
    returns  one sentence per row that differs, is gone, or that no event tells of; empty when all agree
    """
    kept = [model for model in apps.get_app_config(house).get_models() if hasattr(model, "ESSENTIALS")]
    differences: list[str] = []
    with one_snapshot():
        told: dict[str, dict[str, str]] = {model._meta.db_table: {} for model in kept}
        with connection.cursor() as cursor:
            cursor.execute(_TOLD, [list(told)])
            for table, key, value in cursor.fetchall():
                told[table][key] = value
        for model in kept:
            table = model._meta.db_table
            differences.extend(named(f"{table} {key}: {wrong}" for key, wrong in _odd(model, told[table])))
    return differences


def run(checks: Sequence[tuple[str, str]]) -> list[str]:
    """Each query's rows in its sentence, the first LIMIT of them and the number of the rest."""
    found: list[str] = []
    with one_snapshot(), connection.cursor() as cursor:
        for query, sentence in checks:
            cursor.execute(query)
            found.extend(named(f"{sentence.format(*row)}." for row in cursor.fetchall()))
    return found


def named(sentences: Iterator[str]) -> list[str]:
    """The first LIMIT sentences and the number of the rest."""
    found = list(sentences)
    more = len(found) - LIMIT
    return found if more <= 0 else [*found[:LIMIT], f"And {more} more of the same kind."]


def _odd(model: type[models.Model], told: dict[str, str]) -> Iterator[tuple[str, str]]:
    essentials: dict[int, tuple[str, ...]] = model.ESSENTIALS  # type: ignore[attr-defined]
    columns = sorted({name for names in essentials.values() for name in names})
    for row in model._default_manager.only(*columns).order_by("pk").iterator(chunk_size=5_000):
        key = str(row.pk)
        recorded = told.pop(key, "")
        number, _, expected = recorded.partition(":")
        if not recorded:
            yield key, "no event of the audit trail tells of it."
        elif not number.isdigit() or int(number) not in essentials:
            yield key, f"the audit trail tells of it by columns {number[:10]!r}, which are not known here."
        else:
            try:
                if essence(row, int(number)) != expected:
                    yield key, "it is not what the audit trail recorded."
            except CannotUnseal:
                yield key, "a sealed value of it cannot be opened: it was changed, or its key is not here."
    for key in sorted(told):
        yield key, "the audit trail tells of it, and it is gone."
