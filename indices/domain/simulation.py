"""
A made-up market for demonstrations and tests: sectors, a common factor, fat tails. It is a pure function of its
seed, and whatever is made from it carries the mark "simulated" wherever a figure is shown.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SECTORS: dict[str, tuple[str, ...]] = {
    "Layer 1": ("ALDA", "BRYN", "CAIR", "DUNE", "ELMA", "FYRD"),
    "DeFi": ("GILT", "HALV", "IRIS", "JADE", "KELP", "LARK"),
    "AI": ("MYND", "NOVA", "ORRA", "PRSM"),
    "RWA": ("QUAY", "RIDG", "STRA", "TERN"),
    "Memecoin": ("URSA", "VIXN", "WHIM", "XEBC"),
}


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """
    days      (T,) consecutive UTC days
    symbols   (n,) with their sectors
    closes    (T, n) above zero;  supplies (n,) tokens in circulation
    """

    seed: int
    days: tuple[date, ...]
    symbols: tuple[str, ...]
    sectors: tuple[str, ...]
    closes: Floats
    supplies: Floats


def simulate(*, seed: int, first: date, days: int) -> SimulatedMarket:
    """
    Daily closes: log-return = beta x market + sector + own, each Student-t with 4 degrees of freedom, so that
    days of -15 % happen as they do in real markets.

    seed  the same seed and first day give the same market to the last bit; a longer one begins with the shorter
    """
    symbols = tuple(symbol for names in SECTORS.values() for symbol in names)
    sectors = tuple(sector for sector, names in SECTORS.items() for _ in names)
    count = len(symbols)
    market = _fat(_stream(seed, 0), (days, 1), 0.022) + 0.0006
    by_sector = {sector: _fat(_stream(seed, 1, n), (days,), 0.012) for n, sector in enumerate(SECTORS)}
    shared = np.column_stack([by_sector[sector] for sector in sectors])
    own = _fat(_stream(seed, 2), (days, count), 0.026)
    random = _stream(seed, 3)
    betas = random.uniform(0.7, 1.4, size=count)
    moves = np.clip(betas * market + shared + own - 0.0009, -0.7, 0.7)
    start = np.exp(random.uniform(np.log(0.02), np.log(900.0), size=count))
    caps = 4e10 / np.arange(1, count + 1) ** 1.1
    random.shuffle(caps)
    closes = np.maximum(np.exp(np.log(start) + np.cumsum(moves, axis=0)), 1e-9)
    return SimulatedMarket(
        seed=seed,
        days=tuple(first + timedelta(days=day) for day in range(days)),
        symbols=symbols,
        sectors=sectors,
        closes=closes,
        supplies=np.round(caps / start),
    )


def _stream(*names: int) -> np.random.Generator:
    """A source of randomness of its own for each array, so that a longer span draws the same beginning."""
    return np.random.Generator(np.random.PCG64(names))


def _fat(random: np.random.Generator, shape: tuple[int, ...], deviation: float) -> Floats:
    """Student-t with 4 degrees of freedom (variance 2), scaled to a standard deviation."""
    drawn: Floats = random.standard_t(4, size=shape) * (deviation / np.sqrt(2.0))
    return drawn
