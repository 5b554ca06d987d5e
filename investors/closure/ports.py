"""
Where the other houses hand in what they hold about an investor, and what was decided about him, and what of it keeps
his account from closing. Each house does so in its module `records`, which every process loads (investors.apps).

    @section
    def holdings(investor: InvestorFacts) -> Section: ...

    @obstacle
    def open_orders(investor: InvestorFacts) -> Iterable[Obstacle]: ...
"""

from collections.abc import Callable, Iterable

from investors.closure.facts import Decided, Obstacle, Section
from investors.profiles.facts import InvestorFacts

Collector = Callable[[InvestorFacts], Section]
Objector = Callable[[InvestorFacts], Iterable[Obstacle]]
Judge = Callable[[InvestorFacts], Iterable[Decided]]
_SECTIONS: list[Collector] = []
_OBSTACLES: list[Objector] = []
_DECISIONS: list[Judge] = []


def section(collect: Collector) -> Collector:
    """Register a part of the data export."""
    if collect not in _SECTIONS:
        _SECTIONS.append(collect)
    return collect


def obstacle(object_: Objector) -> Objector:
    """Register what keeps an account from closing."""
    if object_ not in _OBSTACLES:
        _OBSTACLES.append(object_)
    return object_


def decisions(tell: Judge) -> Judge:
    """Register decisions that the investor finds beside his documents."""
    if tell not in _DECISIONS:
        _DECISIONS.append(tell)
    return tell


def decisions_of(investor: InvestorFacts) -> list[Decided]:
    """All of them, from every house, newest first."""
    found = [one for tell in _DECISIONS for one in tell(investor)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def sections() -> list[Collector]:
    return list(_SECTIONS)


def obstacles_of(investor: InvestorFacts) -> list[Obstacle]:
    """All of them, from every house."""
    return [found for ask in _OBSTACLES for found in ask(investor)]
