"""What a rebalance looks at: the universe on the reference date, as it was known when the decision is made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from indices.domain.constituents import Floats, weights, window_needed
from indices.domain.methodology import Rules
from indices.domain.screening import Candidate, Verdict, select
from indices.prices.facts import AssetFacts, PriceFacts
from indices.prices.selectors import assets, history_days, panel, prices_on
from portal.domain.canonical import fingerprint
from portal.domain.errors import Invalid

RECENT = timedelta(days=7)
"""A token with a price this recent trades still: where its price of the reference date lacks, data lack."""


class StalePrices(Invalid):
    """Prices that the decision needs are not there; nothing is decided on older ones. `reasons` names each."""

    code = "stale-prices"


class EmptyUniverse(Invalid):
    code = "empty-universe"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """prices: of the reference date, by symbol; fingerprint: SHA-256 over all figures that decide."""

    candidates: tuple[Candidate, ...]
    prices: Mapping[str, PriceFacts]
    fingerprint: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """verdicts in order; weights_ppb by symbol, cash under "USD" when it has a share."""

    verdicts: tuple[Verdict, ...]
    weights_ppb: Mapping[str, int]


def take(rules: Rules, *, day: date, incumbents: Collection[str], known_by: datetime) -> Snapshot:
    """
    The universe of the rules on a day, nothing later than the day and nothing known later than `known_by`.

    raises  EmptyUniverse; StalePrices when an incumbent, or a token that traded within the last seven days, has no
            price of exactly this day
    """
    universe = universe_of(rules)
    symbols = sorted({one.symbol for one in universe})
    if not symbols:
        raise EmptyUniverse("No token that prices are kept for belongs to this universe.", field="universe")
    priced = prices_on(day, symbols=symbols, known_by=known_by)
    gone = {one.symbol for one in universe if one.delisted_on is not None and one.delisted_on <= day}
    _require_fresh(symbols, priced, day, gone, incumbents, known_by)
    counted = history_days(symbols, until=day, known_by=known_by)
    candidates = tuple(
        Candidate(
            symbol=one.symbol,
            price=priced[one.symbol].close if one.symbol in priced else None,
            market_cap=priced[one.symbol].market_cap if one.symbol in priced else None,
            history_days=counted.get(one.symbol, 0),
            pegged=one.pegged,
            delisted=one.symbol in gone,
        )
        for one in universe
    )
    return Snapshot(
        candidates=candidates,
        prices=priced,
        fingerprint=fingerprint([_figures(one) for one in candidates]),
        simulated=any(price.simulated for price in priced.values()),
    )


def decide(
    rules: Rules, found: Snapshot, *, day: date, incumbents: Collection[str], known_by: datetime
) -> Decided:
    """
    Screens, selection and weights.

    raises  UniverseTooSmall, InfeasibleCaps, BadValues, GapInHistory
    """
    verdicts = select(found.candidates, rules, incumbents=incumbents)
    chosen = [verdict.symbol for verdict in verdicts if verdict.included]
    caps = [float(found.prices[symbol].market_cap or 0) for symbol in chosen]
    shares = weights(rules, symbols=chosen, market_caps=caps, closes=_window(rules, chosen, day, known_by))
    by_symbol = dict(zip([*chosen, "USD"], shares, strict=True))
    return Decided(tuple(verdicts), {symbol: share for symbol, share in by_symbol.items() if share})


def _window(rules: Rules, symbols: Sequence[str], day: date, known_by: datetime) -> Floats:
    first = day - timedelta(days=window_needed(rules))
    return panel(symbols, first=first, last=day, known_by=known_by).closes


def universe_of(rules: Rules) -> list[AssetFacts]:
    """Every token that the rules let stand for selection, by symbol."""
    if rules.symbols:
        return assets(symbols=rules.symbols)
    if rules.sectors:
        return assets(sectors=rules.sectors)
    return assets()


def _require_fresh(
    symbols: Sequence[str],
    priced: Mapping[str, PriceFacts],
    day: date,
    gone: Collection[str],
    incumbents: Collection[str],
    known_by: datetime,
) -> None:
    without = [symbol for symbol in symbols if symbol not in priced and symbol not in gone]
    if not without:
        return
    recent = panel(without, first=day - RECENT, last=day, known_by=known_by)
    stale = []
    for place, symbol in enumerate(without):
        known = [on for on, close in zip(recent.days, recent.closes[:, place], strict=True) if close == close]
        if known:
            stale.append(f"{symbol}: its last price is of {known[-1]}")
        elif symbol in incumbents:
            stale.append(f"{symbol}: in the index, and without a price since before {day - RECENT}")
    if stale:
        raise StalePrices(
            f"{len(stale)} price{'s' if len(stale) > 1 else ''} of {day} missing: {'; '.join(stale[:5])}.",
            field="prices",
            next_step="Import the missing prices, or record that the token was delisted.",
            reasons=stale,
        )


def _figures(one: Candidate) -> list[str | None]:
    return [
        one.symbol,
        None if one.price is None else f"{one.price.normalize():f}",
        None if one.market_cap is None else f"{one.market_cap.normalize():f}",
        str(one.history_days),
        str(one.pegged),
        str(one.delisted),
    ]
