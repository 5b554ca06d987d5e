"""Vesting: what of a grant is earned by a day, by OCF's terms, conditions and ways of rounding."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from portal.domain.errors import Invalid

Allocation = Literal[
    "CUMULATIVE_ROUNDING",
    "CUMULATIVE_ROUND_DOWN",
    "FRONT_LOADED",
    "BACK_LOADED",
    "FRONT_LOADED_TO_SINGLE_TRANCHE",
    "BACK_LOADED_TO_SINGLE_TRANCHE",
    "FRACTIONAL",
]


class ImpossibleVesting(Invalid):
    """Terms of vesting that cannot be carried out."""

    code = "impossible-vesting"


@dataclass(frozen=True, slots=True)
class Period:
    """
    A span counted from another condition, as often as `occurrences`.

    day_of_month  1..31 (the last day where a month is shorter), 0: the day on which vesting started
    """

    length: int
    unit: Literal["DAYS", "MONTHS"]
    occurrences: int = 1
    day_of_month: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """
    One condition of vesting terms.

    portion       of the whole grant at each occurrence; with `remainder` of what has not vested yet
    quantity      a fixed number instead of a portion
    on            the day of an absolute schedule
    after         id of the condition that `period` counts from
    follow        ids of the conditions that may come next, the highest priority first
    A condition with neither `on` nor `period` happens when somebody says so: a start or an event.
    """

    id: str
    portion: Fraction = Fraction(0)
    remainder: bool = False
    quantity: int | None = None
    on: date | None = None
    after: str = ""
    period: Period | None = None
    follow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tranche:
    """What vests on a day, and by which condition."""

    day: date
    quantity: Fraction
    condition: str


@dataclass(slots=True)
class _Walk:
    conditions: Mapping[str, Condition]
    happened: Mapping[str, date]
    start: date
    last: dict[str, date] = field(default_factory=dict)

    def days(self, condition: Condition) -> list[date]:
        """The days on which a condition comes to pass; none while nobody has said so."""
        if condition.on is not None:
            return [condition.on]
        if condition.period is None:
            told = self.happened.get(condition.id)
            return [] if told is None else [told]
        base = self.last.get(condition.after)
        if base is None:
            return []
        period = condition.period
        return [_later(base, period, times, self.start) for times in range(1, period.occurrences + 1)]


def allocate(total: int, tranches: int, how: Allocation) -> list[Fraction]:
    """
    Split a grant into equal tranches by one of OCF's ways of rounding.

    total     shares, >= 0
    returns   (tranches,) shares, whole unless FRACTIONAL; their sum is `total`
    raises    ImpossibleVesting without a tranche or below zero
    source    OCF 1.2.0, enums/AllocationType: 18 over 4 in its seven ways
    """
    if tranches < 1 or total < 0:
        raise ImpossibleVesting(
            "A grant of at least nothing vests in at least one tranche.", field="tranches"
        )
    return round_tranches([Fraction(total, tranches)] * tranches, how)


def round_tranches(exact: Sequence[Fraction], how: Allocation) -> list[Fraction]:
    """Round tranches of any size, in the order in which they vest; what they sum to is kept, rounded down."""
    if how == "FRACTIONAL":
        return list(exact)
    total = int(sum(exact, Fraction(0)))
    if how in ("CUMULATIVE_ROUNDING", "CUMULATIVE_ROUND_DOWN"):
        return _cumulative(exact, total, Fraction(1, 2) if how == "CUMULATIVE_ROUNDING" else Fraction(0))
    whole = [Fraction(int(one)) for one in exact]
    rest = total - int(sum(whole, Fraction(0)))
    if not whole:
        return []
    if how == "FRONT_LOADED_TO_SINGLE_TRANCHE":
        whole[0] += rest
    elif how == "BACK_LOADED_TO_SINGLE_TRANCHE":
        whole[-1] += rest
    else:
        broken = [place for place, one in enumerate(exact) if one != int(one)]
        for place in broken[:rest] if how == "FRONT_LOADED" else broken[len(broken) - rest :]:
            whole[place] += 1
    return whole


def _cumulative(exact: Sequence[Fraction], total: int, half: Fraction) -> list[Fraction]:
    found, before, reached = [], 0, Fraction(0)
    for one in exact:
        reached += one
        now = min(int(reached + half), total)
        found.append(Fraction(now - before))
        before = now
    return found


def schedule(
    conditions: Sequence[Condition],
    *,
    quantity: int,
    how: Allocation,
    started: Mapping[str, date],
    until: date = date.max,
) -> list[Tranche]:
    """
    The tranches of a grant up to a day, in order.

    conditions  of the terms; after each the one that comes first follows, of two on one day the one named first
    quantity    shares granted
    started     condition -> day on which it was said to have happened (OCF's vesting starts and events)
    raises      ImpossibleVesting for a reference between conditions that leads nowhere, or in a circle
    source      OCF 1.2.0, types/vesting
    """
    known = {one.id: one for one in conditions}
    for one in conditions:
        for name in (*one.follow, *([one.after] if one.after else [])):
            if name not in known:
                raise ImpossibleVesting(f"The condition {one.id} refers to {name}, which is not there.")
    first = [one for one in conditions if one.id in started and not _follows(one.id, conditions)]
    exact: list[Tranche] = []
    for one in first:
        _follow(_Walk(known, started, started[one.id]), one, quantity, exact)
    exact.sort(key=lambda tranche: tranche.day)
    rounded = round_tranches([tranche.quantity for tranche in exact], how)
    return [
        Tranche(tranche.day, size, tranche.condition)
        for tranche, size in zip(exact, rounded, strict=True)
        if tranche.day <= until and size
    ]


def vested(tranches: Sequence[Tranche], *, on: date, quantity: int, accelerated: int = 0) -> Fraction:
    """What has vested by the end of a day, with what was accelerated; never more than the grant."""
    reached = sum((one.quantity for one in tranches if one.day <= on), Fraction(0))
    return min(reached + accelerated, Fraction(quantity))


def _follows(name: str, conditions: Sequence[Condition]) -> bool:
    return any(name in one.follow for one in conditions)


def _follow(walk: _Walk, first: Condition, quantity: int, found: list[Tranche]) -> None:
    """Go from condition to condition; each may come once."""
    current: Condition | None = first
    left, seen = Fraction(quantity), set[str]()
    while current is not None:
        if current.id in seen:
            raise ImpossibleVesting(f"The condition {current.id} follows itself.")
        seen.add(current.id)
        for day in walk.days(current):
            size = _size(current, quantity, left)
            found.append(Tranche(day, size, current.id))
            left -= size
            walk.last[current.id] = day
        open_ = [
            (days[0], place, name)
            for place, name in enumerate(current.follow)
            if (days := walk.days(walk.conditions[name]))
        ]
        current = walk.conditions[min(open_)[2]] if open_ else None


def _size(condition: Condition, quantity: int, left: Fraction) -> Fraction:
    if condition.quantity is not None:
        return min(Fraction(condition.quantity), left)
    of = left if condition.remainder else Fraction(quantity)
    return min(condition.portion * of, left)


def _later(base: date, period: Period, times: int, start: date) -> date:
    if period.unit == "DAYS":
        return base + timedelta(days=period.length * times)
    months = base.month - 1 + period.length * times
    year, month = base.year + months // 12, months % 12 + 1
    day = period.day_of_month or start.day
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
