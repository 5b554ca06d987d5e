"""
Reads of prices as they were known at an instant. Every read that feeds a decision takes `known_by`: a figure that
became known later does not exist for it.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Max, Q

from indices.domain.schedule import last_closed
from indices.domain.token_events import TokenEvent, applied, sources
from indices.domain.valuation import price_e18
from indices.prices.facts import (
    AssetFacts,
    BatchFacts,
    FindingFacts,
    Freshness,
    Panel,
    PriceFacts,
    Standing,
    TokenEventFacts,
)
from indices.prices.models import Asset, ImportBatch, Observation, PriceFinding, TokenEventRecord
from portal.domain.errors import NotFound


class NoSuchAsset(NotFound):
    code = "no-such-asset"


class NoSuchFinding(NotFound):
    code = "no-such-finding"


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
SELECT {columns} FROM (
  SELECT DISTINCT ON (o.asset_id, o.day) a.symbol, o.*
  FROM indices_observation o JOIN indices_asset a ON a.id = o.asset_id
  WHERE a.symbol = ANY(%s) AND o.day BETWEEN %s AND %s AND o.known_at <= %s
  ORDER BY o.asset_id, o.day, o.known_at DESC) o
"""
_STANDS = "NOT o.excluded"


def _known(
    columns: str, symbols: Collection[str], first: date, last: date, by: datetime, where: str = _STANDS
) -> list[tuple[Any, ...]]:
    query = _KNOWN.format(columns=f"o.symbol, o.day, {columns}")
    with connection.cursor() as cursor:
        cursor.execute(f"{query} WHERE {where}", [list(symbols), first, last, by])
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
    """
    Closes and market capitalisations of a span as arrays: every day of it a row, every symbol a column. Each series
    is in the terms of the last day, by the token events known then (indices.domain.token_events).
    """
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    told = [one.event for one in token_events(until=last, known_by=known_by)]
    needed = sources(symbols, told)
    columns = {symbol: place for place, symbol in enumerate(needed)}
    closes = np.full((len(days), len(columns)), np.nan)
    caps = np.full((len(days), len(columns)), np.nan)
    simulated = False
    rows = _known("o.close::float8, o.market_cap::float8, o.simulated", needed, first, last, known_by)
    for symbol, day, close, cap, made_up in rows:
        place = (day - first).days, columns[symbol]
        closes[place] = close
        caps[place] = np.nan if cap is None else cap
        simulated = simulated or made_up
    applied(days, needed, closes, caps, told)
    asked = len(symbols)
    return Panel(days, tuple(symbols), closes[:, :asked], caps[:, :asked], simulated)


def token_events(
    *, symbols: Collection[str] | None = None, until: date | None = None, known_by: datetime
) -> list[TokenEventFacts]:
    """Events that stand as known, the newest first; of these symbols, on whichever side, where given."""
    withdrawn = TokenEventRecord.objects.filter(known_at__lte=known_by, withdraws__isnull=False)
    query = TokenEventRecord.objects.filter(known_at__lte=known_by, withdraws=None).exclude(
        pk__in=withdrawn.values("withdraws")
    )
    if symbols is not None:
        query = query.filter(Q(asset__symbol__in=list(symbols)) | Q(related__symbol__in=list(symbols)))
    if until is not None:
        query = query.filter(day__lte=until)
    return [token_event_facts(found) for found in query.select_related("asset", "related")]


def token_event_facts(found: TokenEventRecord) -> TokenEventFacts:
    event = TokenEvent(
        kind=found.kind,
        symbol=found.asset.symbol,
        day=found.day,
        related=found.related.symbol if found.related else "",
        old=found.old,
        new=found.new,
    )
    return TokenEventFacts(id=found.pk, event=event, source=found.source, known_at=found.known_at)


def history_days(symbols: Collection[str], *, until: date, known_by: datetime) -> dict[str, int]:
    """symbol -> number of days with a price known by then, up to and including `until`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_KNOWN.format(columns='o.symbol, count(*)')} WHERE {_STANDS} GROUP BY o.symbol",
            [list(symbols), date.min, until, known_by],
        )
        return dict(cursor.fetchall())


def freshness(*, symbols: Collection[str], at: datetime) -> list[Freshness]:
    """How old the last known price of each symbol is, the oldest first, those without one before all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.symbol, (SELECT max(o.day) FROM indices_observation o WHERE o.asset_id = a.id "
            "AND o.known_at <= %s AND NOT o.excluded AND NOT EXISTS (SELECT 1 FROM indices_observation x WHERE "
            "x.asset_id = o.asset_id AND x.day = o.day AND x.excluded AND x.known_at > o.known_at AND x.known_at <= %s)"
            ") FROM indices_asset a WHERE a.symbol = ANY(%s)",
            [at, at, list(symbols)],
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
  extract(epoch FROM o.known_at), o.source, o.simulated, CASE WHEN o.excluded THEN 'excluded' END), E'\\n' ORDER BY o.id), 'UTF8')), 'hex') AS hash
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
        outranked=batch.outranked,
        passed_over=batch.passed_over,
        faults=tuple(batch.faults),
        imported_at=batch.imported_at,
    )


def standing(
    symbols: Collection[str], *, first: date, last: date, known_by: datetime
) -> dict[tuple[str, date], Standing]:
    """(symbol, day) -> what stands, excluded prices too; what a delivery is compared with."""
    rows = _known("o.close, o.source, o.excluded", symbols, first, last, known_by, where="true")
    return {(symbol, day): Standing(close, source, excluded) for symbol, day, close, source, excluded in rows}


def last_days(symbols: Collection[str], *, source: str) -> dict[str, date]:
    """symbol -> the last day that this source told a price of."""
    told = Observation.objects.filter(asset__symbol__in=list(symbols), source=source)
    return dict(told.values_list("asset__symbol").annotate(last=Max("day")))


def around(symbol: str, *, day: date, known_by: datetime, days: int = 5) -> list[PriceFacts]:
    """The closes of a token on the days before and after one, as known."""
    near = (day + timedelta(days=n) for n in range(-days, days + 1))
    found = (prices_on(one, symbols=[symbol], known_by=known_by).get(symbol) for one in near)
    return [one for one in found if one is not None]


def findings(*, states: Collection[str] = ("open",), limit: int = 200) -> list[FindingFacts]:
    """Prices for a person to decide, the newest day first."""
    query = PriceFinding.objects.filter(state__in=list(states)).select_related("asset")
    return [finding_facts(found) for found in query[:limit]]


def open_findings() -> int:
    return PriceFinding.objects.filter(state="open").count()


def finding(finding_id: UUID) -> FindingFacts:
    """raises  NoSuchFinding"""
    found = PriceFinding.objects.filter(pk=finding_id).select_related("asset").first()
    if found is None:
        raise NoSuchFinding("There is no finding with this id.")
    return finding_facts(found)


def finding_facts(found: PriceFinding) -> FindingFacts:
    return FindingFacts(
        id=found.pk,
        symbol=found.asset.symbol,
        day=found.day,
        kind=found.kind,
        close=found.close,
        expected=found.expected,
        source=found.source,
        message=found.message,
        found_at=found.found_at,
        state=found.state,
        reason=found.reason,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
    )
