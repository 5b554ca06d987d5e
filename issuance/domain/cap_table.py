"""The cap table: who holds how much of which class, pure over holdings or over the register's movements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain.apportionment import apportion
from portal.domain.errors import Refused

PPM = 1_000_000


class RegisterBroken(Refused):
    """A history of movements takes from a holder what he never had."""

    code = "register-broken"


@dataclass(frozen=True, slots=True)
class Move:
    """One movement as the register has it. `source` "" is an issue, `target` "" a redemption."""

    at: datetime
    security: str
    source: str
    target: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Position:
    """A holder of record and what he holds of one class, in smallest units."""

    security: str
    holder: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Line:
    """A position with its share of the class in millionths."""

    holder: str
    quantity: int
    share_ppm: int


@dataclass(frozen=True, slots=True)
class ClassTable:
    """One class: its lines, largest first, and what is outstanding. The shares sum to exactly 1,000,000."""

    security: str
    outstanding: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CapTable:
    """All classes, in the order of their codes."""

    classes: tuple[ClassTable, ...]

    def of(self, security: str) -> ClassTable:
        """The table of one class; an empty one when nobody holds it."""
        for table in self.classes:
            if table.security == security:
                return table
        return ClassTable(security, 0, ())

    def holdings(self) -> dict[str, dict[str, int]]:
        """class -> holder -> smallest units."""
        return {
            table.security: {line.holder: line.quantity for line in table.lines} for table in self.classes
        }


def replay(moves: Iterable[Move], *, until: datetime | None = None) -> list[Position]:
    """
    Holdings after all movements up to and including `until`.

    moves    in the order of the register
    returns  positions with quantity > 0, in the order of class and holder
    raises   RegisterBroken when a movement takes more than its source holds
    """
    held: dict[tuple[str, str], int] = {}
    for move in moves:
        if until is not None and move.at > until:
            continue
        if move.source:
            key = (move.security, move.source)
            if held.get(key, 0) < move.quantity:
                raise RegisterBroken(
                    f"{move.source} holds {held.get(key, 0)} of {move.security}; {move.quantity} cannot leave."
                )
            held[key] -= move.quantity
        if move.target:
            key = (move.security, move.target)
            held[key] = held.get(key, 0) + move.quantity
    return [Position(*key, quantity) for key, quantity in sorted(held.items()) if quantity]


def cap_table(positions: Sequence[Position]) -> CapTable:
    """
    Group positions by class, with each holder's share of the class.

    positions  at most one for each class and holder; empty ones are left out
    returns    shares by largest remainder, so that a class sums to exactly 1,000,000
    """
    by_class: dict[str, dict[str, int]] = {}
    for position in positions:
        if position.quantity:
            holders = by_class.setdefault(position.security, {})
            holders[position.holder] = holders.get(position.holder, 0) + position.quantity
    return CapTable(tuple(_class_table(code, by_class[code]) for code in sorted(by_class)))


def _class_table(security: str, holders: Mapping[str, int]) -> ClassTable:
    ordered = sorted(holders.items(), key=lambda item: (-item[1], item[0]))
    shares = apportion(PPM, [quantity for _, quantity in ordered])
    lines = tuple(
        Line(holder, quantity, share) for (holder, quantity), share in zip(ordered, shares, strict=True)
    )
    return ClassTable(security, sum(holders.values()), lines)


@dataclass(frozen=True, slots=True)
class Change:
    """What a holder had of a class on one day and on another, in smallest units."""

    security: str
    holder: str
    before: int
    after: int

    @property
    def by(self) -> int:
        return self.after - self.before


def diff(before: Sequence[Position], after: Sequence[Position]) -> list[Change]:
    """Every position that differs, in the order of class and holder; several of one class and holder are summed."""
    sums: tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]] = ({}, {})
    for found, positions in zip(sums, (before, after), strict=True):
        for one in positions:
            key = (one.security, one.holder)
            found[key] = found.get(key, 0) + one.quantity
    changes = [
        Change(*key, sums[0].get(key, 0), sums[1].get(key, 0)) for key in sorted({**sums[0], **sums[1]})
    ]
    return [one for one in changes if one.by]
