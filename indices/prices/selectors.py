"""
Reads of prices as they were known at an instant. Every read that feeds a decision takes `known_by`: a figure that
became known later does not exist for it.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from indices.domain.schedule import last_closed
from indices.domain.valuation import price_e18
from indices.prices.facts import AssetFacts, BatchFacts, Freshness, Panel, PriceFacts
from indices.prices.models import Asset, ImportBatch
from portal.domain.errors import NotFound


class NoSuchAsset(NotFound):
    code = "no-such-asset"


def asset(symbol: str) -> AssetFacts:
    """raises  NoSuchAsset"""
    found = assets(symbols=[symbol])
    if not found:
        raise NoSuchAsset(f"No prices are kept for {symbol[:20]}.", field="symbol")
    return found[0]


def assets(
    *, symbols: Collection[str] | None = None, sectors: Collection[str] | None = None
) -> list[AssetFacts]:
    """Tokens by symbol; of these symbols, or of these sectors, where given."""
    query = Asset.objects.all()
    if symbols is not None:
        query = query.filter(symbol__in=list(symbols))
    if sectors is not None:
        query = query.filter(sector__in=list(sectors))
    return [AssetFacts(a.pk, a.symbol, a.name, a.sector, a.pegged, a.delisted_on) for a in query]


def sectors() -> list[str]:
    return list(
        Asset.objects.exclude(sector="").order_by("sector").values_list("sector", flat=True).distinct()
    )


# The newest row of each token and day that was known by then, by the index of the unique constraint.
_KNOWN = """
SELECT DISTINCT ON (o.asset_id, o.day) a.symbol, o.day, {columns}
FROM indices_observation o JOIN indices_asset a ON a.id = o.asset_id
WHERE a.symbol = ANY(%s) AND o.day BETWEEN %s AND %s AND o.known_at <= %s
ORDER BY o.asset_id, o.day, o.known_at DESC
"""


def _known(
    columns: str, symbols: Collection[str], first: date, last: date, by: datetime
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN.format(columns=columns), [list(symbols), first, last, by])
        return list(cursor.fetchall())


def prices_on(day: date, *, symbols: Collection[str], known_by: datetime) -> dict[str, PriceFacts]:
    """symbol -> the close of exactly this day, as known; symbols without one are absent."""
    columns = "o.close, o.market_cap, o.supply, o.known_at, o.source, o.simulated"
    return {
        symbol: PriceFacts(symbol, on, close, price_e18(close), cap, supply, known_at, source, simulated)
        for symbol, on, close, cap, supply, known_at, source, simulated in _known(
            columns, symbols, day, day, known_by
        )
    }


def panel(symbols: Sequence[str], *, first: date, last: date, known_by: datetime) -> Panel:
    """Closes and market capitalisations of a span as arrays: every day of it a row, every symbol a column."""
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    columns = {symbol: place for place, symbol in enumerate(symbols)}
    closes = np.full((len(days), len(columns)), np.nan)
    caps = np.full((len(days), len(columns)), np.nan)
    simulated = False
    rows = _known("o.close::float8, o.market_cap::float8, o.simulated", symbols, first, last, known_by)
    for symbol, day, close, cap, made_up in rows:
        place = (day - first).days, columns[symbol]
        closes[place] = close
        caps[place] = np.nan if cap is None else cap
        simulated = simulated or made_up
    return Panel(days, tuple(symbols), closes, caps, simulated)


def history_days(symbols: Collection[str], *, until: date, known_by: datetime) -> dict[str, int]:
    """symbol -> number of days with a price known by then, up to and including `until`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.symbol, count(DISTINCT o.day) FROM indices_observation o JOIN indices_asset a "
            "ON a.id = o.asset_id WHERE a.symbol = ANY(%s) AND o.day <= %s AND o.known_at <= %s GROUP BY a.symbol",
            [list(symbols), until, known_by],
        )
        return dict(cursor.fetchall())


def freshness(*, symbols: Collection[str], at: datetime) -> list[Freshness]:
    """How old the last known price of each symbol is, the oldest first, those without one before all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.symbol, (SELECT max(o.day) FROM indices_observation o WHERE o.asset_id = a.id "
            "AND o.known_at <= %s) FROM indices_asset a WHERE a.symbol = ANY(%s)",
            [at, list(symbols)],
        )
        last = dict(cursor.fetchall())
    closed = last_closed(at)
    found = [
        Freshness(symbol, day, None if day is None else (closed - day).days)
        for symbol, day in ((symbol, last.get(symbol)) for symbol in sorted(set(symbols)))
    ]
    return sorted(found, key=lambda one: (one.last_day is not None, one.last_day or date.min))


def span(*, known_by: datetime) -> tuple[date, date] | None:
    """First and last day that anything is known of; None when nothing is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(day), max(day) FROM indices_observation WHERE known_at <= %s", [known_by])
        first, last = cursor.fetchone()
    return None if first is None else (first, last)


def batches(*, limit: int = 50) -> list[BatchFacts]:
    """Deliveries, newest first."""
    return [batch_facts(batch) for batch in ImportBatch.objects.all()[:limit]]


OBSERVATIONS = """
SELECT o.batch_id, encode(sha256(convert_to(string_agg(concat_ws('|', a.symbol, to_char(o.day, 'YYYY-MM-DD'), o.close,
  coalesce(o.market_cap::text, '-'), coalesce(o.supply::text, '-'), extract(epoch FROM o.observed_at),
  extract(epoch FROM o.known_at), o.source, o.simulated), E'\\n' ORDER BY o.id), 'UTF8')), 'hex') AS hash
FROM indices_observation o JOIN indices_asset a ON a.id = o.asset_id
"""
"""What the observations of a delivery come to as one hash; the trail keeps it, and verify computes it again."""


def observations_sha256(batch_id: UUID) -> str | None:
    """SHA-256 over the rows that a delivery added, as they lie in the database; None where it added none."""
    with connection.cursor() as cursor:
        cursor.execute(f"{OBSERVATIONS} WHERE o.batch_id = %s GROUP BY o.batch_id", [batch_id])
        row = cursor.fetchone()
    return None if row is None else row[1]


def batch_facts(batch: ImportBatch) -> BatchFacts:
    return BatchFacts(
        id=batch.pk,
        source=batch.source,
        filename=batch.filename,
        sha256=batch.sha256,
        known_basis=batch.known_basis,
        simulated=batch.simulated,
        accepted=batch.accepted,
        unchanged=batch.unchanged,
        refused=batch.refused,
        faults=tuple(batch.faults),
        imported_at=batch.imported_at,
    )


def latest_closes(symbols: Collection[str], *, known_by: datetime) -> dict[tuple[str, date], Decimal]:
    """(symbol, day) -> close as known, over all days; what an import compares with."""
    rows = _known("o.close", symbols, date.min, date.max, known_by)
    return {(symbol, day): close for symbol, day, close in rows}
