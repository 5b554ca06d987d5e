"""
The liquidation waterfall: who gets what of given proceeds, in exact rationals, then in whole minor units.

Above the preferences there is one number, the value r of one common share, at which everything is paid out: each
class's claim grows with r, so there is exactly one, and at it no class gains by converting or by not converting.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from portal.domain.errors import Invalid

HALF = Fraction(1, 2)
Amounts = tuple[Fraction, ...]


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
    The whole waterfall as a line with corners: at proceeds totals[k] the classes get amounts[k], straight between;
    above the last corner each further unit is split by `slopes` (empty: nobody takes it).
    """

    codes: tuple[str, ...]
    totals: Amounts
    amounts: tuple[Amounts, ...]
    slopes: Amounts

    def exact(self, proceeds: Fraction) -> Amounts:
        """Each class's part of the proceeds as an exact rational. Raises NoClassToPay."""
        corner = bisect_right(self.totals, proceeds) - 1
        base, rest = self.amounts[corner], proceeds - self.totals[corner]
        if corner + 1 < len(self.totals):
            share = rest / (self.totals[corner + 1] - self.totals[corner])
            return tuple(a + (b - a) * share for a, b in zip(base, self.amounts[corner + 1], strict=True))
        if not rest:
            return base
        if not self.slopes:
            raise NoClassToPay(
                f"{rest} would be left above all preferences, and no class has shares to take it.",
                field="classes",
            )
        return tuple(a + slope * rest for a, slope in zip(base, self.slopes, strict=True))

    def reached_at(self, place: int, amount: Fraction) -> Fraction | None:
        """The proceeds at which the class at `place` has got this much; None where it never does."""
        column = [row[place] for row in self.amounts]
        for corner in range(1, len(column)):
            low, high = column[corner - 1], column[corner]
            if low < amount <= high:
                width = self.totals[corner] - self.totals[corner - 1]
                return self.totals[corner - 1] + width * (amount - low) / (high - low)
        if not self.slopes or not self.slopes[place]:
            return None
        return self.totals[-1] + (amount - column[-1]) / self.slopes[place]


def distribute(proceeds: int, classes: Sequence[ShareClass]) -> dict[str, int]:
    """
    Share out the proceeds of a liquidation.

    proceeds  minor units, >= 0
    returns   code -> minor units; they sum to `proceeds`, and no class ever gets less of more: whole units are
              handed out in the order in which the exact parts pass each half unit, earlier class first
    raises    NegativeProceeds, DuplicateClass, NoClassToPay, ImpossibleClass
    source    NVCA model charter, liquidation preference; Webster's method for the whole units
    """
    if proceeds < 0:
        raise NegativeProceeds(f"The proceeds are {proceeds}; they cannot be negative.", field="proceeds")
    whole = waterfall(tuple(classes))
    exact = whole.exact(Fraction(proceeds))
    units = [(part + HALF).__floor__() for part in exact]
    _settle_difference(whole, units, proceeds)
    return dict(zip(whole.codes, units, strict=True))


def _settle_difference(whole: Waterfall, units: list[int], proceeds: int) -> None:
    """Take back the last units handed out, or hand out the next, until they sum to the proceeds."""
    while (difference := sum(units) - proceeds) != 0:
        step = 1 if difference < 0 else -1
        moments = []
        for place, held in enumerate(units):
            turn = held + HALF if step > 0 else held - HALF
            at = whole.reached_at(place, turn) if turn > 0 else None
            if at is not None:
                moments.append((at, place))
        units[(min(moments) if step > 0 else max(moments))[1]] += step


@lru_cache(maxsize=256)
def waterfall(classes: tuple[ShareClass, ...]) -> Waterfall:
    """The waterfall of these classes for any proceeds. Raises DuplicateClass, NoClassToPay, ImpossibleClass."""
    _check(classes)
    corners: list[Amounts] = [tuple(Fraction(0) for _ in classes)]
    for seniority in sorted({one.seniority for one in classes if one.preference}, reverse=True):
        corners.append(
            tuple(
                one.preference if one.seniority == seniority else paid
                for one, paid in zip(classes, corners[-1], strict=True)
            )
        )
    for share_value in _turning_points(classes):
        corners.append(tuple(one.claim(share_value) for one in classes))
    totals: list[Fraction] = []
    amounts: list[Amounts] = []
    for corner in corners:
        if not totals or sum(corner) > totals[-1]:
            totals.append(sum(corner, Fraction(0)))
            amounts.append(corner)
    every = sum((one.as_converted for one in classes), Fraction(0))
    slopes = tuple(one.as_converted / every for one in classes) if every else ()
    if not slopes and len(totals) == 1:
        raise NoClassToPay("No class has shares or a preference; there is nobody to pay.", field="classes")
    return Waterfall(tuple(one.code for one in classes), tuple(totals), tuple(amounts), slopes)


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
