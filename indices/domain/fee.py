"""Fees of a fund of units. Whole smallest units, rounded against whoever receives the fee."""

from dataclasses import dataclass
from fractions import Fraction

from portal.domain.errors import Invalid

SECONDS_PER_YEAR = 31_557_600
"""365.25 days, as Set Protocol counts them."""
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Streamed:
    """minted: new units for the manager; multiplier: what each old unit keeps of its components."""

    minted: Fraction
    multiplier: Fraction


def streaming_fee(rate: Fraction, elapsed: int, supply: int | Fraction) -> Streamed:
    """
    The streaming fee, taken by inflation of the supply.

    rate     share a year, e.g. Fraction(2, 100)
    elapsed  seconds since the fee was last taken
    supply   units outstanding
    returns  f = rate x elapsed / 31,557,600; minted = f x supply / (1 - f); multiplier = 1 - f, all exact
    raises   Invalid when f is below 0 or not below 1
    source   Set Protocol v2, StreamingFeeModule
    """
    share = rate * elapsed / SECONDS_PER_YEAR
    if not 0 <= share < 1:
        raise Invalid(f"A fee of {float(share):.4%} of the fund cannot be taken.", field="rate")
    return Streamed(minted=share * supply / (1 - share), multiplier=1 - share)


def streaming_units(*, rate_ppm: int, elapsed: int, supply: int) -> int:
    """Units to mint for the manager, in smallest units, rounded down: the holders keep the rest."""
    return int(streaming_fee(Fraction(rate_ppm, PPM), elapsed, supply).minted)


def fee_minor(amount_minor: int, *, bps: int) -> int:
    """An entry or exit fee of `bps` hundredths of a percent, rounded up to the cent as the fee schedule says."""
    return -(-amount_minor * bps // 10_000)
