"""Lots: the parts of a holding, each acquired at one time under one exemption."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.errors import Refused


class NotEnoughUnrestricted(Refused):
    """The holding is too small, or too much of it is still locked up."""

    code = "not-enough-unrestricted"


@dataclass(frozen=True, slots=True)
class Lot:
    """
    key             the lot's id as text
    quantity        smallest units left in it, > 0
    acquired_on     the day the holding period began; it survives transfers that tack
    exemption       how it was sold: "506(c)", "506(b)", "Reg S", "founder"
    price_minor     paid for one whole unit, in minor units; None for a gift
    affiliate       acquired by an affiliate of the issuer (a control security)
    locked_until    first day on which it may move by contract; None: no lock-up
    """

    key: str
    quantity: int
    acquired_on: date
    exemption: str = ""
    price_minor: int | None = None
    affiliate: bool = False
    locked_until: date | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """How much of which lot a movement takes."""

    lot: Lot
    quantity: int


def take(lots: Sequence[Lot], quantity: int, *, free: Callable[[Lot], bool] = lambda _: True) -> list[Taken]:
    """
    The lots that a movement of `quantity` takes, oldest first, skipping those that are not `free`.

    quantity  smallest units, > 0
    returns   parts whose quantities sum to `quantity`
    raises    NotEnoughUnrestricted with what there is, and how much of it is free
    """
    left, taken = quantity, []
    for lot in sorted(lots, key=lambda lot: (lot.acquired_on, lot.key)):
        if left and free(lot):
            part = min(left, lot.quantity)
            taken.append(Taken(lot, part))
            left -= part
    if left:
        held = sum(lot.quantity for lot in lots)
        raise NotEnoughUnrestricted(
            f"{quantity} were asked for; {held} are held and {quantity - left} of them are free to move.",
            field="quantity",
        )
    return taken
