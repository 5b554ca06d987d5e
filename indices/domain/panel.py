"""A panel of daily data as arrays, judged before anything is calculated from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portal.domain.errors import Invalid

Floats = NDArray[np.float64]
TABLES = ("close", "high", "low", "open", "volume", "market_cap")


class BadPanel(Invalid):
    """Tables of a panel do not fit each other, or hold what is no price."""

    code = "bad-panel"


@dataclass(frozen=True, slots=True)
class Panel:
    """
    Daily data of n assets over T consecutive days, oldest first; NaN where something is not known.

    close       (T, n) closes in one currency, above zero
    high, low, open   (T, n) or None
    volume      (T, n) traded value in the same currency, >= 0, or None
    market_cap  (T, n) in the same currency, >= 0, or None
    on_chain    name -> (T, n): active_addresses, transactions, fees (currency), hash_rate; each may lack
    symbols     (n,) names of the columns, or empty
    sectors     (n,) sector of each column, "" for none, or empty
    bitcoin     symbol of the column that others are compared with
    """

    close: Floats
    high: Floats | None = None
    low: Floats | None = None
    open: Floats | None = None
    volume: Floats | None = None
    market_cap: Floats | None = None
    on_chain: Mapping[str, Floats] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    bitcoin: str = "BTC"


def checked(panel: Panel | Mapping[str, Any]) -> Panel:
    """A Panel whose tables fit each other, of a Panel or a mapping; raises BadPanel"""
    if not isinstance(panel, Panel):
        unknown = sorted(set(panel) - {one.name for one in fields(Panel)})
        if "close" not in panel or unknown:
            told = f"no field {', '.join(unknown[:5])}" if unknown else "closes"
            raise BadPanel(f"A panel has {told}.", field=unknown[0] if unknown else "close")
        panel = Panel(**panel)
    close = _table("close", panel.close, None)
    found: dict[str, Any] = {"close": close}
    for name in TABLES[1:]:
        given = getattr(panel, name)
        found[name] = None if given is None else _table(name, given, close.shape)
    found["on_chain"] = {name: _table(name, table, close.shape) for name, table in panel.on_chain.items()}
    for name in ("symbols", "sectors"):
        given = tuple(getattr(panel, name))
        if given and len(given) != close.shape[1]:
            raise BadPanel(f"{len(given)} {name} do not fit {close.shape[1]} columns.", field=name)
        found[name] = given
    return Panel(**found, bitcoin=panel.bitcoin)


def _table(name: str, given: Any, shape: tuple[int, ...] | None) -> Floats:
    array = np.asarray(given, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise BadPanel(f"{name} is a table: one row per day, one column per asset.", field=name)
    if shape is not None and array.shape != shape:
        raise BadPanel(f"{name} of shape {array.shape} does not fit closes of shape {shape}.", field=name)
    prices = name in ("close", "high", "low", "open")
    wrong = np.isinf(array) | ((array <= 0) if prices else (array < 0))
    if wrong.any():
        day, column = (int(place) for place in np.argwhere(wrong)[0])
        raise BadPanel(
            f"{name} of column {column} on day {day} is {array[day, column]}; it must be a number "
            f"{'above zero' if prices else 'of zero or more'}, or NaN where it is not known.",
            field=name,
        )
    return array


def runs(rows: Sequence[Floats]) -> list[tuple[int, int]]:
    """[start, end) of each stretch in which all of the (T,) rows are known."""
    known = np.isfinite(rows[0])
    for row in rows[1:]:
        known &= np.isfinite(row)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    return [
        (int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start > 1
    ]
