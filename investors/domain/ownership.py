"""
OFAC's 50 percent rule: an entity owned 50 % or more in the aggregate, directly or indirectly, by blocked persons is
itself blocked.

source  OFAC, Revised Guidance on Entities Owned by Persons Whose Property and Interests in Property Are Blocked,
        2014-08-13; OFAC FAQ 398 to 402. "Indirectly" runs only through entities that are themselves owned 50 % or
        more; shares of several blocked persons are added up; control without ownership does not count.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

SOURCE = "OFAC guidance of 2014-08-13, 50 percent rule"
HALF = Fraction(1, 2)
WHOLE = Fraction(1)


class ImpossibleOwnership(ValueError):
    """A share below nothing or above the whole, or owners who hold more than the whole together."""


@dataclass(frozen=True, slots=True)
class Stake:
    """`owner` holds `share` (0 < share <= 1) of `owned`; several stakes of one owner in one entity add up."""

    owner: str
    owned: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class BlockedOwnership:
    """
    What the rule finds.

    shares   entity -> share held by listed persons and by entities blocked through them, for every entity with any
    blocked  entities of 50 % or more, in the order in which they were found, without those listed themselves
    through  blocked entity -> its owners that count
    """

    shares: Mapping[str, Fraction]
    blocked: tuple[str, ...]
    through: Mapping[str, tuple[str, ...]]


def blocked_by_ownership(*, stakes: Sequence[Stake], listed: Collection[str]) -> BlockedOwnership:
    """
    Apply the rule until no further entity is reached. Circles end by themselves: an entity joins once, and only
    by owners that are listed or joined before it, so a circle of entities cannot block itself.

    raises  ImpossibleOwnership naming the entity
    """
    owners = _added_up(stakes)
    held: dict[str, Fraction] = defaultdict(Fraction)
    blocked: dict[str, None] = {}
    counted: dict[str, list[str]] = defaultdict(list)
    holdings: dict[str, list[tuple[str, Fraction]]] = defaultdict(list)
    for (owner, owned), share in owners.items():
        holdings[owner].append((owned, share))
    waiting = sorted(set(listed))
    while waiting:
        owner = waiting.pop(0)
        for owned, share in sorted(holdings[owner]):
            if owned == owner:
                continue
            held[owned] += share
            counted[owned].append(owner)
            if held[owned] >= HALF and owned not in blocked and owned not in listed:
                blocked[owned] = None
                waiting.append(owned)
    return BlockedOwnership(
        shares=MappingProxyType(dict(held)),
        blocked=tuple(blocked),
        through=MappingProxyType({entity: tuple(counted[entity]) for entity in blocked}),
    )


def _added_up(stakes: Sequence[Stake]) -> dict[tuple[str, str], Fraction]:
    owners: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    whole: dict[str, Fraction] = defaultdict(Fraction)
    for stake in stakes:
        if not 0 < stake.share <= WHOLE:
            raise ImpossibleOwnership(f"{stake.owner} cannot hold {stake.share} of {stake.owned}.")
        owners[stake.owner, stake.owned] += stake.share
        whole[stake.owned] += stake.share
        if whole[stake.owned] > WHOLE:
            raise ImpossibleOwnership(f"The owners of {stake.owned} hold {whole[stake.owned]} together.")
    return dict(owners)
