"""
Indicators that look beyond one asset's prices: its place in the market, what it does relative to bitcoin and to
its sector, what happens on its chain. Tables here are (n, T): an asset a row.
"""

from collections.abc import Collection, Iterator

import numpy as np
import talib
from numpy.typing import NDArray

from indices.domain.panel import Panel, runs

Floats = NDArray[np.float64]
Placed = tuple[str, int, int, Floats]
YEAR = 365

STRUCTURE = (
    *("market_cap", "cap_rank", "cap_share", "cap_share_change_30", "cap_growth_90", "supply_growth_90"),
    *("turnover_30", "age_days", "breadth_30", "return_rank_30", "return_rank_90"),
)
TO_BITCOIN = (
    *("bitcoin_relative_7", "bitcoin_relative_30", "bitcoin_relative_90", "bitcoin_beta_90"),
    *("bitcoin_correlation_90", "bitcoin_alpha_90", "own_volatility_90", "bitcoin_pair_sma_50_distance"),
    "bitcoin_pair_rsi_14",
)
TO_SECTOR = (
    *("sector_relative_7", "sector_relative_30", "sector_relative_90", "sector_beta_90"),
    *("sector_correlation_90", "sector_rank_30", "market_relative_30"),
)
ON_CHAIN = (
    *(
        "addresses_growth_30",
        "addresses_standing_90",
        "transactions_growth_30",
        "transactions_per_address_30",
    ),
    *("fees_growth_30", "fees_to_cap_30", "hash_rate_growth_30", "cap_per_address_30"),
)


def against_others(given: Panel, wanted: Collection[str]) -> Iterator[Placed]:
    """(name, column, first row, values) of what needs a window over two series."""
    if set(TO_BITCOIN) & set(wanted):
        yield from _bitcoin(given, wanted)
    if set(TO_SECTOR) & set(wanted):
        yield from _sectors(given, wanted)
    if "turnover_30" in wanted and given.volume is not None and given.market_cap is not None:
        yield from _turnover(given.volume.T, given.market_cap.T)
    if set(ON_CHAIN) & set(wanted):
        yield from _chains(given, wanted)


def _bitcoin(given: Panel, wanted: Collection[str]) -> Iterator[Placed]:
    """Nothing is told of bitcoin relative to itself."""
    if given.bitcoin not in given.symbols:
        return
    logs = np.log(np.ascontiguousarray(given.close.T))
    place = given.symbols.index(given.bitcoin)
    for column in range(len(logs)):
        if column == place:
            continue
        for start, end in runs([logs[column], logs[place]]):
            own, other = logs[column, start:end], logs[place, start:end]
            pair = np.exp(own - other - (own[0] - other[0]))
            for name, values in _pair(_moves(own), _moves(other), wanted, "bitcoin"):
                yield name, column, start, values
            for days in (7, 30, 90):
                if f"bitcoin_relative_{days}" in wanted:
                    yield f"bitcoin_relative_{days}", column, start, talib.ROCP(pair, days)
            if "bitcoin_pair_sma_50_distance" in wanted:
                yield "bitcoin_pair_sma_50_distance", column, start, pair / talib.SMA(pair, 50) - 1
            if "bitcoin_pair_rsi_14" in wanted:
                yield "bitcoin_pair_rsi_14", column, start, talib.RSI(pair, 14)


def _pair(own: Floats, other: Floats, wanted: Collection[str], what: str) -> Iterator[tuple[str, Floats]]:
    """Beta, correlation, alpha and what is left, of (T,) returns whose first may be NaN."""
    days = 90
    names = {f"{what}_beta_90", f"{what}_correlation_90", f"{what}_alpha_90", "own_volatility_90"}
    if not names & set(wanted):
        return
    mean_own, mean_other = talib.SMA(own, days), talib.SMA(other, days)
    variance = np.maximum(talib.SMA(other * other, days) - mean_other**2, 0.0)
    shared = talib.SMA(own * other, days) - mean_own * mean_other
    spread = np.maximum(talib.SMA(own * own, days) - mean_own**2, 0.0)
    beta = np.where(variance > 1e-14, shared / variance, np.nan)
    if f"{what}_beta_90" in wanted:
        yield f"{what}_beta_90", beta
    if f"{what}_correlation_90" in wanted:
        both = spread * variance
        yield f"{what}_correlation_90", np.where(both > 1e-28, shared / np.sqrt(both), np.nan)
    if what == "bitcoin":
        if "bitcoin_alpha_90" in wanted:
            yield "bitcoin_alpha_90", (mean_own - beta * mean_other) * YEAR
        if "own_volatility_90" in wanted:
            yield "own_volatility_90", np.sqrt(np.maximum(spread - beta * shared, 0.0) * YEAR)


def _sectors(given: Panel, wanted: Collection[str]) -> Iterator[Placed]:
    """The others of a sector, equally weighted; a sector of one has nobody to compare with."""
    moves = _moves(np.log(np.ascontiguousarray(given.close.T)))
    sectors = given.sectors or ("",) * len(moves)
    whole = _others(moves) if "market_relative_30" in wanted else moves
    for sector in dict.fromkeys(sectors):
        members = [column for column, one in enumerate(sectors) if one == sector]
        others = _others(moves[members])
        for place, column in enumerate(members):
            if sector:
                yield from _beside(moves[column], others[place], column, wanted)
            if "market_relative_30" in wanted:
                for start, end in runs([moves[column], whole[column]]):
                    apart = np.ascontiguousarray(moves[column, start:end] - whole[column, start:end])
                    yield "market_relative_30", column, start, np.expm1(30 * talib.SMA(apart, 30))


def _beside(own: Floats, other: Floats, column: int, wanted: Collection[str]) -> Iterator[Placed]:
    for start, end in runs([own, other]):
        mine, theirs = own[start:end], other[start:end]
        for name, values in _pair(mine, theirs, wanted, "sector"):
            yield name, column, start, values
        for days in (7, 30, 90):
            if f"sector_relative_{days}" in wanted:
                apart = np.expm1(days * talib.SMA(mine - theirs, days))
                yield f"sector_relative_{days}", column, start, apart


def _others(moves: Floats) -> Floats:
    """(m, T) returns -> the mean of the others' on each day; NaN where there is none."""
    known = np.isfinite(moves)
    filled = np.where(known, moves, 0.0)
    count = known.sum(axis=0) - known
    others: Floats = np.where(count > 0, (filled.sum(axis=0) - filled) / np.maximum(count, 1), np.nan)
    return others


def _turnover(volume: Floats, caps: Floats) -> Iterator[Placed]:
    share = np.where(caps > 0, volume / np.where(caps > 0, caps, 1.0), np.nan)
    for column in range(len(share)):
        for start, end in runs([share[column]]):
            yield "turnover_30", column, start, talib.SMA(np.ascontiguousarray(share[column, start:end]), 30)


def _chains(given: Panel, wanted: Collection[str]) -> Iterator[Placed]:
    chain = {name: np.ascontiguousarray(table.T) for name, table in given.on_chain.items()}
    caps = None if given.market_cap is None else given.market_cap.T
    means: dict[str, Floats] = {}
    for name, table in chain.items():
        means[name] = np.full(table.shape, np.nan)
        for column in range(len(table)):
            for start, end in runs([table[column]]):
                part = table[column, start:end]
                means[name][column, start:end] = talib.SMA(part, 30)
                if name == "active_addresses" and "addresses_standing_90" in wanted:
                    above = (part - talib.SMA(part, 90)) / talib.STDDEV(part, 90)
                    yield "addresses_standing_90", column, start, above
    tables: dict[str, Floats] = {}
    growths = ("active_addresses", "addresses"), ("transactions",) * 2, ("fees",) * 2, ("hash_rate",) * 2
    for name, short in growths:
        if name in means:
            tables[f"{short}_growth_30"] = _change(means[name], 30)
    if {"transactions", "active_addresses"} <= means.keys():
        tables["transactions_per_address_30"] = means["transactions"] / means["active_addresses"]
    if caps is not None and "fees" in means:
        tables["fees_to_cap_30"] = means["fees"] * YEAR / caps
    if caps is not None and "active_addresses" in means:
        tables["cap_per_address_30"] = np.log1p(caps / means["active_addresses"])
    for name, table in tables.items():
        if name in wanted:
            for column in range(len(table)):
                yield name, column, 0, table[column]


def tables(given: Panel, wanted: Collection[str]) -> Iterator[tuple[str, Floats]]:
    """Name and (n, T) values of what compares all assets of a day, or two days of one; nothing in between counts."""
    close = np.ascontiguousarray(given.close.T)
    if "age_days" in wanted:
        known = np.isfinite(close)
        yield "age_days", np.where(known, np.cumsum(known, axis=1), np.nan)
    month = _change(close, 30)
    if "breadth_30" in wanted:
        counted = np.isfinite(month).sum(axis=0)
        share = np.where(counted > 0, (month > 0).sum(axis=0) / np.maximum(counted, 1), np.nan)
        yield "breadth_30", np.where(np.isfinite(close), share, np.nan)
    if "return_rank_30" in wanted:
        yield "return_rank_30", ranks(month)
    if "return_rank_90" in wanted:
        yield "return_rank_90", ranks(_change(close, 90))
    if "sector_rank_30" in wanted and given.sectors:
        yield "sector_rank_30", _sector_ranks(month, given.sectors)
    if given.market_cap is not None:
        yield from _caps(np.ascontiguousarray(given.market_cap.T), close, wanted)


def _caps(caps: Floats, close: Floats, wanted: Collection[str]) -> Iterator[tuple[str, Floats]]:
    if "market_cap" in wanted:
        yield "market_cap", np.log1p(caps)
    if "cap_rank" in wanted:
        yield "cap_rank", ranks(caps)
    if {"cap_share", "cap_share_change_30"} & set(wanted):
        share = caps / np.nansum(caps, axis=0)
        if "cap_share" in wanted:
            yield "cap_share", share
        if "cap_share_change_30" in wanted:
            yield "cap_share_change_30", _change(share, 30)
    if "cap_growth_90" in wanted:
        yield "cap_growth_90", _change(caps, 90)
    if "supply_growth_90" in wanted:
        yield "supply_growth_90", _change(caps / close, 90)


def ranks(table: Floats) -> Floats:
    """(n, T) -> place of each among those known that day, 0 the lowest to 1 the highest; 0.5 for one alone."""
    by_day = np.ascontiguousarray(table.T)
    order = np.argsort(by_day, axis=1, kind="stable")
    places = np.empty(by_day.shape)
    np.put_along_axis(places, order, np.arange(by_day.shape[1], dtype=np.float64)[None, :], axis=1)
    known = np.isfinite(by_day)
    most = known.sum(axis=1, keepdims=True) - 1
    shares = np.where(most > 0, places / np.maximum(most, 1), 0.5)
    found: Floats = np.where(known, shares, np.nan).T
    return found


def _sector_ranks(month: Floats, sectors: tuple[str, ...]) -> Floats:
    found = np.full(month.shape, np.nan)
    for sector in dict.fromkeys(sectors):
        members = [column for column, one in enumerate(sectors) if one == sector]
        if sector and len(members) > 1:
            found[members] = ranks(month[members])
    return found


def _moves(logs: Floats) -> Floats:
    """(…, T) logarithms -> daily differences, the first NaN."""
    first = np.full((*logs.shape[:-1], 1), np.nan)
    moved: Floats = np.concatenate((first, np.diff(logs, axis=-1)), axis=-1)
    return moved


def _change(table: Floats, days: int) -> Floats:
    changed = np.full(table.shape, np.nan)
    if table.shape[1] > days:
        changed[:, days:] = table[:, days:] / table[:, :-days] - 1
    return changed
