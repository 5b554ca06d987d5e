"""
Kills, at random moments of a payout to a crowd, worker, relay, sequencer, broker and database, and starts them again:
`python -m tests.races.chaos_payout --holders 100000 --rounds 20`. After each round every holder has been paid once, the
pot is exact and everything verifies; nobody but the workers does anything. Prints its seed.
"""

import argparse
import importlib
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import django

from tests.races.chaos import PROGRAMS, Stage

PATIENCE = 600
VICTIMS = ("worker", "worker", "relay", "sequencer", "postgres", "valkey")


def play(stage: Stage, *, holders: int, rounds: int, seed: int) -> Counter:
    """The rounds on a stage that stands. returns  how often each was killed; raises SystemExit when something is wrong"""
    os.environ.update(stage.environment)
    django.setup()
    journey = importlib.import_module("tests.races.payout_journey")
    chance = random.Random(seed)
    killed: Counter[str] = Counter()
    of = journey.prepare(holders)
    for number in range(rounds):
        dividend = journey.begin(of, number)
        began, before = time.monotonic(), killed.total()
        while not journey.is_paid(dividend):
            if time.monotonic() - began > PATIENCE:
                raise SystemExit(f"seed {seed}, round {number}: not paid after {PATIENCE} s")
            stage.tend()
            time.sleep(chance.uniform(0.2, 2) * chance.choice((1, 1, 2, 8)))
            victim = chance.choice(VICTIMS)
            stage.kill(victim)
            killed[victim] += 1
            time.sleep(chance.uniform(0, 0.5))
            stage.start(victim)
        spent = time.monotonic() - began
        if differences := journey.wrong(dividend):
            raise SystemExit(f"seed {seed}, round {number}:\n" + "\n".join(differences))
        told = f"{killed.total() - before} kills, {spent:.0f} s"
        print(f"  round {number}: {holders} holders paid once, to the cent; {told}", flush=True)
    return killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--seed", type=int, default=int(os.environ.get("CHAOS_SEED", "0")) or int(time.time())
    )
    given = parser.parse_args()
    print(
        f"chaos of a payout: seed {given.seed}, {given.rounds} rounds of {given.holders} holders", flush=True
    )
    with tempfile.TemporaryDirectory(prefix="portal-chaos-", dir=os.environ.get("CHAOS_DIR")) as name:
        folder = Path(name)
        folder.chmod(0o755)
        stage = Stage(folder)
        try:
            stage.raise_curtain()
            killed = play(stage, holders=given.holders, rounds=given.rounds, seed=given.seed)
        except SystemExit:
            for program in PROGRAMS:
                log = folder / f"{program}.log"
                print(f"--- {program}\n{log.read_text(errors='replace')[-1500:]}", flush=True)
            raise
        finally:
            stage.fall_curtain()
    print("  killed: " + ", ".join(f"{name} {count}" for name, count in sorted(killed.items())), flush=True)


if __name__ == "__main__":
    main()
