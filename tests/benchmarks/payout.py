"""
A dividend to a million holders: record date to entitlements in one process, then the payout by two, against a bare
COPY of the ledger rows that the payout writes. Twice: holders without cash accounts, which the payout opens, and with.
Then a waterfall of twenty classes over a thousand exit values.
"""

import resource
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.db import connection, connections
from django.utils import timezone

from issuance.corporate_actions import payout, selectors, services
from issuance.corporate_actions.verify import verify_distributions
from issuance.domain.waterfall import ShareClass, distribute, distribute_many
from portal.domain.actors import Actor
from portal.ledger.verify import verify_ledger
from tests.benchmarks.batches import copy_rows, latest_rows, timed
from tests.benchmarks.plan import Plan
from tests.factories.crowd import Crowd, approved, crowd, declared

ME = Actor.worker("payout")
WORKERS = 2
TABLES = ("bench_bare", "bench_indexed")
CLASSES = (
    *(
        ShareClass(
            f"series {n}",
            10_007 * n,
            invested=1_000_003 * n,
            multiple=Fraction(2 + n % 3, 2),
            seniority=n % 5,
            participating=n % 2 == 0,
            cap=Fraction(3) if n % 4 == 0 else None,
            conversion=Fraction(4 + n % 3, 4),
        )
        for n in range(1, 20)
    ),
    ShareClass("common", 1_000_000),
)
EXITS = range(0, 10**9, 10**6)


def measure(plan: Plan) -> dict[str, Any]:
    """Seconds and memory of each half, its ratio to COPY, and whether pot and books are exact in the end."""
    told: dict[str, Any] = {"holders": plan.rows, "waterfall": measured_waterfall()}
    began = time.perf_counter()
    of = crowd(plan.rows, at=timezone.now())
    say("filled", time.perf_counter() - began)
    for name in ("first", "second"):
        told[name] = one_dividend(of, name)
        say(name, told[name])
    told["exact"] = verify_distributions() + verify_ledger() == []
    return told


def say(what: str, found: object) -> None:
    print(f"{what}: {found}", file=sys.stderr, flush=True)


def one_dividend(of: Crowd, name: str) -> dict[str, Any]:
    """From the record date to the last chunk paid."""
    pot = 7 * sum(of.quantities.values()) + 3
    number = declared(of, pot=pot, name=name, at=timezone.now())
    connections.close_all()
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=django.setup) as alone:
        entitled = alone.submit(entitle, number).result()
    approved(of, number, at=timezone.now())
    connections.close_all()
    with ProcessPoolExecutor(WORKERS, mp_context=context, initializer=django.setup) as pool:
        list(pool.map(ready, range(WORKERS)))
        began = time.perf_counter()
        payout.start_paying(dividend_id=number, actor=ME, at=timezone.now())
        list(pool.map(partial(pay, number), selectors.unpaid_chunks(number)))
        seconds = time.perf_counter() - began
    paid = selectors.dividend(number)
    entries = len(of.quantities) + 2 * selectors.progress(number).chunks
    copies = copied(entries)
    return {
        "entitle": entitled,
        "payout_seconds": round(seconds, 2),
        "copy_seconds": {table: round(spent, 2) for table, spent in copies.items()},
        "to_copy": {table: round(seconds / spent, 2) for table, spent in copies.items()},
        "state": paid.state,
        "chunks": selectors.progress(number).chunks,
        "sums_to_pot": sum(filter(None, (paid.net_minor, paid.withheld_minor, paid.residue_minor))) == pot,
    }


def copied(entries: int) -> dict[str, float]:
    """Seconds of a COPY of the last entries into a table without and with the indexes and checks."""
    rows = latest_rows(entries)
    found = {}
    for table in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table}")
        found[table] = timed(partial(copy_rows, table, rows))
    return found


def ready(_: int) -> None:
    """A worker that is up and connected."""
    connection.ensure_connection()
    time.sleep(0.5)


def pay(dividend_id: UUID, chunk: int) -> None:
    payout.pay_chunk(dividend_id=dividend_id, chunk=chunk, actor=ME, at=timezone.now())


def entitle(dividend_id: UUID) -> dict[str, Any]:
    """Seconds; the most memory of this process and, without what all share, of its server process; in MB."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        status = Path(f"/proc/{cursor.fetchone()[0]}/status")
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            line = next(line for line in status.read_text().splitlines() if line.startswith("RssAnon"))
            most[0] = max(most[0], int(line.split()[1]))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    seconds = timed(partial(services.entitle, dividend_id=dividend_id, actor=ME, at=timezone.now()))
    done.set()
    watcher.join()
    return {
        "seconds": round(seconds, 2),
        "process_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "server_mb": most[0] >> 10,
    }


def measured_waterfall() -> dict[str, Any]:
    """All exits in one call, and one call each."""
    return {
        "classes": len(CLASSES),
        "exits": len(EXITS),
        "together": round(timed(lambda: distribute_many(EXITS, CLASSES)), 3),
        "each": round(timed(lambda: [distribute(value, CLASSES) for value in EXITS]), 3),
    }
