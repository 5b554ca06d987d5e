"""Rows of one delivery into the table, compared with what stands: what is new, corrected, known, or outranked."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.conf import settings
from django.db import connection

from indices.domain.price_rows import Row
from indices.domain.schedule import closes_at
from indices.prices.facts import Standing
from indices.prices.models import ImportBatch, PriceFinding
from indices.prices.selectors import standing

KnownBasis = Literal["stated", "assumed", "arrival"]
PUBLICATION_LAG = timedelta(minutes=10)
SIMULATION = "simulation"
OPERATOR = "operator"
DISAGREES = Decimal("0.02")
MOST_DISAGREEMENTS = 500


def rank(source: str) -> int:
    """
    Where a source stands in the hierarchy of inputs, 0 the highest: an operator's decision, the sources of
    settings.PRICE_SOURCES in their order, all others alike, and below everything a simulation.
    """
    named = [OPERATOR, *settings.PRICE_SOURCES]
    if source == SIMULATION:
        return len(named) + 1
    return named.index(source) if source in named else len(named)


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: the asset's id, its day, and the sentence."""

    asset_id: int
    day: date
    kind: str
    close: Decimal | None
    expected: Decimal | None
    source: str
    message: str


class Taking:
    """
    One delivery being taken.

    ids       symbol -> asset
    excluded  the rows say that there is no price of these days
    """

    def __init__(
        self, batch: ImportBatch, ids: Mapping[str, int], known: KnownBasis, excluded: bool, at: datetime
    ) -> None:
        self._batch, self._ids, self._known, self._excluded, self._at = batch, ids, known, excluded, at
        self._rank = rank(batch.source)
        self.done = self.accepted = self.unchanged = self.outranked = 0
        self.disagreements: list[Found] = []

    def take(self, rows: Sequence[Row]) -> None:
        self.done += len(rows)
        if not rows:
            return
        days = [row.day for row in rows]
        before = standing({row.symbol for row in rows}, first=min(days), last=max(days), known_by=self._at)
        fresh = [row for row in rows if self._is_fresh(row, before.get((row.symbol, row.day)))]
        self.accepted += len(fresh)
        self._copy(fresh, before)

    def _is_fresh(self, row: Row, stands: Standing | None) -> bool:
        """A price that was excluded does not come back by being delivered again."""
        if stands is None or self._excluded:
            return True
        if stands.close == row.close:
            self.unchanged += 1
            return False
        higher = rank(stands.source) < self._rank
        if stands.source not in (self._batch.source, SIMULATION) and not stands.excluded:
            self._compare(row, stands, higher)
        if higher:
            self.outranked += 1
        return not higher

    def _compare(self, row: Row, stands: Standing, higher: bool) -> None:
        apart = abs(row.close / stands.close - 1)
        if apart <= DISAGREES or len(self.disagreements) >= MOST_DISAGREEMENTS:
            return
        says = f"{self._batch.source} says {row.close.normalize():f}, {stands.source} {stands.close.normalize():f}"
        kept, other = (stands, row) if higher else (row, stands)
        self.disagreements.append(
            Found(
                asset_id=self._ids[row.symbol],
                day=row.day,
                kind="disagreement",
                close=kept.close,
                expected=other.close,
                source=stands.source if higher else self._batch.source,
                message=f"{says}: {apart * 100:.1f} % apart."[:300],
            )
        )

    def _copy(self, rows: Sequence[Row], before: Collection[tuple[str, date]]) -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY indices_observation (asset_id, day, close, market_cap, supply, observed_at, known_at, source, "
                "simulated, excluded, batch_id) FROM STDIN"
            ) as copy,
        ):
            for line in self._lines(rows, before):
                copy.write_row(line)

    def _lines(self, rows: Sequence[Row], before: Collection[tuple[str, date]]) -> Iterator[tuple[Any, ...]]:
        """What corrects a price is known from now on, whatever the delivery says."""
        for row in rows:
            observed = closes_at(row.day)
            known = {"stated": row.known_at, "assumed": observed + PUBLICATION_LAG}.get(self._known)
            if known is None or (row.symbol, row.day) in before:
                known = self._at
            yield (
                self._ids[row.symbol],
                row.day,
                row.close,
                row.market_cap,
                row.supply,
                observed,
                max(known, observed),
                self._batch.source,
                self._batch.simulated,
                self._excluded,
                self._batch.pk,
            )


def make_findings(found: Sequence[Found], *, at: datetime) -> list[PriceFinding]:
    """Keep what was found, each once, whatever was decided of it before; returns those that are new."""
    made = []
    for one in found:
        finding, new = PriceFinding.objects.get_or_create(
            asset_id=one.asset_id,
            day=one.day,
            kind=one.kind,
            close=one.close,
            defaults={"expected": one.expected, "source": one.source, "message": one.message, "found_at": at},
        )
        if new:
            made.append(finding)
    return made
