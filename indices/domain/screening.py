"""Who is in, who is out, and why: screens, then selection by rank with a buffer for incumbents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from indices.domain.methodology import Rules
from portal.domain.errors import Invalid


class UniverseTooSmall(Invalid):
    """Fewer tokens pass the screens than the index has places."""

    code = "universe-too-small"


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One token of the universe on the reference date, as it was known when the decision was made.

    price, market_cap  None when not known for exactly this day
    history_days       days with a price, up to and including the reference date
    delisted           True when it no longer trades
    """

    symbol: str
    price: Decimal | None
    market_cap: Decimal | None
    history_days: int
    pegged: bool = False
    delisted: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """included, with rank (1 is the largest of those that passed; None for those that did not) and reasons."""

    symbol: str
    included: bool
    rank: int | None
    reasons: tuple[str, ...]


def select(candidates: Sequence[Candidate], rules: Rules, *, incumbents: Collection[str]) -> list[Verdict]:
    """
    Screen and rank candidates by market capitalisation, and take the top N.

    incumbents  symbols in the index now: with a buffer of B, ranks up to N - B are in, incumbents keep their
                place down to rank N + B, and the rest is filled by rank
    returns     one Verdict per candidate: those that passed by rank, then the others by symbol
    raises      UniverseTooSmall with the reason of each that is out
    source      Coin Metrics, CMBI 10 methodology v1.4 (buffer)
    """
    failures = {candidate.symbol: _failures(candidate, rules) for candidate in candidates}
    passed = sorted(
        (candidate for candidate in candidates if not failures[candidate.symbol]),
        key=lambda candidate: (-(candidate.market_cap or Decimal(0)), candidate.symbol),
    )
    if len(passed) < rules.top:
        out = [f"{symbol}: {why[0]}" for symbol, why in sorted(failures.items()) if why]
        raise UniverseTooSmall(
            f"The index has {rules.top} places and only {len(passed)} of {len(candidates)} tokens pass the screens.",
            field="universe",
            next_step="Widen the universe, lower a screen, or supply the missing data.",
            reasons=out,
        )
    ranked = [candidate.symbol for candidate in passed]
    chosen = _chosen(ranked, rules, frozenset(incumbents))
    verdicts = [
        Verdict(
            symbol, symbol in chosen, rank, (_reason(rank, symbol in chosen, symbol in incumbents, rules),)
        )
        for rank, symbol in enumerate(ranked, start=1)
    ]
    return verdicts + [
        Verdict(symbol, False, None, tuple(why)) for symbol, why in sorted(failures.items()) if why
    ]


def _chosen(ranked: Sequence[str], rules: Rules, incumbents: frozenset[str]) -> frozenset[str]:
    sure = ranked[: rules.top - rules.buffer]
    near = ranked[rules.top - rules.buffer : rules.top + rules.buffer]
    kept = [symbol for symbol in near if symbol in incumbents]
    filled = [symbol for symbol in near if symbol not in incumbents]
    return frozenset([*sure, *kept, *filled][: rules.top])


def _failures(candidate: Candidate, rules: Rules) -> list[str]:
    why = []
    if candidate.delisted:
        why.append("no longer trades")
    if candidate.price is None:
        why.append("no price on the reference date")
    elif candidate.price < Decimal(rules.min_price_usd):
        why.append(f"price ${candidate.price:f} is below ${rules.min_price_usd}")
    if candidate.market_cap is None:
        why.append("no market capitalisation on the reference date")
    elif candidate.market_cap < Decimal(rules.min_market_cap_usd):
        why.append(f"market capitalisation ${candidate.market_cap:.0f} is below ${rules.min_market_cap_usd}")
    if candidate.history_days < rules.min_history_days:
        why.append(f"{candidate.history_days} days of prices, {rules.min_history_days} are needed")
    if candidate.pegged and rules.pegged_out:
        why.append("pegged to a currency")
    return why


def _reason(rank: int, included: bool, incumbent: bool, rules: Rules) -> str:
    if included:
        if rank > rules.top:
            return f"rank {rank}, kept: in the index already and within {rules.buffer} places of the top {rules.top}"
        return f"rank {rank} of the top {rules.top}" + ("" if incumbent else ", new")
    if rank <= rules.top:
        return f"rank {rank}, not in: places near rank {rules.top} stay with those who have them"
    return f"rank {rank}, below the top {rules.top}" + (", leaves" if incumbent else "")
