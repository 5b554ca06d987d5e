"""
Indicators of every asset on every day, from the panel that is known: `compute`.

All are free of scale (ratios, shares, oscillators), so that assets can be compared and a price of 1e-9 behaves as
one of 1e5. A value needs its whole window: before it, and after a gap in the data until the window is full again,
it is NaN, for nothing is filled in by a guess. A value of day t depends on rows up to t only.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from indices.domain import indicators_across, indicators_closes, indicators_ranges, indicators_volume
from indices.domain.momentum import relative_strength
from indices.domain.panel import TABLES, BadPanel, Panel, checked, runs

__all__ = ["GROUPS", "NAMES", "BadPanel", "Panel", "compute", "relative_strength"]

Floats = NDArray[np.float64]
GROUPS: dict[str, tuple[str, ...]] = {
    "trend": indicators_closes.TREND + indicators_ranges.TREND,
    "momentum": indicators_closes.MOMENTUM + indicators_ranges.MOMENTUM,
    "volatility": indicators_closes.VOLATILITY + indicators_ranges.VOLATILITY,
    "volume": indicators_volume.VOLUME + indicators_volume.RANGE_VOLUME,
    "structure": indicators_across.STRUCTURE,
    "relative": indicators_across.TO_BITCOIN + indicators_across.TO_SECTOR,
    "on-chain": indicators_across.ON_CHAIN,
}
NAMES: tuple[str, ...] = tuple(name for group in GROUPS.values() for name in group)


def compute(
    panel: Panel | Mapping[str, Any],
    *,
    names: Collection[str] | None = None,
    dtype: DTypeLike = np.float32,
) -> dict[str, NDArray[Any]]:
    """
    panel    a Panel, or a mapping with its fields' names as keys ("close" is needed)
    names    of NAMES, when only some are wanted
    dtype    of the result; float32 keeps seven digits in half the memory, all is calculated in float64
    returns  name -> (T, n), in the order of NAMES; all NaN where the panel lacks what an indicator needs
             (such a table takes no memory and cannot be written to)
    raises   BadPanel
    """
    given = checked(panel)
    wanted = _wanted(names)
    days, count = given.close.shape
    kept: dict[str, NDArray[Any]] = {}

    def rows_of(name: str) -> NDArray[Any]:
        if name not in kept:
            kept[name] = np.full((count, days), np.nan, dtype=dtype)
        return kept[name]

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for name, column, start, values in _by_column(given, wanted):
            rows_of(name)[column, start : start + len(values)] = values
        for name, table in indicators_across.tables(given, wanted):
            rows_of(name)[:] = table
    for table in kept.values():
        table[np.isinf(table)] = np.nan
    nothing = np.broadcast_to(np.array(np.nan, dtype=dtype), (days, count))
    return {name: kept[name].T if name in kept else nothing for name in wanted}


def _by_column(given: Panel, wanted: Collection[str]) -> Iterator[tuple[str, int, int, Floats]]:
    """(name, column, first row, values) of every run without a gap."""
    tables = {name: _columns(getattr(given, name)) for name in TABLES}
    close = tables["close"]
    if close is None:
        return
    families: tuple[tuple[Any, tuple[str, ...], tuple[str, ...]], ...] = (
        (indicators_closes.calculate, indicators_closes.NAMES, ("close",)),
        (indicators_ranges.calculate, indicators_ranges.NAMES, ("high", "low", "open", "close")),
        (indicators_volume.calculate, indicators_volume.VOLUME, ("close", "volume")),
        (
            indicators_volume.calculate_ranges,
            indicators_volume.RANGE_VOLUME,
            ("high", "low", "close", "volume"),
        ),
    )
    for calculate, names, needs in families:
        asked = frozenset(names) & frozenset(wanted)
        inputs = [tables[need] for need in needs]
        if not asked or any(table is None for table in inputs):
            continue
        for column in range(len(close)):
            rows = [table[column] for table in inputs if table is not None]
            for start, end in runs(rows):
                parts = [
                    _scaled(row[start:end], rows[-1 if "volume" not in needs else -2][start]) for row in rows
                ]
                if "volume" in needs:
                    parts[-1] = np.ascontiguousarray(rows[-1][start:end])
                for name, values in calculate(*parts, asked):
                    yield name, column, start, values
    yield from indicators_across.against_others(given, wanted)


def _scaled(values: Floats, first: float) -> Floats:
    """Prices times the power of two that brings the run's first close near one: exact, and it is known on day one."""
    exponent = int(np.frexp(first)[1])
    return np.ascontiguousarray(np.ldexp(values, -exponent))


def _columns(table: Floats | None) -> Floats | None:
    return None if table is None else np.ascontiguousarray(table.T)


def _wanted(names: Collection[str] | None) -> tuple[str, ...]:
    if names is None:
        return NAMES
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise BadPanel(f"There is no indicator {', '.join(unknown[:5])}.", field="names")
    return tuple(name for name in NAMES if name in set(names))
