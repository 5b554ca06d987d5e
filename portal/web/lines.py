"""Ledger entries as pages print them: with a title, and with their place in the log where they have one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portal.audit.selectors import places
from portal.http.told import of_entry
from portal.ledger.facts import EntryFacts


@dataclass(frozen=True, slots=True)
class EntryLine:
    entry: EntryFacts
    title: str
    place: int | None

    @property
    def memo(self) -> str:
        """What somebody wrote; an id that a program left there is the record's matter, not the reader's."""
        return "" if _ID.search(self.entry.memo) else self.entry.memo

    @property
    def code(self) -> str:
        return self.entry.instrument_code.removeprefix("unit:")

    @property
    def is_cash(self) -> bool:
        """Cash is printed as money, everything else as a quantity of its instrument."""
        return self.entry.purpose not in SECURITIES


_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-")
SECURITIES = frozenset({"issued", "holding", "treasury", "market"})


def lines(entries: Sequence[EntryFacts]) -> list[EntryLine]:
    found = places([entry.event_id for entry in entries])
    return [EntryLine(entry, of_entry(entry), found.get(entry.event_id)) for entry in entries]
