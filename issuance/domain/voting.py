"""
Votes of holders: what each resolution needs, whose units speak for what, and whether the outcome can still change.

Units are ints in the smallest unit of each class; votes are exact fractions. One holder's units are counted once: what
he votes himself comes first, what is left goes by his proxies in the order in which he gave them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from operator import attrgetter

from portal.domain.errors import Conflict, Invalid

Units = tuple[int, ...]
"""Smallest units of each class, in the order of the classes."""


class Choice(StrEnum):
    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


class Base(StrEnum):
    CAST = "cast"
    OUTSTANDING = "outstanding"


class ProxyCircle(Conflict):
    """Power handed on must end with somebody."""

    code = "proxy-circle"


class MoreThanHeld(Invalid):
    """Nobody votes, or hands on, more than he held at the record date."""

    code = "more-than-held"


@dataclass(frozen=True, slots=True)
class VotingClass:
    """votes_per_unit: for one smallest unit; 0 is a class that is counted for nothing but a class vote of its own."""

    code: str
    votes_per_unit: Fraction


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What a resolution needs.

    quorum             share of the votes outstanding that has to be present, abstentions among it; 0 for none
    threshold          share of `base` that has to be for; unanimous is 1 of OUTSTANDING
    more_than          it has to be exceeded, not only reached
    abstentions_count  abstentions are votes cast, and so work like votes against
    class_votes        codes of classes that have to reach quorum and threshold each by itself as well, unit by unit
    """

    quorum: Fraction
    threshold: Fraction
    base: Base = Base.CAST
    more_than: bool = False
    abstentions_count: bool = False
    class_votes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ballot:
    """units None: all that the voter holds. Of several by one voter the highest sequence counts."""

    sequence: int
    voter: str
    choice: Choice
    units: Units | None = None


@dataclass(frozen=True, slots=True)
class Proxy:
    """
    units        None: all that is left
    instruction  what the principal wants voted; it is counted as he wrote it. None: as the agent votes
    """

    sequence: int
    principal: str
    agent: str
    units: Units | None = None
    instruction: Choice | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Units by class for each answer; the four add up to what was outstanding."""

    outstanding: Units
    given: Mapping[Choice, Units]
    absent: Units

    @property
    def present(self) -> Units:
        return tuple(whole - away for whole, away in zip(self.outstanding, self.absent, strict=True))


@dataclass(frozen=True, slots=True)
class Count:
    """One count, of all classes together in votes or of one class in units. `scope` is "" for all."""

    scope: str
    outstanding: Fraction
    present: Fraction
    votes_for: Fraction
    against: Fraction
    abstain: Fraction
    needed_present: Fraction
    needed_for: Fraction
    quorate: bool
    carried: bool

    @property
    def passed(self) -> bool:
        return self.quorate and self.carried


@dataclass(frozen=True, slots=True)
class Verdict:
    """decided: "passed" or "failed" where nobody who has not voted can change it, else ""."""

    passed: bool
    counts: tuple[Count, ...]
    decided: str


def check_units(asked: Units, held: Units, classes: Sequence[VotingClass], *, field: str = "units") -> None:
    """raises  MoreThanHeld naming the class with both numbers; also for less than nothing, and for nothing at all"""
    for units, own, one in zip(asked, held, classes, strict=True):
        if units < 0 or units > own:
            raise MoreThanHeld(
                f"You have {own} smallest units of {one.code} here; {units} were asked for.",
                field=field,
                next_step="Leave the number empty to use all of them.",
            )
    if not any(asked):
        raise MoreThanHeld("No unit is left to vote with.", field=field)


def circle(pairs: Iterable[tuple[str, str]], principal: str, agent: str) -> list[str]:
    """
    The way by which power given from `principal` to `agent` would come back to him; empty when it would not.

    pairs  (principal, agent) of the proxies that stand
    """
    onward: dict[str, list[str]] = {}
    for giver, taker in pairs:
        onward.setdefault(giver, []).append(taker)
    ways, seen = [[principal, agent]], {agent}
    if agent == principal:
        return [principal, agent]
    while ways:
        way = ways.pop()
        for taker in sorted(onward.get(way[-1], ())):
            if taker == principal:
                return [*way, taker]
            if taker not in seen:
                seen.add(taker)
                ways.append([*way, taker])
    return []


def tally(powers: Mapping[str, Units], ballots: Iterable[Ballot], proxies: Iterable[Proxy] = ()) -> Tally:
    """
    Count one resolution. The order of ballots and of proxies does not matter, their sequences do.

    powers   voter -> units of each class at the record date; somebody who only carries proxies needs none
    raises   ProxyCircle
    """
    width = len(next(iter(powers.values()), ()))
    latest: dict[str, Ballot] = {}
    for ballot in ballots:
        known = latest.get(ballot.voter)
        if known is None or known.sequence < ballot.sequence:
            latest[ballot.voter] = ballot
    given: dict[str, list[Proxy]] = {}
    for proxy in sorted(proxies, key=attrgetter("sequence")):
        given.setdefault(proxy.principal, []).append(proxy)
    voices = _Voices(latest, given)
    sums: dict[Choice | None, list[int]] = {answer: [0] * width for answer in (*Choice, None)}
    outstanding = [0] * width
    for voter, held in powers.items():
        for place, units in enumerate(held):
            outstanding[place] += units
        own = latest.get(voter)
        if own is not None and own.units is None:
            _add(sums[own.choice], held)
            continue
        left = held
        if own is not None and own.units is not None:
            left = _part(sums[own.choice], own.units, left)
        for proxy in given.get(voter, ()):
            answer = proxy.instruction or voices.of(proxy.agent)
            left = _part(sums[answer], proxy.units, left)
        _add(sums[None], left)
    return Tally(
        tuple(outstanding),
        {choice: tuple(sums[choice]) for choice in Choice},
        tuple(sums[None]),
    )


class _Voices:
    """What each voter says with power that others handed him: his ballot, else that of whom he gave all his own to."""

    def __init__(self, latest: Mapping[str, Ballot], given: Mapping[str, Sequence[Proxy]]) -> None:
        self.latest, self.given = latest, given
        self.known: dict[str, Choice | None] = {}

    def of(self, agent: str) -> Choice | None:
        way: list[str] = []
        answer: Choice | None = None
        while agent not in self.known:
            if agent in way:
                raise ProxyCircle("The proxies go round in a circle; nobody would vote with them.")
            way.append(agent)
            ballot = self.latest.get(agent)
            onward = next((one for one in self.given.get(agent, ()) if one.units is None), None)
            if ballot is not None:
                answer = ballot.choice
            elif onward is not None and onward.instruction is None:
                agent = onward.agent
                continue
            elif onward is not None:
                answer = onward.instruction
            break
        else:
            answer = self.known[agent]
        self.known.update(dict.fromkeys(way, answer))
        return answer


def _add(sums: list[int], units: Units) -> None:
    for place, one in enumerate(units):
        sums[place] += one


def _part(sums: list[int], asked: Units | None, left: Units) -> Units:
    """Count `asked` of what is left, never more. returns  what is left then"""
    taken = left if asked is None else tuple(min(pair) for pair in zip(asked, left, strict=True))
    _add(sums, taken)
    return tuple(have - took for have, took in zip(left, taken, strict=True))


def verdict(rule: Rule, classes: Sequence[VotingClass], found: Tally) -> Verdict:
    """Whether it passes as the votes stand, and whether those who have not voted could change that."""
    counts = _counts(rule, classes, found)
    # Who is absent can make a quorum and never unmake it; the worst he can do to the share is to vote against. Were all
    # for it, everything would be at its best at once.
    worst = _counts(rule, classes, _all_absent(found, Choice.AGAINST))
    best = _counts(rule, classes, _all_absent(found, Choice.FOR))
    decided = ""
    if all(now.quorate and then.carried for now, then in zip(counts, worst, strict=True)):
        decided = "passed"
    elif not all(one.passed for one in best):
        decided = "failed"
    return Verdict(all(one.passed for one in counts), counts, decided)


def _all_absent(found: Tally, choice: Choice) -> Tally:
    given = dict(found.given)
    given[choice] = tuple(one + away for one, away in zip(given[choice], found.absent, strict=True))
    return Tally(found.outstanding, given, (0,) * len(found.absent))


def _counts(rule: Rule, classes: Sequence[VotingClass], found: Tally) -> tuple[Count, ...]:
    everything = [one.votes_per_unit for one in classes]
    scopes = [("", everything)]
    for code in rule.class_votes:
        scopes.append((code, [Fraction(one.code == code) for one in classes]))
    return tuple(_count(rule, scope, weights, found) for scope, weights in scopes)


def _count(rule: Rule, scope: str, weights: Sequence[Fraction], found: Tally) -> Count:
    def votes(units: Units) -> Fraction:
        return sum((weight * one for weight, one in zip(weights, units, strict=True)), Fraction(0))

    outstanding, present = votes(found.outstanding), votes(found.present)
    votes_for, against, abstain = (votes(found.given[choice]) for choice in Choice)
    cast = votes_for + against + (abstain if rule.abstentions_count else 0)
    needed = rule.threshold * (outstanding if rule.base is Base.OUTSTANDING else cast)
    return Count(
        scope=scope,
        outstanding=outstanding,
        present=present,
        votes_for=votes_for,
        against=against,
        abstain=abstain,
        needed_present=rule.quorum * outstanding,
        needed_for=needed,
        quorate=present >= rule.quorum * outstanding,
        carried=votes_for > 0 and (votes_for > needed if rule.more_than else votes_for >= needed),
    )
