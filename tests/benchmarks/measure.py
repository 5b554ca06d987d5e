"""`python -m tests.benchmarks.measure posting|large|indices|screening|payout|rules|voting PLAN ANSWER`: one measurement, in the environment of its server."""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from tests.benchmarks.plan import Plan


def large(plan: Plan) -> dict[str, Any]:
    """A million entries in pairs, a million leaves over them, verified; proofs; then the payout-shaped batch."""
    batches = importlib.import_module("tests.benchmarks.batches")
    log = importlib.import_module("tests.benchmarks.log")
    selectors = importlib.import_module("portal.audit.selectors")
    accounts = batches.accounts_for(10_000)
    told: dict[str, Any] = {}

    def step(name: str, work: Callable[[], Any]) -> None:
        told[name] = work()
        print(f"{name}: {told[name]}", file=sys.stderr, flush=True)

    step("pairs", lambda: batches.measure(plan, accounts, legs=2, rounds=1))
    log.add_events(max(0, plan.rows - selectors.waiting()))
    step("sealing", log.drain)
    step("verify", log.verify)
    step("keep_up", lambda: log.keep_up(15))
    step("proofs", log.proofs)
    step("payouts", lambda: batches.measure(plan, accounts, legs=10_000, rounds=min(plan.rounds, 3)))
    return told


def main() -> None:
    django.setup()
    suite, plan, answer = sys.argv[1:]
    read = Plan.read(Path(plan))
    if suite in ("posting", "indices", "screening", "payout", "rules", "voting"):
        told = importlib.import_module(f"tests.benchmarks.{suite}").measure(read)
    else:
        told = large(read)
    Path(answer).write_text(json.dumps(told))


if __name__ == "__main__":
    main()
