"""Observations come in: from a file, from a simulated market, or from an operator. Nothing is ever overwritten."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Max

from indices.domain.price_rows import Fault, Parsed, parse
from indices.domain.schedule import last_closed
from indices.domain.simulation import SimulatedMarket, simulate
from indices.prices.facts import BatchFacts
from indices.prices.models import Asset, ImportBatch, Observation
from indices.prices.reader import UnreadableFile, opened
from indices.prices.selectors import NoSuchAsset, batch_facts, observations_sha256
from indices.prices.writer import SIMULATION, KnownBasis, Taking, make_findings
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Invalid
from portal.outbox.services import enqueue

Progress = Callable[[int, int], None]
MOST_FAULTS_KEPT = 1_000
_SIMULATED = re.compile(r"seed (?P<seed>[0-9]+) from (?P<first>[0-9-]{10})")


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
    symbol: str = "",
    progress: Progress | None = None,
) -> BatchFacts:
    """
    Take in a Parquet or CSV file of daily closes in one of the formats of indices.domain.price_formats. It is read
    twice in pieces of 20,000 lines: once to judge every line, and only when all of it is good to take it in.

    known        when the rows became known. "assumed": ten minutes after each close, which is an assumption and
                 is kept with the batch; "stated": by the file's known_at; "arrival": now
    skip_faulty  True takes the good rows and keeps the faults with the batch; False refuses the file
    symbol       the token, where the file holds one and does not say which
    progress     called with (rows done, rows in all)
    returns      the batch; rows that are known already with the same close are counted as unchanged, and a close
                 that differs from what is known is added as a correction known from now on, unless what is known
                 comes from a source that stands higher (settings.PRICE_SOURCES)
    raises       UnreadableFile, UnknownFormat, NoSymbol, FaultyRows, NothingToImport; then nothing was taken
    """
    file = opened(path, symbol=symbol)
    sha256 = file.sha256()
    with transaction.atomic():
        batch = take_in_pieces(
            partial(file.chunks, last_day=last_closed(at)),
            source=source,
            filename=path.name,
            sha256=sha256,
            known=known,
            skip_faulty=skip_faulty,
            actor=actor,
            at=at,
            progress=progress,
        )
        if file.sha256() != sha256:
            raise UnreadableFile(
                f"{path.name} was changed while it was read; nothing was taken.", field="file"
            )
    return batch


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
    return take_in_pieces(
        lambda: iter([parsed]),
        source=source,
        filename=filename,
        sha256=sha256,
        known=known,
        simulated=simulated,
        skip_faulty=skip_faulty,
        actor=actor,
        at=at,
        progress=progress,
    )


def take_in_pieces(
    chunks: Callable[[], Iterator[Parsed]],
    *,
    source: str,
    filename: str,
    sha256: str,
    known: KnownBasis,
    simulated: bool = False,
    excluded: bool = False,
    skip_faulty: bool = False,
    actor: Actor,
    at: datetime,
    progress: Progress | None = None,
) -> BatchFacts:
    """
    Take in a delivery that comes in pieces; import_file says what the arguments mean.

    chunks    gives the pieces from the beginning each time it is called
    excluded  the rows say that there is no price of these days
    raises    FaultyRows, NothingToImport
    """
    seen = _judged(chunks(), skip_faulty)
    with transaction.atomic():
        _one_delivery_at_a_time()
        known_before = set(Asset.objects.filter(symbol__in=seen.symbols).values_list("symbol", flat=True))
        batch = ImportBatch(
            source=source,
            filename=filename,
            sha256=sha256,
            known_basis=known,
            simulated=simulated,
            accepted=0,
            unchanged=0,
            refused=seen.refused,
            passed_over=seen.passed_over,
            faults=[fault.as_dict() for fault in seen.faults],
            imported_at=at,
        )
        taking = Taking(batch, _make_assets(seen.symbols, at), known, excluded, at)
        for chunk in chunks():
            taking.take(chunk.rows)
            if progress is not None:
                progress(taking.done, seen.rows)
        batch.accepted, batch.unchanged, batch.outranked = taking.accepted, taking.unchanged, taking.outranked
        batch.save(force_insert=True)
        made = make_findings(taking.disagreements, at=at)
        new = Asset.objects.filter(symbol__in=seen.symbols).exclude(symbol__in=known_before)
        record(
            actor=actor,
            action="prices.imported",
            subject=f"price_batch:{batch.pk}",
            at=at,
            source=source,
            sha256=sha256,
            known_basis=known,
            simulated=simulated,
            accepted=batch.accepted,
            unchanged=batch.unchanged,
            refused=batch.refused,
            outranked=batch.outranked,
            observations_sha256=observations_sha256(batch.pk),
            rows=essences(batch, *new, *made),
        )
        if batch.accepted and not (simulated or excluded):
            enqueue(
                topic="indices.prices.inspect", key=str(batch.pk), payload={"batch_id": str(batch.pk)}, at=at
            )
    return batch_facts(batch)


@dataclass(slots=True)
class _Seen:
    rows: int = 0
    refused: int = 0
    passed_over: int = 0
    faults: list[Fault] = field(default_factory=list)
    symbols: set[str] = field(default_factory=set)


def _judged(chunks: Iterator[Parsed], skip_faulty: bool) -> _Seen:
    seen = _Seen()
    for chunk in chunks:
        seen.rows += len(chunk.rows)
        seen.refused += len(chunk.faults)
        seen.passed_over += chunk.passed_over
        seen.faults += chunk.faults[: MOST_FAULTS_KEPT - len(seen.faults)]
        seen.symbols |= {row.symbol for row in chunk.rows}
    if seen.refused and not skip_faulty:
        raise FaultyRows(
            f"{seen.refused} of {seen.rows + seen.refused} rows are faulty; nothing was taken. "
            f"The first: {seen.faults[0]}.",
            field="file",
            next_step="Mend the file, or import it without its faulty rows.",
            reasons=[str(fault) for fault in seen.faults],
        )
    if not seen.rows:
        raise NothingToImport("There is no price in this delivery.", field="file")
    return seen


def _one_delivery_at_a_time() -> None:
    """Two deliveries of one day would each think itself the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('indices.prices.take', 0))")


def _make_assets(symbols: Collection[str], at: datetime) -> dict[str, int]:
    Asset.objects.bulk_create(
        [Asset(symbol=symbol, name=symbol, created_at=at) for symbol in sorted(symbols)],
        ignore_conflicts=True,
    )
    return dict(Asset.objects.filter(symbol__in=symbols).values_list("symbol", "pk"))
