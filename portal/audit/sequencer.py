"""
Gives events their place in the log: one process at a time, in committed order, and signs each new head.

Ids come from a sequence before their transaction commits, so "everything above the last id" would lose late
committers. What has no place yet stands in a queue that only sealing empties (docs/adr/0004).
"""

import hashlib
from datetime import datetime

from django.db import connection, transaction

from portal.audit import selectors, signing
from portal.domain.merkle import TILE, Frontier

LOCK = 727201
BATCH = 20_000


class Sequencer:
    """Remembers the right edge of the tree between batches; reads it anew when another process has sealed."""

    def __init__(self) -> None:
        self._frontier = Frontier()

    def seal(self, *, at: datetime, limit: int = BATCH) -> int:
        """
        Seal up to `limit` waiting events in one transaction.

        returns  how many events got their place; 0 when nothing waits or another sequencer is at work
        """
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
                if not cursor.fetchone()[0]:
                    return 0
                cursor.execute(
                    "SELECT e.id, e.commitment FROM audit_unsequenced u JOIN audit_event e ON e.id = u.event "
                    "ORDER BY e.id LIMIT %s",
                    [limit],
                )
                waiting = cursor.fetchall()
            if not waiting:
                return 0
            frontier = self._edge()
            first = frontier.size
            hashes, nodes = [], []
            for _, commitment in waiting:
                leaf = hashlib.sha256(b"\x00" + commitment).digest()
                hashes.append(leaf)
                nodes.extend(frontier.append(leaf))
            root = frontier.root()
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT audit_seal(%s, %s::bigint[], %s::bytea[], %s::smallint[], %s::bigint[], %s::bytea[], %s, %s, %s)",
                    [
                        first,
                        [event for event, _ in waiting],
                        hashes,
                        [level for level, _, _ in nodes],
                        [index for _, index, _ in nodes],
                        [value for _, _, value in nodes],
                        root,
                        signing.sign_checkpoint(frontier.size, root, at),
                        at,
                    ],
                )
        self._frontier = frontier
        return len(waiting)

    def _edge(self) -> Frontier:
        head = selectors.latest_checkpoint()
        size = head.size if head else 0
        if self._frontier.size == size:
            return Frontier(size, self._frontier.rows)
        rows, level = [], 0
        while True:
            known = size >> 8 * level
            rows.append(selectors.rows(level, known // TILE * TILE) if known else [])
            if known < TILE:
                return Frontier(size, rows)
            level += 1


def seal_all(sequencer: Sequencer | None = None, *, at: datetime) -> int:
    """Seal until nothing waits; returns how many events got their place."""
    sequencer = sequencer or Sequencer()
    total = 0
    while sealed := sequencer.seal(at=at):
        total += sealed
    return total
