"""The transparency log: sealing, proofs out of a million leaves, and the verification of everything."""

import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from typing import Any

from django.db import connection, connections
from django.utils import timezone

from portal.audit import selectors
from portal.audit.sequencer import Sequencer
from portal.audit.verify import verify_log
from portal.domain.merkle import verify_consistency, verify_inclusion
from portal.ledger.verify import verify_ledger

PACE = 5_000
_EVENTS = """
INSERT INTO audit_event (happened_at, actor_kind, actor_id, actor_label, origin, session, action, subject, reason, facts)
SELECT now(), 'worker', 'bench', '', '', '', 'bench.moved', 'bench:' || n, '', '{"amount":"' || n || '"}'
FROM generate_series(1, %s) n
"""


def add_events(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [count])


def drain() -> dict[str, float]:
    """Seal what waits. returns  leaves, seconds, leaves per second"""
    sequencer, total, began = Sequencer(), 0, time.perf_counter()
    while sealed := sequencer.seal(at=timezone.now()):
        total += sealed
    seconds = time.perf_counter() - began
    return {
        "leaves": total,
        "seconds": round(seconds, 2),
        "per_second": round(total / seconds) if total else 0,
    }


def write_at_pace(seconds: float, done: Event) -> None:
    """5,000 events a second in transactions of 50."""
    connections.close_all()
    began = time.perf_counter()
    for step in range(int(seconds * PACE / 50)):
        time.sleep(max(0.0, began + step * 50 / PACE - time.perf_counter()))
        add_events(50)
    print(f"wrote for {time.perf_counter() - began:.1f} s", file=sys.stderr)
    done.set()


def keep_up(seconds: float) -> dict[str, float]:
    """A sequencer beside a writer at full pace. returns  how many events waited when it looked: median and most"""
    connections.close_all()
    done = multiprocessing.Event()
    writer = multiprocessing.get_context("fork").Process(target=write_at_pace, args=(seconds, done))
    began = time.perf_counter()
    writer.start()
    sequencer, waiting, sealed = Sequencer(), [], 0
    while not done.is_set():
        time.sleep(0.2)
        now_waiting = selectors.waiting()
        waiting.append(now_waiting)
        sealed += sequencer.seal(at=timezone.now())
    written = time.perf_counter() - began
    writer.join()
    sealed += sequencer.seal(at=timezone.now())
    return {
        "written_per_second": round(sealed / written),
        "waiting_median": statistics.median(waiting),
        "waiting_most": max(waiting),
        "left_at_the_end": selectors.waiting(),
    }


def milliseconds(work: Callable[[int], object], places: list[int]) -> dict[str, float]:
    spent = []
    for place in places:
        began = time.perf_counter()
        work(place)
        spent.append((time.perf_counter() - began) * 1000)
    return {
        "median_ms": round(statistics.median(spent), 2),
        "p95_ms": round(statistics.quantiles(spent, n=20)[18], 2),
    }


def proofs(count: int = 300) -> dict[str, Any]:
    """Proofs of random leaves and from random earlier sizes, each with an empty memory of tiles; every one checked."""
    head = selectors.latest_checkpoint()
    assert head is not None
    chance = random.Random(1)
    places = [chance.randrange(head.size) for _ in range(count)]
    for place in places[:20]:
        [leaf] = selectors.rows(0, place)[:1]
        verify_inclusion(place, head.size, leaf, selectors.inclusion(place, head.size), head.root)
    for earlier in selectors.checkpoints(20):
        proof = selectors.consistency(earlier.size, head.size)
        verify_consistency(earlier.size, head.size, earlier.root, head.root, proof)
    return {
        "leaves": head.size,
        "inclusion": milliseconds(lambda place: selectors.inclusion(place, head.size), places),
        "consistency": milliseconds(lambda place: selectors.consistency(place + 1, head.size), places),
    }


def verify() -> dict[str, Any]:
    """`manage.py verify`'s two parts. returns  seconds of each, and what was there to check"""
    told: dict[str, Any] = {}
    for name, check in (("ledger", verify_ledger), ("log", verify_log)):
        began = time.perf_counter()
        differences = check()
        told[f"{name}_seconds"] = round(time.perf_counter() - began, 1)
        if differences:
            raise RuntimeError(f"verify found {differences[:3]}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM ledger_transaction), "
            "(SELECT count(*) FROM audit_leaf)"
        )
        told["entries"], told["transactions"], told["leaves"] = cursor.fetchone()
    return told
