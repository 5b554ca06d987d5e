"""
What happens to tokens, applied when price rows become series. Rows stay as they were observed; a series is told in
the terms of its last day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from portal.domain.errors import Invalid

Floats = NDArray[np.float64]
KINDS: Final = ("ticker_reuse", "redenomination", "migration", "fork", "airdrop", "delisting", "peg_loss")
RELATED: Final = ("ticker_reuse", "migration", "fork", "airdrop")
"""Kinds that name a second token."""
RATIOED: Final = ("redenomination", "migration", "airdrop")
"""Kinds that say how many new tokens there are for how many old ones."""


class BadTokenEvent(Invalid):
    """Parts of an event contradict each other; `field` names the one that is wrong."""

    code = "bad-token-event"


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """
    kind     ticker_reuse    from `day` on rows under `symbol` are of another token; those before it are `related`'s
             redenomination  from `day` on `old` tokens are `new` of the same name
             migration       from `day` on `old` of `symbol` are `new` of `related`, which carries the series on
             delisting       from `day` on there is no price of `symbol`
             fork, airdrop, peg_loss  are told and change no price: what was received is not part of a price
    day      the first day whose close is in the new terms
    """

    kind: str
    symbol: str
    day: date
    related: str = ""
    old: int = 1
    new: int = 1

    @property
    def factor(self) -> float:
        """What an earlier close is multiplied by to be in the new terms."""
        return float(Fraction(self.old, self.new))


def checked(event: TokenEvent) -> TokenEvent:
    """raises  BadTokenEvent"""
    if event.kind not in KINDS:
        raise BadTokenEvent(f"{event.kind[:20]!r} is no kind of event: {', '.join(KINDS)}.", field="kind")
    if (event.kind in RELATED) != bool(event.related):
        needs = "needs a second token" if event.kind in RELATED else "has no second token"
        raise BadTokenEvent(f"An event of kind {event.kind} {needs}.", field="related")
    if event.related == event.symbol:
        raise BadTokenEvent("The second token is another one.", field="related")
    if not (0 < event.old <= 10**12 and 0 < event.new <= 10**12):
        raise BadTokenEvent("A ratio is of two whole numbers above zero.", field="ratio")
    if event.kind not in RATIOED and event.old != event.new:
        raise BadTokenEvent(f"An event of kind {event.kind} has no ratio.", field="ratio")
    if event.kind == "redenomination" and event.old == event.new:
        raise BadTokenEvent("A redenomination of one to one is none.", field="ratio")
    return event


def sources(symbols: Sequence[str], events: Sequence[TokenEvent]) -> list[str]:
    """Every symbol whose rows the series of these symbols are made of, the symbols themselves first."""
    found = list(symbols)
    for symbol in found:  # grows while it is read: a token may have moved twice
        for event in events:
            if (
                event.kind in ("ticker_reuse", "migration")
                and event.related == symbol
                and event.symbol not in found
            ):
                found.append(event.symbol)
    return found


def applied(
    days: Sequence[date],
    symbols: Sequence[str],
    closes: Floats,
    caps: Floats,
    events: Sequence[TokenEvent],
) -> None:
    """
    Turn tables of rows as observed into series, in place; events after the last day do not exist yet.

    days     (T,) consecutive
    symbols  (n,) each once, with those of sources()
    closes   (T, n) dollars per token as observed, NaN where none;  caps (T, n) dollars, moved with their token and
             never scaled: a whole is not split by being counted in other parts
    """
    columns: Mapping[str, int] = {symbol: place for place, symbol in enumerate(symbols)}
    for event in sorted(events, key=lambda one: (one.day, one.symbol, KINDS.index(one.kind))):
        row = (event.day - days[0]).days
        column, related = columns.get(event.symbol), columns.get(event.related)
        if row >= len(days) or column is None:
            continue
        before, after = slice(0, max(0, row)), slice(max(0, row), None)
        if event.kind in ("ticker_reuse", "migration") and related is not None:
            for table, factor in ((closes, event.factor), (caps, 1.0)):
                lacks = np.isnan(table[before, related])
                table[before, related] = np.where(
                    lacks, table[before, column] * factor, table[before, related]
                )
        if event.kind == "ticker_reuse":
            closes[before, column] = caps[before, column] = np.nan
        elif event.kind in ("migration", "delisting"):
            closes[after, column] = caps[after, column] = np.nan
        elif event.kind == "redenomination":
            closes[before, column] *= event.factor
