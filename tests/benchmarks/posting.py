"""One posting with its audit record and its outbox message, in one transaction, against TPC-B and hordak."""

import random
import statistics
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction
from django.utils import timezone

from portal.audit import services as audit
from portal.domain.actors import Actor
from portal.ledger import services as ledger
from portal.ledger.facts import Ask, Leg, Posting, Told
from portal.outbox import services as outbox
from tests.benchmarks.clients import Clients, Work
from tests.benchmarks.pgbench import POST, POST_APART, SCALE, Pgbench
from tests.benchmarks.plan import Plan

ME = Actor.worker("bench")
ACCOUNTS = 10_000
AT_ONCE = (1, 8)
_TPCB = (
    "UPDATE pgbench_accounts SET abalance = abalance + %s WHERE aid = %s",
    "SELECT abalance FROM pgbench_accounts WHERE aid = %s",
    "UPDATE pgbench_tellers SET tbalance = tbalance + %s WHERE tid = %s",
    "UPDATE pgbench_branches SET bbalance = bbalance + %s WHERE bid = %s",
    "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (%s, %s, %s, %s, CURRENT_TIMESTAMP)",
)


def open_accounts(count: int = ACCOUNTS) -> list[int]:
    """So many people's cash accounts with a million each, in one instrument. returns their ids, ascending"""
    at = timezone.now() - timedelta(minutes=1)
    cash = ledger.define_instrument(code="BENCH", kind="cash", scale=2, name="Bench", actor=ME, at=at)
    with transaction.atomic(), connection.cursor() as cursor:
        bank = ledger.open_account(owner="outside", instrument_id=cash.id, purpose="bank")
        cursor.execute(
            "SELECT ledger_open_account('investor:' || n, %s, 'cash', '') FROM generate_series(1, %s) n",
            [cash.id, count],
        )
        accounts = sorted(row[0] for row in cursor.fetchall())
        legs = [Leg(bank, -1_000_000 * len(accounts)), *(Leg(account, 1_000_000) for account in accounts)]
        funding = Posting(key=f"fund:{uuid.uuid4()}", kind="bench.funded", reference="bench:1", legs=legs)
        ledger.post_many(postings=[funding], actor=ME, at=at)
    return accounts


def make_posting(accounts: list[int], *, apart: bool) -> Callable[[int], Work]:
    """What each of our clients repeats: one call that carries all three, or three calls in a transaction."""

    def make_work(number: int) -> Work:
        chance = random.Random(number)
        run = uuid.uuid4()
        place = iter(range(1 << 60))

        def arguments() -> dict[str, Any]:
            source, target = chance.sample(accounts, 2)
            name = f"bench:{run}:{next(place)}"
            legs = [Leg(source, -1), Leg(target, 1)]
            return {
                "key": name, "kind": "bench.moved", "reference": name, "legs": legs, "actor": ME, "at": timezone.now()
            }  # fmt: skip

        def together() -> None:
            one = arguments()
            told = Told("bench.moved", one["reference"], {"amount": "1"})
            ledger.post(**one, told=told, ask=Ask("bench.told", one["key"], {"number": number}))

        def three_calls() -> None:
            one = arguments()
            with transaction.atomic():
                ledger.post(**one)
                audit.record(
                    actor=ME, action="bench.moved", subject=one["reference"], at=one["at"], amount="1"
                )
                outbox.enqueue(topic="bench.told", key=one["key"], payload={"number": number}, at=one["at"])

        return three_calls if apart else together

    return make_work


def make_tpcb(scale: int) -> Callable[[int], Work]:
    """TPC-B's own statements through Django: what Python costs where the database's work is the same."""

    def make_work(number: int) -> Work:
        chance = random.Random(number)

        def work() -> None:
            aid, tid, bid = (chance.randint(1, n * scale) for n in (100_000, 10, 1))
            delta = chance.randint(-5000, 5000)
            values = ([delta, aid], [aid], [delta, tid], [delta, bid], [tid, bid, aid, delta])
            with transaction.atomic(), connection.cursor() as cursor:
                for statement, value in zip(_TPCB, values, strict=True):
                    cursor.execute(statement, value)

        return work

    return make_work


class Hordak:
    """The other environment's process; None of it runs in ours."""

    def __init__(self, python: Path, url: str) -> None:
        self.process = subprocess.Popen(
            [python, "-m", "tests.benchmarks.hordak_client", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the hordak environment did not start")

    def rate(self, clients: int, seconds: float) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{clients} {seconds}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


def measure(plan: Plan) -> dict[str, Any]:
    """Rounds of interleaved slices. returns  rates and, per round, the ratio to that round's TPC-B; medians"""
    pgbench = Pgbench(Path(plan.programs), Path(plan.socket))
    pgbench.fill(plan.database)
    accounts = open_accounts()
    scripts = {"post_sql": POST, "post_sql_apart": POST_APART}
    for name, text in scripts.items():
        (Path(plan.scratch) / f"{name}.sql").write_text(text.format(first=accounts[0], last=accounts[-2]))
    connections.close_all()
    ours = Clients(make_posting(accounts, apart=False), max(AT_ONCE))
    apart = Clients(make_posting(accounts, apart=True), max(AT_ONCE))
    plain = Clients(make_tpcb(SCALE), max(AT_ONCE))
    hordak = Hordak(Path(plan.hordak_python), plan.hordak_url) if plan.hordak_python else None

    def in_sql(name: str) -> Callable[[int, float], float]:
        script = Path(plan.scratch) / f"{name}.sql"
        return lambda n, s: pgbench.rate(
            plan.database, clients=n, seconds=s, script=script, user="portal_app"
        )

    slices: dict[str, Callable[[int, float], float]] = {
        "tpcb": lambda n, s: pgbench.rate(plan.database, clients=n, seconds=s),
        "post_sql": in_sql("post_sql"),
        "post_python": ours.rate,
        "post_sql_apart": in_sql("post_sql_apart"),
        "post_python_apart": apart.rate,
        "tpcb_python": plain.rate,
    }
    if hordak:
        slices["hordak"] = hordak.rate
    rounds: dict[int, list[dict[str, float]]] = {n: [] for n in AT_ONCE}
    for number in range(plan.rounds):
        for at_once in AT_ONCE:
            rounds[at_once].append({name: run(at_once, plan.seconds) for name, run in slices.items()})
            told = ", ".join(f"{name} {rate:.0f}" for name, rate in rounds[at_once][-1].items())
            print(f"round {number + 1}, {at_once} clients: {told}", file=sys.stderr, flush=True)
    for clients in (ours, apart, plain):
        clients.stop()
    if hordak:
        hordak.stop()
    return {str(at_once): summary(found) for at_once, found in rounds.items()}


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Median rate of each, and the median over rounds of each one's ratio to TPC-B and to hordak."""
    names = list(rounds[0])
    told: dict[str, Any] = {
        "rate": {name: round(statistics.median(r[name] for r in rounds)) for name in names},
        "to_tpcb": {name: ratio(rounds, name, "tpcb") for name in names},
    }
    if "hordak" in names:
        told["to_hordak"] = ratio(rounds, "post_python", "hordak")
        told["apart_to_hordak"] = ratio(rounds, "post_python_apart", "hordak")
    told["rounds"] = [{name: round(rate) for name, rate in r.items()} for r in rounds]
    return told


def ratio(rounds: list[dict[str, float]], above: str, below: str) -> float:
    return round(statistics.median(r[above] / r[below] for r in rounds), 3)
