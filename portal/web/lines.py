"""Ledger entries as pages print them: with a title, and with their place in the log where they have one."""

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
    def is_cash(self) -> bool:
        """Cash is printed as money, everything else as a quantity of its instrument."""
        return self.entry.purpose not in SECURITIES


SECURITIES = frozenset({"issued", "holding", "treasury", "market"})


def lines(entries: Sequence[EntryFacts]) -> list[EntryLine]:
    found = places([entry.event_id for entry in entries])
    return [EntryLine(entry, of_entry(entry), found.get(entry.event_id)) for entry in entries]
