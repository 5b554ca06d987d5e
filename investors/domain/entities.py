"""Kinds of entity, what each must tell, which tax form fits, and owners that own each other in a circle."""

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)

ENTITY_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "corporation": "Corporation",
        "llc": "Limited liability company",
        "partnership": "Partnership",
        "trust": "Trust",
        "plan": "IRA or retirement plan",
    }
)
OWNERS_FROM_PPM = 250_000
"""Owners of so much are named. Source: 31 CFR 1010.230(d)(1), 25 percent or more."""
WITHOUT_OWNERS = frozenset({"trust", "plan"})
"""Forms in which nobody holds equity: the trustee or the account's holder is the person in control."""

TAX_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "W-9": "W-9: a US person for tax",
        "W-8BEN": "W-8BEN: a foreign person",
        "W-8BEN-E": "W-8BEN-E: a foreign entity that is taxed itself",
        "W-8IMY": "W-8IMY: a foreign partnership or trust whose partners or beneficiaries are taxed",
    }
)


def tax_form(
    *, kind: str, entity_form: str, country: str, us_person: bool, tax_countries: Sequence[str]
) -> str:
    """
    The IRS form that fits what is declared: a key of TAX_FORMS. A claim of effectively connected income (W-8ECI) or
    of exemption (W-8EXP) is made on paper and decided by an officer.

    source  IRS, Instructions for the Requester of Forms W-8 and W-9: US persons give W-9, foreign individuals W-8BEN,
            foreign entities that are beneficial owners W-8BEN-E, flow-through entities W-8IMY
    """
    if kind == "entity":
        # An entity is a US person by where it was organised, whoever stands behind it.
        if country == "US":
            return "W-9"
        return "W-8IMY" if entity_form in ("partnership", "trust") else "W-8BEN-E"
    return "W-9" if us_person or country == "US" or "US" in tax_countries else "W-8BEN"


def circle_through(owners: Mapping[Node, Sequence[Node]], *, start: Node) -> tuple[Node, ...]:
    """
    The shortest way from `start` over its owners back to itself; () where there is none.

    owners   entity -> those who own it
    returns  the entities in order, `start` first and not repeated
    """
    before: dict[Node, Node] = {}
    waiting = [start]
    while waiting:
        entity = waiting.pop(0)
        for owner in owners.get(entity, ()):
            if owner == start:
                way = [entity]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return tuple(reversed(way))
            if owner not in before:
                before[owner] = entity
                waiting.append(owner)
    return ()
