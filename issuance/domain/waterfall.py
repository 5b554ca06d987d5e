"""
The liquidation waterfall: who gets what of given proceeds, in exact rationals, then in whole minor units.

Above the preferences there is one number, the value r of one common share, at which everything is paid out: each
class's claim grows with r, so there is exactly one, and at it no class gains by converting or by not converting.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from heapq import heapify, heapreplace
from itertools import pairwise
from math import lcm

from portal.domain.errors import Invalid

Amounts = tuple[Fraction, ...]
Whole = tuple[int, ...]
Moment = tuple[bool, Fraction, int]
"""When a class gets its next unit: never by its exact part alone?, at which (scaled) proceeds, its place."""


class NegativeProceeds(Invalid):
    """Nothing less than nothing can be shared out."""

    code = "negative-proceeds"


class DuplicateClass(Invalid):
    """Two classes have the same code."""

    code = "duplicate-class"


class NoClassToPay(Invalid):
    """There is no class, or none with shares that could take what is left above the preferences."""

    code = "no-class-to-pay"


class ImpossibleClass(Invalid):
    """A class's terms are negative."""

    code = "impossible-class"


@dataclass(frozen=True, slots=True)
class ShareClass:
    """
    shares         outstanding; 0 takes no part above its preference
    invested       minor units; 0 for common
    multiple       of the invested sum that is preferred
    seniority      higher is paid first, equal pari passu
    participating  shares above its preference with the common, as if converted
    cap            all it may get without converting, as a multiple of `invested`; None is no cap
    conversion     common shares for each share
    """

    code: str
    shares: int
    invested: int = 0
    multiple: Fraction = Fraction(1)
    seniority: int = 0
    participating: bool = False
    cap: Fraction | None = None
    conversion: Fraction = Fraction(1)

    @property
    def as_converted(self) -> Fraction:
        """Common shares that it counts for."""
        return self.shares * Fraction(self.conversion)

    @property
    def ceiling(self) -> Fraction | None:
        """The most it gets without converting; None where there is none."""
        if not self.invested:
            return None
        if not self.participating:
            return self.invested * Fraction(self.multiple)
        return None if self.cap is None else self.invested * Fraction(self.cap)

    @property
    def preference(self) -> Fraction:
        full = self.invested * Fraction(self.multiple)
        return full if self.ceiling is None else min(full, self.ceiling)

    def claim(self, share_value: Fraction) -> Fraction:
        """What it takes when a common share is worth so much: the better of keeping its terms and converting."""
        converted = self.as_converted * share_value
        if not self.invested:
            return converted
        kept = self.preference + (converted if self.participating else 0)
        return max(kept if self.ceiling is None else min(kept, self.ceiling), converted)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """
    The whole waterfall as a line with corners, all in whole numbers of 1/`fineness` of a minor unit: at proceeds
    totals[k] the classes get amounts[k]; from there on, of each widths[k] more, rises[k]. The last stretch has no end;
    its width is 0 where nobody takes more. columns[n] is class n's amount at each corner.
    """

    codes: tuple[str, ...]
    fineness: int
    totals: Whole
    amounts: tuple[Whole, ...]
    widths: Whole
    rises: tuple[Whole, ...]
    columns: tuple[Whole, ...]

    def exact(self, proceeds: Fraction) -> Amounts:
        """Each class's part of the proceeds as an exact rational. Raises NoClassToPay."""
        scaled = Fraction(proceeds) * self.fineness
        corner, width = self.stretch(scaled)
        share = (scaled - self.totals[corner]) / width
        return tuple(
            (base + rise * share) / self.fineness
            for base, rise in zip(self.amounts[corner], self.rises[corner], strict=True)
        )

    def whole(self, proceeds: int) -> list[int]:
        """Each class's part in whole minor units; they sum to the proceeds. Raises NoClassToPay."""
        scaled = proceeds * self.fineness
        corner, width = self.stretch(scaled)
        rest, below = scaled - self.totals[corner], self.fineness * width
        units = [
            (2 * (base * width + rise * rest) + below) // (2 * below)
            for base, rise in zip(self.amounts[corner], self.rises[corner], strict=True)
        ]
        self._settle(units, proceeds - sum(units))
        return units

    def stretch(self, scaled: int | Fraction) -> tuple[int, int]:
        """The stretch on which these (scaled) proceeds lie, and its width, 1 at the very end of all claims."""
        corner = bisect_right(self.totals, scaled) - 1
        width = self.widths[corner]
        if not width and scaled > self.totals[corner]:
            raise NoClassToPay(
                f"{Fraction(scaled - self.totals[corner]) / self.fineness} would be left above all preferences, and no "
                "class has shares to take it.",
                field="classes",
            )
        return corner, width or 1

    def _settle(self, units: list[int], missing: int) -> None:
        """Hand out the next units, or take back the last, until nothing is missing."""
        if not missing:
            return
        sign = 1 if missing > 0 else -1
        queue: list[Moment] = [self._moment(place, units[place], sign) for place in range(len(units))]
        heapify(queue)
        for _ in range(abs(missing)):
            place = sign * queue[0][2]
            units[place] += sign
            heapreplace(queue, self._moment(place, units[place], sign))

    def _moment(self, place: int, held: int, sign: int) -> Moment:
        """
        When the class's exact part passes the half unit above what it holds (sign 1) or the one below it (sign -1),
        each so that the least moment is the next to be handed out, or the last that was.
        """
        column, wanted = self.columns[place], (2 * held + sign) * self.fineness // 2
        corner = bisect_left(column, wanted) - 1
        if wanted <= 0 or (corner == len(column) - 1 and not self.rises[corner][place]):
            return True, Fraction(held * self.fineness - column[-1]), sign * place
        gain = self.rises[corner][place]
        moved = (wanted - column[corner]) * self.widths[corner]
        return False, Fraction(sign * (self.totals[corner] * gain + moved), gain), sign * place


def distribute(proceeds: int, classes: Sequence[ShareClass]) -> dict[str, int]:
    """
    Share out the proceeds of a liquidation.

    proceeds  minor units, >= 0
    returns   code -> minor units; they sum to `proceeds`, and no class ever gets less of more: whole units are
              handed out in the order in which the exact parts pass each half unit, earlier class first
    raises    NegativeProceeds, DuplicateClass, NoClassToPay, ImpossibleClass
    source    NVCA model charter, liquidation preference; Webster's method for the whole units
    """
    return distribute_many([proceeds], classes)[0]


def distribute_many(exits: Iterable[int], classes: Sequence[ShareClass]) -> list[dict[str, int]]:
    """
    What distribute() says of each of many proceeds, in their order: the corners are worked out once.

    exits    minor units, >= 0, in any order
    raises   as distribute(); one that cannot be shared out refuses them all
    """
    whole: Waterfall | None = None
    shared = []
    for proceeds in exits:
        if proceeds < 0:
            raise NegativeProceeds(f"The proceeds are {proceeds}; they cannot be negative.", field="proceeds")
        whole = whole or waterfall(tuple(classes))
        shared.append(dict(zip(whole.codes, whole.whole(proceeds), strict=True)))
    return shared


@lru_cache(maxsize=256)
def waterfall(classes: tuple[ShareClass, ...]) -> Waterfall:
    """The waterfall of these classes for any proceeds. Raises DuplicateClass, NoClassToPay, ImpossibleClass."""
    _check(classes)
    corners = _corners(classes)
    weights = [one.as_converted for one in classes]
    if len(corners) == 1 and not any(weights):
        raise NoClassToPay("No class has shares or a preference; there is nobody to pay.", field="classes")
    # Even, so that half a unit is a whole number too.
    fineness = 2 * lcm(*(amount.denominator for corner in corners for amount in corner))
    amounts = tuple(tuple(int(amount * fineness) for amount in corner) for corner in corners)
    common = lcm(*(weight.denominator for weight in weights))
    last = tuple(int(weight * common) for weight in weights)
    rises = (
        *(tuple(high - low for low, high in zip(*pair, strict=True)) for pair in pairwise(amounts)),
        last,
    )
    return Waterfall(
        codes=tuple(one.code for one in classes),
        fineness=fineness,
        totals=tuple(sum(row) for row in amounts),
        amounts=amounts,
        widths=tuple(sum(row) for row in rises),
        rises=rises,
        columns=tuple(zip(*amounts, strict=True)),
    )


def _corners(classes: tuple[ShareClass, ...]) -> list[Amounts]:
    """What the classes have got wherever the waterfall turns, from nothing on; each corner above the one before."""
    corners: list[Amounts] = [tuple(Fraction(0) for _ in classes)]
    for seniority in sorted({one.seniority for one in classes if one.preference}, reverse=True):
        corners.append(
            tuple(
                one.preference if one.seniority == seniority else paid
                for one, paid in zip(classes, corners[-1], strict=True)
            )
        )
    for share_value in _turning_points(classes):
        corner = tuple(one.claim(share_value) for one in classes)
        if sum(corner) > sum(corners[-1]):
            corners.append(corner)
    return corners


def _turning_points(classes: Sequence[ShareClass]) -> list[Fraction]:
    """Values of a common share at which some class reaches its cap or begins to convert, ascending."""
    points = set()
    for one in classes:
        if one.as_converted and one.ceiling is not None:
            points.add(one.ceiling / one.as_converted)
            points.add((one.ceiling - one.preference) / one.as_converted)
    return sorted(points)


def _check(classes: Sequence[ShareClass]) -> None:
    if not classes:
        raise NoClassToPay("There is no class to pay.", field="classes")
    codes = [one.code for one in classes]
    for code in codes:
        if codes.count(code) > 1:
            raise DuplicateClass(f"The class {code} is named twice.", field="classes")
    for one in classes:
        terms = (one.shares, one.invested, one.multiple, one.conversion, one.cap or 0)
        if min(terms) < 0:
            raise ImpossibleClass(f"The class {one.code} has a negative term.", field="classes")
