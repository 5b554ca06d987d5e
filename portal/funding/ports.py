"""
Where the houses above tell what keeps an owner's money from moving: this room knows owners by their ids alone. They do
so in their module `records`, which every process loads.

    @standing
    def investors(owners: Collection[str], at: datetime) -> Mapping[str, Standing]: ...
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """
    held    a sentence on why no money may leave; "" where it may
    closed  a sentence on why none may be credited any more; "" where it may
    """

    held: str = ""
    closed: str = ""


Teller = Callable[[Collection[str], datetime], Mapping[str, Standing]]
_TELLERS: list[Teller] = []


def standing(tell: Teller) -> Teller:
    """Register who knows how some owners stand; owners that nobody knows are free."""
    if tell not in _TELLERS:
        _TELLERS.append(tell)
    return tell


def standings_of(owners: Collection[str], *, at: datetime) -> dict[str, Standing]:
    """How these owners stand, in as many queries for one as for many."""
    wanted = frozenset(owners)
    return {owner: one for tell in _TELLERS for owner, one in tell(wanted, at).items()}
