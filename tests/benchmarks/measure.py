"""`python -m tests.benchmarks.measure posting|large PLAN ANSWER`: one measurement, in the environment of its server."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import django

from tests.benchmarks.plan import Plan


def large(plan: Plan) -> dict[str, Any]:
    """A million entries in, sealed, verified; then the payout-shaped batch, and a log of a million leaves."""
    batches = importlib.import_module("tests.benchmarks.batches")
    log = importlib.import_module("tests.benchmarks.log")
    accounts = batches.accounts_for(10_000)
    told: dict[str, Any] = {"pairs": batches.measure(plan, accounts, legs=2, rounds=1)}
    told["sealing"] = log.drain()
    told["verify"] = log.verify()
    told["payouts"] = batches.measure(plan, accounts, legs=10_000, rounds=3)
    log.add_events(max(0, plan.rows - int(told["sealing"]["leaves"])))
    told["sealing_more"] = log.drain()
    told["keep_up"] = log.keep_up(15)
    told["proofs"] = log.proofs()
    return told


def main() -> None:
    django.setup()
    suite, plan, answer = sys.argv[1:]
    read = Plan.read(Path(plan))
    if suite == "posting":
        told = importlib.import_module("tests.benchmarks.posting").measure(read)
    else:
        told = large(read)
    Path(answer).write_text(json.dumps(told))


if __name__ == "__main__":
    main()
