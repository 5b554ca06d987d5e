"""What an owner has, as pages print it: cash by currency, securities and units by instrument."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from portal.ledger import selectors
from portal.ledger.facts import BalanceFacts, InstrumentFacts

OWNED = {
    "cash": {"cash"},
    "security": {"holding", "treasury"},
    "index_unit": {"holding"},
    "crypto": {"holding"},
}
KINDS = {"security": "Security", "index_unit": "Index units", "crypto": "Tokens", "cash": "Cash"}


@dataclass(frozen=True, slots=True)
class Position:
    """One instrument of one owner; posted and reserved in smallest units."""

    instrument: InstrumentFacts
    posted: int
    reserved: int

    @property
    def available(self) -> int:
        return self.posted - self.reserved

    @property
    def code(self) -> str:
        """As people know it: the units of index LARGE10 are LARGE10."""
        return self.instrument.code.removeprefix("unit:")

    @property
    def href(self) -> str:
        """The page of the index, for its units; "" where there is none by code."""
        return reverse("index", args=[self.code]) if self.instrument.kind == "index_unit" else ""

    @property
    def kind(self) -> str:
        return KINDS.get(self.instrument.kind, self.instrument.kind)


def positions(owner: str) -> list[Position]:
    """What stands to this owner, cash first, then by name; accounts that are empty are left out."""
    found = selectors.balances(owner=owner) if owner else []
    instruments = {
        one.id: one for one in selectors.instruments(ids=sorted({balance.instrument_id for balance in found}))
    }
    grouped: dict[int, list[BalanceFacts]] = {}
    for balance in found:
        if balance.purpose in OWNED.get(instruments[balance.instrument_id].kind, set()):
            grouped.setdefault(balance.instrument_id, []).append(balance)
    rows = [
        Position(instruments[key], sum(b.posted for b in group), sum(b.reserved for b in group))
        for key, group in grouped.items()
    ]
    return sorted(
        (row for row in rows if row.posted or row.instrument.kind == "cash"),
        key=lambda row: (row.instrument.kind != "cash", row.instrument.name),
    )


def cash_of(rows: Iterable[Position]) -> list[Position]:
    return [row for row in rows if row.instrument.kind == "cash"]


def holdings_of(rows: Iterable[Position]) -> list[Position]:
    return [row for row in rows if row.instrument.kind != "cash"]
