"""Dividends: a pot over holdings, exact to the minor unit. Σ paid + Σ withheld + residue = pot, always."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from issuance.domain.withholding import withhold
from portal.domain.apportionment import NothingToApportionOver, apportion
from portal.domain.errors import Invalid


class Rounding(StrEnum):
    """
    LARGEST_REMAINDER  the whole pot is paid: the cents left over go to the largest remainders, earlier holder first
    DOWN               every line is rounded down, so equal holdings get equal sums; the rest is the residue
    """

    LARGEST_REMAINDER = "largest_remainder"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holder of record held at the record instant: `quantity` > 0 in smallest units, his rate in millionths."""

    holder: str
    quantity: int
    rate_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """What one holder is due, in minor units: gross == withheld + net."""

    holder: str
    quantity: int
    rate_ppm: int
    gross: int
    withheld: int
    net: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """All lines of a distribution. gross + residue == pot, withheld + net == gross."""

    pot: int
    lines: tuple[Line, ...]
    residue: int

    @property
    def gross(self) -> int:
        return sum(line.gross for line in self.lines)

    @property
    def withheld(self) -> int:
        return sum(line.withheld for line in self.lines)

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)


def distribute(
    pot: int, holdings: Sequence[Holding], *, rounding: Rounding = Rounding.LARGEST_REMAINDER
) -> Distribution:
    """
    Split `pot` over the holdings, and keep back each holder's tax.

    pot       minor units, >= 0
    holdings  one per holder, in a stable order (by holder): equal remainders go to the earlier one
    raises    NothingToApportionOver when nobody holds anything and the pot is not empty;
              Invalid for a negative pot or quantity, or a holder named twice
    """
    if len({holding.holder for holding in holdings}) != len(holdings):
        raise Invalid("A holder of record is named twice.", field="holdings")
    weights = [holding.quantity for holding in holdings]
    parts = apportion(pot, weights)
    if rounding is Rounding.DOWN and (total := sum(weights)):
        parts = [pot * weight // total for weight in weights]
    return _distribution(pot, holdings, parts)


def distribute_per_unit(per_unit: Fraction, holdings: Sequence[Holding], *, scale: int) -> Distribution:
    """
    Pay every whole unit the same: `per_unit` minor units, which may be a fraction of a cent.

    returns  the pot is the exact total rounded up, each line rounded down, the difference the residue
    raises   NothingToApportionOver when nobody holds anything; Invalid when `per_unit` is not above zero
    """
    if per_unit <= 0:
        raise Invalid(f"{per_unit} for a unit is nothing; it must be above zero.", field="per_unit")
    total = sum(holding.quantity for holding in holdings)
    if not total:
        raise NothingToApportionOver("Nobody held any at the record date: there is nobody to pay.")
    rate = per_unit / 10**scale
    parts = [int(rate * holding.quantity) for holding in holdings]
    return _distribution(pot_for(per_unit, total, scale=scale), holdings, parts)


def pot_for(per_unit: Fraction, quantity: int, *, scale: int) -> int:
    """What paying `per_unit` on `quantity` smallest units takes at the most, in minor units."""
    exact = Fraction(per_unit * quantity, 10**scale)
    return -(-exact.numerator // exact.denominator)


def _distribution(pot: int, holdings: Sequence[Holding], parts: Sequence[int]) -> Distribution:
    lines = []
    for holding, gross in zip(holdings, parts, strict=True):
        tax = withhold(gross, holding.rate_ppm)
        lines.append(Line(holding.holder, holding.quantity, holding.rate_ppm, gross, tax.withheld, tax.net))
    return Distribution(pot, tuple(lines), pot - sum(parts))
