"""
What rules would have done: the same screens, selection and weights as a live rebalance, over days gone by.

Conventions, which every result states. Decided at the close of the reference date, traded at the close of the
effective date. A period whose decision is refused (too few tokens, a hole in a window) leaves the basket as it was.
A token whose price lacks is carried, and sold, at its last price. Costs are a share of all that is bought and sold,
paid out of the index; sizes of trades do not count, for they depend on the size of a fund.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from indices.domain import weighting
from indices.domain.constituents import shares, window_needed
from indices.domain.fee import SECONDS_PER_YEAR
from indices.domain.methodology import Rules
from indices.domain.schedule import effective_date, reference_dates
from indices.domain.screening import Candidate, select
from portal.domain.errors import Invalid

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
DAY_SECONDS = 86_400


class BadMarket(Invalid):
    """The market's tables do not fit each other, or its days have holes."""

    code = "bad-market"


class NothingToTest(Invalid):
    """No rebalance of the span could be decided; `reasons` has what stood in the way of each of the last ones."""

    code = "nothing-to-test"


@dataclass(frozen=True, slots=True)
class Market:
    """
    days          (T,) consecutive;  symbols (n,) ascending
    closes, caps  (T, n) dollars, NaN where not known
    pegged        (n,) True for what is pegged to a currency
    delisted      (n,) the day from which a token no longer trades, or None
    """

    days: tuple[date, ...]
    symbols: tuple[str, ...]
    closes: Floats
    caps: Floats
    pegged: tuple[bool, ...]
    delisted: tuple[date | None, ...]

    def __post_init__(self) -> None:
        shape = (len(self.days), len(self.symbols))
        if self.closes.shape != shape or self.caps.shape != shape:
            raise BadMarket(
                f"Closes and capitalisations are tables of {shape[0]} days and {shape[1]} tokens."
            )
        if len(self.pegged) != shape[1] or len(self.delisted) != shape[1]:
            raise BadMarket(f"{shape[1]} tokens need as many marks.")
        if 0 in shape or (self.days[-1] - self.days[0]).days != shape[0] - 1:
            raise BadMarket("The days of a market follow one another without a hole.")
        if any(a >= b for a, b in zip(self.symbols, self.symbols[1:], strict=False)):
            raise BadMarket("The tokens of a market are in the order of their symbols, each once.")
        with np.errstate(invalid="ignore"):
            if (self.closes <= 0).any() or np.isinf(self.closes).any() or (self.caps < 0).any():
                raise BadMarket("A price is zero, negative or infinite; where none is known it is left out.")

    def until(self, day: date) -> "Market":
        """The market as it was at the close of a day: nothing later is in it."""
        rows = (day - self.days[0]).days + 1
        gone = tuple(one if one is not None and one <= day else None for one in self.delisted)
        return replace(
            self, days=self.days[:rows], closes=self.closes[:rows], caps=self.caps[:rows], delisted=gone
        )


@dataclass(frozen=True, slots=True)
class Backtest:
    """
    days        (D,) from the first effective date to the last day
    levels      (D,) of the index as published: no costs, no fees
    net         (D,) after trading costs and the streaming fee
    references, effectives   (R,) of the rebalances that were decided
    weights     (R, n) floats at each effective close; what is missing to one is cash
    turnover    (R,) bought and sold together, as a share of the index before the rebalance
    stops       reference date and reason of each that was refused; the basket stayed
    carried     symbol and days that it was held without a price of the day
    """

    symbols: tuple[str, ...]
    days: tuple[date, ...]
    levels: Floats
    net: Floats
    references: tuple[date, ...]
    effectives: tuple[date, ...]
    weights: Floats
    turnover: Floats
    stops: tuple[tuple[date, str], ...]
    carried: tuple[tuple[str, int], ...]
    cost_bps: int
    lag_days: int


def run(
    rules: Rules,
    market: Market,
    *,
    first: date,
    last: date,
    base_level: float = 100.0,
    cost_bps: int | None = None,
    lag_days: int | None = None,
) -> Backtest:
    """
    Rules over a span.

    first, last          the first reference date; the last day with a level
    cost_bps, lag_days   instead of the rules' own
    raises               BadMarket when the span lies outside the market, NothingToTest
    """
    applied = replace(rules, lag_days=rules.lag_days if lag_days is None else lag_days)
    bps = rules.trading_bps if cost_bps is None else cost_bps
    if not market.days[0] <= first <= last <= market.days[-1]:
        raise BadMarket(
            f"Prices are known from {market.days[0]} to {market.days[-1]}; the span is {first} to {last}.",
            field="first",
        )
    due = reference_dates(applied, base=first, until=last - timedelta(days=applied.lag_days))
    rows = np.array([(day - market.days[0]).days for day in due], dtype=np.intp)
    weights, stops = decide(applied, market, rows)
    kept = ~np.isnan(weights[:, 0]) if len(rows) else np.zeros(0, dtype=bool)
    if not kept.any():
        raise NothingToTest(
            f"None of {len(due)} rebalances could be decided: {stops[-1][1] if stops else 'the span is too short'}",
            field="first",
            reasons=[f"{day}: {why}" for day, why in stops[-5:]],
            next_step="Begin later, or ask for less in the screens.",
        )
    references = tuple(day for day, one in zip(due, kept, strict=True) if one)
    entered = np.array(
        [(effective_date(applied, day) - market.days[0]).days for day in references], dtype=np.intp
    )
    end = (last - market.days[0]).days + 1
    told = _levels(market.closes[:end], weights[kept], entered, bps / 10_000)
    drag = 1 - rules.streaming_ppm / 1_000_000 * DAY_SECONDS / SECONDS_PER_YEAR
    fees = drag ** np.arange(len(told.gross))
    return Backtest(
        symbols=market.symbols,
        days=market.days[entered[0] : end],
        levels=base_level * told.gross,
        net=base_level * told.net * fees,
        references=references,
        effectives=tuple(market.days[row] for row in entered),
        weights=weights[kept],
        turnover=told.turnover,
        stops=stops,
        carried=tuple(
            (market.symbols[column], int(told.carried[column])) for column in np.flatnonzero(told.carried)
        ),
        cost_bps=bps,
        lag_days=applied.lag_days,
    )


def decide(
    rules: Rules, market: Market, rows: NDArray[np.intp]
) -> tuple[Floats, tuple[tuple[date, str], ...]]:
    """
    Weights at each reference row, looking at that row and earlier ones only.

    rows     (R,) of the market, ascending
    returns  (R, n) floats, a row of NaN where nothing was decided, with the reason of each such row
    """
    weights = np.full((len(rows), len(market.symbols)), np.nan)
    known = np.isfinite(market.closes)
    history = np.cumsum(known, axis=0)[rows]
    open_rows = np.arange(len(rows))
    if not window_needed(rules) and not rules.buffer and rules.method in ("cap", "root_cap", "equal"):
        done = _at_once(rules, market, rows, history, weights)
        open_rows = np.flatnonzero(~done)
    stops: list[tuple[date, str]] = []
    for place in open_rows:
        before = weights[:place][~np.isnan(weights[:place, 0])] if rules.buffer else weights[:0]
        incumbents = [market.symbols[n] for n in np.flatnonzero(before[-1])] if len(before) else []
        try:
            weights[place] = decide_one(rules, market, int(rows[place]), history[place], incumbents)
        except Invalid as refused:
            stops.append((market.days[rows[place]], refused.message))
    return weights, tuple(stops)


def decide_one(
    rules: Rules, market: Market, row: int, history: NDArray[np.integer], incumbents: Sequence[str]
) -> Floats:
    """
    (n,) weights of one reference date, by the functions of a live rebalance.

    raises  UniverseTooSmall, GapInHistory, InfeasibleCaps, BadValues
    """
    day, closes, caps = market.days[row], market.closes[row], market.caps[row]
    candidates = [
        Candidate(
            symbol=symbol,
            price=Decimal(repr(float(closes[n]))) if closes[n] == closes[n] else None,
            market_cap=Decimal(repr(float(caps[n]))) if caps[n] == caps[n] else None,
            history_days=int(history[n]),
            pegged=market.pegged[n],
            delisted=_gone(market.delisted[n], day),
        )
        for n, symbol in enumerate(market.symbols)
    ]
    chosen = {one.symbol for one in select(candidates, rules, incumbents=incumbents) if one.included}
    places = [n for n, symbol in enumerate(market.symbols) if symbol in chosen]
    window = market.closes[max(0, row - window_needed(rules)) : row + 1, places]
    if len(window) <= window_needed(rules):
        window = np.vstack([np.full((window_needed(rules) + 1 - len(window), len(places)), np.nan), window])
    found = shares(
        rules, symbols=[market.symbols[n] for n in places], market_caps=caps[places], closes=window
    )
    weights = np.zeros(len(market.symbols))
    weights[places] = found
    return weights


def _at_once(
    rules: Rules, market: Market, rows: NDArray[np.intp], history: NDArray[np.integer], weights: Floats
) -> Bools:
    """Fill the rows whose decision needs nobody's reasons; the others, returned as False, are decided one by one."""
    closes, caps = market.closes[rows], market.caps[rows]
    with np.errstate(invalid="ignore"):
        fit = (closes >= float(rules.min_price_usd)) & (caps >= float(rules.min_market_cap_usd))
    fit &= history >= rules.min_history_days
    if rules.pegged_out:
        fit &= ~np.array(market.pegged)
    for column in (n for n, one in enumerate(market.delisted) if one is not None):
        fit[:, column] &= [not _gone(market.delisted[column], market.days[row]) for row in rows]
    order = np.argsort(np.where(fit, -caps, np.inf), axis=1, kind="stable")[:, : rules.top]
    lines = np.arange(len(rows))[:, None]
    top = caps[lines, order]
    done: Bools = (fit.sum(axis=1) >= rules.top) & (np.where(fit[lines, order], top, 0.0) > 0).all(axis=1)
    values = top[done] if rules.method == "cap" else np.sqrt(top[done])
    if rules.method == "equal":
        values = np.ones(values.shape)
    found = weighting.cap_rows(
        values, 1.0 if rules.cap_ppm is None else rules.cap_ppm / 1_000_000, rules.passes
    )
    weights[done] = 0.0
    weights[np.flatnonzero(done)[:, None], order[done]] = found
    done[done] = np.isfinite(found[:, 0])
    weights[~done] = np.nan
    return done


@dataclass(frozen=True, slots=True)
class _Levels:
    gross: Floats
    net: Floats
    turnover: Floats
    carried: NDArray[np.integer]


def _levels(closes: Floats, weights: Floats, entered: NDArray[np.intp], cost: float) -> _Levels:
    """(T, n) closes, (R, n) weights and the rows at whose close they are traded -> levels from the first on, at one."""
    held = np.flatnonzero((weights > 0).any(axis=0))
    start = int(entered[0])
    prices, unknown = _filled(closes[:, held], start)
    shares_, entry = weights[:, held], prices[entered - start]
    units = np.where(shares_ > 0, shares_ / entry, 0.0)
    cash = 1.0 - shares_.sum(axis=1)
    basket = np.maximum(np.searchsorted(entered, np.arange(start, len(closes))) - 1, 0)
    grown = np.einsum("tn,tn->t", prices, units[basket]) + cash[basket]
    at_end = grown[entered[1:] - start]
    drifted = np.zeros(shares_.shape)
    drifted[1:] = units[:-1] * entry[1:] / at_end[:, None]
    kept, traded = _after_costs(shares_, drifted, cost)
    gross = np.concatenate(([1.0], np.cumprod(at_end)))
    net = np.cumprod(kept * np.concatenate(([1.0], at_end)))
    after = net[basket] * grown
    after[entered - start] = net
    carried = np.zeros(closes.shape[1], dtype=np.int64)
    carried[held] = (unknown & (units[basket] > 0)).sum(axis=0)
    return _Levels(gross=gross[basket] * grown, net=after, turnover=traded, carried=carried)


def _after_costs(target: Floats, drifted: Floats, cost: float) -> tuple[Floats, Floats]:
    """
    What is left of one after trading from drifted weights to the target, and what was traded.

    left = 1 - cost x sum |target x left - drifted|: the target is a share of what is left; a contraction by `cost`
    """
    left = np.ones(len(target))
    for _ in range(12 if cost else 0):
        left = 1 - cost * np.abs(target * left[:, None] - drifted).sum(axis=1)
    return left, np.abs(target * left[:, None] - drifted).sum(axis=1)


def _filled(closes: Floats, start: int) -> tuple[Floats, Bools]:
    """Prices from a row on, the last known where one lacks, zero before there was any; and where one lacked."""
    unknown = ~np.isfinite(closes)
    if not unknown.any():
        return closes[start:], unknown[start:]
    rows = np.where(unknown, 0, np.arange(len(closes))[:, None])
    last = np.maximum.accumulate(rows, axis=0)
    filled = np.nan_to_num(np.take_along_axis(closes, last, axis=0))
    return np.where(filled > 0, filled, 1.0)[start:], unknown[start:]


def _gone(delisted: date | None, day: date) -> bool:
    return delisted is not None and delisted <= day
