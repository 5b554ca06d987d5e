"""Observations come in: from a file, from a simulated market, or from an operator. Nothing is ever overwritten."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import polars
from django.db import connection, transaction
from django.db.models import Max

from indices.domain.price_rows import Parsed, Row, parse
from indices.domain.schedule import closes_at, last_closed
from indices.domain.simulation import SimulatedMarket, simulate
from indices.prices.facts import BatchFacts
from indices.prices.models import Asset, ImportBatch, Observation
from indices.prices.selectors import NoSuchAsset, batch_facts, latest_closes, observations_sha256
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Invalid

Progress = Callable[[int, int], None]
KnownBasis = Literal["stated", "assumed", "arrival"]
PUBLICATION_LAG = timedelta(minutes=10)
MOST_FAULTS_KEPT = 1_000
CHUNK = 20_000
SIMULATION = "simulation"
_SIMULATED = re.compile(r"seed (?P<seed>[0-9]+) from (?P<first>[0-9-]{10})")


class UnreadableFile(Invalid):
    """Neither Parquet nor CSV, or not there."""

    code = "unreadable-price-file"


class FaultyRows(Invalid):
    """A delivery with faults was refused as a whole; `reasons` names the first of them by line."""

    code = "faulty-price-rows"


class NothingToImport(Invalid):
    code = "nothing-to-import"


def import_file(
    *,
    path: Path,
    source: str,
    actor: Actor,
    at: datetime,
    known: KnownBasis = "assumed",
    skip_faulty: bool = False,
    progress: Progress | None = None,
) -> BatchFacts:
    """
    Take in a Parquet or CSV file of daily closes (columns: date, symbol, close; market_cap_usd,
    circulating_supply, known_at where they exist).

    known        when the rows became known. "assumed": ten minutes after each close, which is an assumption and
                 is kept with the batch; "stated": by the file's known_at; "arrival": now
    skip_faulty  True takes the good rows and keeps the faults with the batch; False refuses the file
    progress     called with (rows done, rows in all)
    returns      the batch; rows that are known already with the same close are counted as unchanged, and a close
                 that differs from what is known is added as a correction known from now on
    raises       UnreadableFile, MissingColumns, FaultyRows, NothingToImport; then nothing was taken
    """
    content, table = _read(path)
    parsed = parse(table, last_day=last_closed(at), first_line=2 if path.suffix == ".csv" else 1)
    return take(
        parsed,
        source=source,
        filename=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        known=known,
        skip_faulty=skip_faulty,
        actor=actor,
        at=at,
        progress=progress,
    )


def import_simulation(
    *, market: SimulatedMarket, actor: Actor, at: datetime, after: date = date.min
) -> BatchFacts:
    """
    Take in a simulated market up to the last closed day; every figure made from it carries the mark.

    after   only days later than this one
    raises  NothingToImport
    """
    days = [day for day in market.days if after < day <= last_closed(at)]
    rows = [
        {
            "date": day,
            "symbol": symbol,
            "close": float(market.closes[t, n]),
            "market_cap_usd": float(market.closes[t, n] * market.supplies[n]),
            "circulating_supply": float(market.supplies[n]),
        }
        for t, day in enumerate(market.days)
        if day in days
        for n, symbol in enumerate(market.symbols)
    ]
    columns = {name: [row[name] for row in rows] for name in ("date", "symbol", "close", "market_cap_usd")}
    columns["circulating_supply"] = [row["circulating_supply"] for row in rows]
    described = dict(zip(market.symbols, market.sectors, strict=True))
    with transaction.atomic():
        batch = take(
            parse(columns, last_day=last_closed(at)),
            source=SIMULATION,
            filename=f"seed {market.seed} from {market.days[0]}",
            sha256=hashlib.sha256(market.closes.tobytes()).hexdigest(),
            known="assumed",
            simulated=True,
            actor=actor,
            at=at,
        )
        describe_assets(sectors=described, actor=actor, at=at)
    return batch


def extend_simulation(*, actor: Actor, at: datetime) -> BatchFacts | None:
    """Let a simulated market go on to the last closed day; None where there is none, or nothing new."""
    newest = ImportBatch.objects.filter(source=SIMULATION).order_by("-imported_at").first()
    made = None if newest is None else _SIMULATED.fullmatch(newest.filename)
    if made is None:
        return None
    first = date.fromisoformat(made["first"])
    last = Observation.objects.filter(source=SIMULATION).aggregate(last=Max("day"))["last"]
    if last >= last_closed(at):
        return None
    market = simulate(seed=int(made["seed"]), first=first, days=(last_closed(at) - first).days + 1)
    return import_simulation(market=market, actor=actor, at=at, after=last)


def observe(*, symbol: str, day: date, close: Decimal, reason: str, actor: Actor, at: datetime) -> BatchFacts:
    """
    An operator states a price where no source gives one: the last trade of a token that was delisted, the
    correction of a wrong figure. It is known from now on.

    raises  NoSuchAsset, Invalid (no reason), FaultyRows
    """
    if not reason.strip():
        raise Invalid("State why this price is set by hand and where it comes from.", field="reason")
    if not Asset.objects.filter(symbol=symbol).exists():
        raise NoSuchAsset(f"No prices are kept for {symbol[:20]}.", field="symbol")
    return take(
        parse({"date": [day], "symbol": [symbol], "close": [close]}, last_day=last_closed(at), first_line=1),
        source="operator",
        filename=reason.strip()[:200],
        sha256=hashlib.sha256(f"{symbol} {day} {close}".encode()).hexdigest(),
        known="arrival",
        actor=actor,
        at=at,
    )


def describe_assets(
    *,
    sectors: Mapping[str, str],
    names: Mapping[str, str] | None = None,
    pegged: Sequence[str] = (),
    actor: Actor,
    at: datetime,
) -> None:
    """Say what tokens are: symbol -> sector and name; those pegged to a currency. Unknown symbols are made."""
    named = names or {}
    with transaction.atomic():
        _make_assets(sorted({*sectors, *named, *pegged}), at)
        found = (
            Asset.objects.select_for_update().filter(symbol__in=[*sectors, *named, *pegged]).order_by("pk")
        )
        for asset in found:
            asset.sector = sectors.get(asset.symbol, asset.sector)
            asset.name = named.get(asset.symbol, asset.name)
            asset.pegged = asset.pegged or asset.symbol in pegged
            asset.save(update_fields=["sector", "name", "pegged"])
        record(
            actor=actor,
            action="prices.assets_described",
            subject="house:prices",
            at=at,
            sectors=dict(sectors),
            pegged=list(pegged),
            rows=essences(*found),
        )


def delist(*, symbol: str, on: date, reason: str, actor: Actor, at: datetime) -> None:
    """
    A token no longer trades from this day on: screens leave it out, and an index sells it at its next rebalance.

    raises  NoSuchAsset
    """
    with transaction.atomic():
        asset = Asset.objects.select_for_update().filter(symbol=symbol).first()
        if asset is None:
            raise NoSuchAsset(f"No prices are kept for {symbol[:20]}.", field="symbol")
        asset.delisted_on = on
        asset.save(update_fields=["delisted_on"])
        record(
            actor=actor,
            action="prices.asset_delisted",
            subject=f"asset:{asset.pk}",
            at=at,
            reason=reason,
            symbol=symbol,
            on=on.isoformat(),
            rows=essences(asset),
        )


def _read(path: Path) -> tuple[bytes, dict[str, list[Any]]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror}.", field="file") from error
    try:
        if content[:4] == b"PAR1":
            frame = polars.read_parquet(content)
        else:
            frame = polars.read_csv(content, infer_schema=False)
    except (polars.exceptions.PolarsError, OSError, UnicodeError) as error:
        raise UnreadableFile(
            f"{path.name} is neither Parquet nor CSV that can be read.",
            field="file",
            next_step="Give a Parquet file, or a CSV file with a header line, in UTF-8.",
        ) from error
    return content, frame.to_dict(as_series=False)


def take(
    parsed: Parsed,
    *,
    source: str,
    filename: str,
    sha256: str,
    known: KnownBasis,
    simulated: bool = False,
    skip_faulty: bool = False,
    actor: Actor,
    at: datetime,
    progress: Progress | None = None,
) -> BatchFacts:
    """
    Take in what was parsed; import_file says what the arguments mean.

    raises  FaultyRows, NothingToImport
    """
    if parsed.faults and not skip_faulty:
        raise FaultyRows(
            f"{len(parsed.faults)} of {len(parsed.rows) + len(parsed.faults)} rows are faulty; nothing was taken. "
            f"The first: {parsed.faults[0]}.",
            field="file",
            next_step="Mend the file, or import it without its faulty rows.",
            reasons=[str(fault) for fault in parsed.faults[:20]],
        )
    if not parsed.rows:
        raise NothingToImport("There is no price in this delivery.", field="file")
    with transaction.atomic():
        symbols = sorted({row.symbol for row in parsed.rows})
        known_before = set(Asset.objects.filter(symbol__in=symbols).values_list("symbol", flat=True))
        ids = _make_assets(symbols, at)
        before = latest_closes(list(ids), known_by=at)
        fresh = [row for row in parsed.rows if before.get((row.symbol, row.day)) != row.close]
        batch = ImportBatch.objects.create(
            source=source,
            filename=filename,
            sha256=sha256,
            known_basis=known,
            simulated=simulated,
            accepted=len(fresh),
            unchanged=len(parsed.rows) - len(fresh),
            refused=len(parsed.faults),
            faults=[fault.as_dict() for fault in parsed.faults[:MOST_FAULTS_KEPT]],
            imported_at=at,
        )
        _copy(fresh, ids, batch, corrected=set(before), known=known, at=at, progress=progress)
        record(
            actor=actor,
            action="prices.imported",
            subject=f"price_batch:{batch.pk}",
            at=at,
            source=source,
            sha256=sha256,
            known_basis=known,
            simulated=simulated,
            accepted=len(fresh),
            unchanged=batch.unchanged,
            refused=batch.refused,
            observations_sha256=observations_sha256(batch.pk),
            rows=essences(batch, *Asset.objects.filter(symbol__in=symbols).exclude(symbol__in=known_before)),
        )
    return batch_facts(batch)


def _make_assets(symbols: Sequence[str], at: datetime) -> dict[str, int]:
    Asset.objects.bulk_create(
        [Asset(symbol=symbol, name=symbol, created_at=at) for symbol in symbols], ignore_conflicts=True
    )
    return dict(Asset.objects.filter(symbol__in=symbols).values_list("symbol", "pk"))


def _copy(
    rows: Sequence[Row],
    ids: Mapping[str, int],
    batch: ImportBatch,
    *,
    corrected: set[tuple[str, date]],
    known: KnownBasis,
    at: datetime,
    progress: Progress | None,
) -> None:
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY indices_observation (asset_id, day, close, market_cap, supply, observed_at, known_at, source, "
                "simulated, batch_id) FROM STDIN"
            ) as copy,
        ):
            for line in _lines(chunk, ids, batch, corrected, known, at):
                copy.write_row(line)
        if progress is not None:
            progress(start + len(chunk), len(rows))


def _lines(
    rows: Sequence[Row],
    ids: Mapping[str, int],
    batch: ImportBatch,
    corrected: set[tuple[str, date]],
    known: KnownBasis,
    at: datetime,
) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        observed = closes_at(row.day)
        stated = (
            row.known_at if known == "stated" else observed + PUBLICATION_LAG if known == "assumed" else None
        )
        if stated is None or (row.symbol, row.day) in corrected:
            stated = at
        yield (
            ids[row.symbol],
            row.day,
            row.close,
            row.market_cap,
            row.supply,
            observed,
            max(stated, observed),
            batch.source,
            batch.simulated,
            batch.pk,
        )
