"""post_many of a million entries against a bare COPY of the rows that it writes."""

import statistics
import sys
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection
from django.utils import timezone

from portal.ledger import services as ledger
from portal.ledger.facts import Leg, Posting
from tests.benchmarks.plan import Plan
from tests.benchmarks.posting import ME, open_accounts


def postings(accounts: list[int], *, rows: int, legs: int) -> list[Posting]:
    """`rows` entries as postings of `legs` each: one account pays all the others."""
    run, made = uuid.uuid4(), []
    for place in range(rows // legs):
        start = place * (legs - 1) % (len(accounts) - legs)
        payer, *paid = accounts[start : start + legs]
        lines = [Leg(payer, -len(paid)), *(Leg(account, 1) for account in paid)]
        made.append(Posting(key=f"{run}:{place}", kind="bench.paid", reference=f"bench:{place}", legs=lines))
    return made


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def copy_rows(table: str, rows: list[tuple[Any, ...]]) -> None:
    """The rows into an empty table of ledger_entry's columns, committed."""
    columns = "id, transaction_id, account_id, instrument_id, amount, balance_after, effective_at"
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def latest_rows(count: int) -> list[tuple[Any, ...]]:
    """The last entries as a program would hold them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, transaction_id, account_id, instrument_id, amount::int8, balance_after::int8, effective_at "
            "FROM ledger_entry ORDER BY id DESC LIMIT %s",
            [count],
        )
        return cursor.fetchall()


def measure(plan: Plan, accounts: list[int], *, legs: int, rounds: int) -> dict[str, Any]:
    """Seconds of post_many and of COPY, with and without the indexes and checks of ledger_entry; median ratios."""
    found: list[dict[str, float]] = []
    for number in range(rounds):
        batch = postings(accounts, rows=plan.rows, legs=legs)
        one = {"post_many": timed(partial(ledger.post_many, postings=batch, actor=ME, at=timezone.now()))}
        rows = latest_rows(plan.rows)
        for table in ("bench_bare", "bench_indexed"):
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {table}")
            one[f"copy_{table.removeprefix('bench_')}"] = timed(partial(copy_rows, table, rows))
        found.append(one)
        print(f"{legs} legs, round {number + 1}: {one}", file=sys.stderr, flush=True)
    return {
        "entries": plan.rows,
        "legs": legs,
        "seconds": {name: round(statistics.median(r[name] for r in found), 2) for name in found[0]},
        "to_copy_indexed": round(statistics.median(r["post_many"] / r["copy_indexed"] for r in found), 2),
        "to_copy_bare": round(statistics.median(r["post_many"] / r["copy_bare"] for r in found), 2),
        "rounds": [{name: round(seconds, 2) for name, seconds in r.items()} for r in found],
    }


def accounts_for(legs: int) -> list[int]:
    return open_accounts(max(2 * legs, 10_000))
