"""
Kills, at random moments of a journey, whatever the portal is made of: `python -m tests.races.chaos --kills 200`.

A journey of rounds (an offering subscribed, closed and settled; a dividend declared, approved and paid; an index
launched, dealt and rebalanced) runs twice: undisturbed, then while worker, relay, sequencer, PostgreSQL and Valkey are killed with SIGKILL and started again, on
servers of its own with fsync on. After every restart the whole database is verified. In the end every balance and
every published level must be what it was undisturbed. Prints its seed; the same seed kills the same things in the same order.
"""

import argparse
import importlib
import os
import random
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import django

from portal.runtime import postgres
from portal.runtime.processes import Child, spawn
from portal.runtime.testing import ROOT, make_template, test_environment
from portal.runtime.valkey import Valkey

PROGRAMS = {
    "worker": ["-m", "celery", "-A", "portal", "worker", "-B", "-c", "2", "-l", "WARNING",
               "--without-gossip", "--without-mingle"],
    "relay": ["manage.py", "relay", "--every", "0.05"],
    "sequencer": ["manage.py", "sequence", "--every", "0.2"],
}  # fmt: skip
HASTE = {"SWEEP_SECONDS": "2", "OUTBOX_RESEND_AFTER_SECONDS": "6", "LOG_LEVEL": "ERROR"}


class Stage:
    """The servers and programs of one run, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = postgres.Cluster(
            home=folder / "pg", sockets=folder, options=["log_min_messages=panic"]
        )
        self.valkey = Valkey(home=folder, sockets=folder)
        self.programs: dict[str, Child] = {}
        self.environment: dict[str, str] = {}

    def raise_curtain(self) -> None:
        self.cluster.start()
        self.cluster.ensure_roles()
        self.valkey.start()
        self.environment = {
            **os.environ,
            **test_environment(self.folder),
            **HASTE,
            "DATABASE_URL": self.cluster.url(postgres.APP, "portal"),
            "DATABASE_OWNER_URL": self.cluster.url(postgres.OWNER, "portal"),
            "DATABASE_SUPERUSER_URL": self.cluster.url(postgres.SUPERUSER, "portal"),
            "BROKER_URL": self.valkey.broker_url(),
        }
        self.environment.pop("CACHE_URL", None)
        self.environment = make_template(self.environment)
        for name in PROGRAMS:
            self.start(name)

    def start(self, name: str) -> None:
        if name == "postgres":
            self.cluster.start()
        elif name == "valkey":
            self.valkey.start()
        else:
            self.programs[name] = spawn(
                name,
                [sys.executable, *PROGRAMS[name]],
                log=self.folder / f"{name}.log",
                env=self.environment,
                cwd=ROOT,
            )

    def kill(self, name: str) -> None:
        child = {"postgres": self.cluster.child, "valkey": self.valkey.child}.get(name) or self.programs[name]
        child.kill()

    def tend(self) -> None:
        """What the supervisor does: a program that ended by itself (a worker that lost its broker) starts again."""
        for name, child in list(self.programs.items()):
            if not child.running:
                self.start(name)

    def fall_curtain(self) -> None:
        for child in self.programs.values():
            child.kill()
        self.valkey.stop()
        self.cluster.stop()


class Player(threading.Thread):
    """Lives the journey while the main thread kills; what it raised is in `error`, the last balances in `ended`."""

    def __init__(self, play: Callable[[], dict[str, int]]) -> None:
        super().__init__(daemon=True)
        self.play, self.error, self.ended = play, "", {}

    def run(self) -> None:
        try:
            self.ended = self.play()
        except BaseException:
            self.error = traceback.format_exc()


def campaign(
    stage: Stage, player: Player, *, kills: int, seed: int, verify: Callable[[], list[str]]
) -> Counter:
    """Kill and restart until so many are done and the journey is over."""
    chance = random.Random(seed)
    killed: Counter = Counter()
    player.start()
    while player.is_alive() or killed.total() < kills:
        if not player.is_alive() and player.error:
            break
        stage.tend()
        if killed.total() >= kills:
            player.join(0.2)
            continue
        name = chance.choice([*PROGRAMS, "postgres", "valkey"])
        time.sleep(chance.uniform(0.1, 1.5))
        stage.kill(name)
        killed[name] += 1
        time.sleep(chance.uniform(0.0, 0.3))
        stage.start(name)
        differences = verify()
        if differences:
            raise SystemExit(
                f"seed {seed}, kill {killed.total()} ({name}): verify found\n" + "\n".join(differences)
            )
        if killed.total() % 20 == 0:
            print(f"  {killed.total()} kills, every verification passed", flush=True)
    return killed


def one_run(folder: Path, *, rounds: int, kills: int, seed: int) -> dict[str, int]:
    """A whole run in a process of its own, so that Django speaks to this stage's servers; returns the balances."""
    folder.mkdir()
    folder.chmod(0o755)
    answers = folder / "balances.txt"
    command = [sys.executable, "-m", "tests.races.chaos", "--stage", folder, "--rounds", rounds, "--kills", kills,
               "--seed", seed]  # fmt: skip
    child = spawn("chaos", [str(part) for part in command], cwd=ROOT, env=os.environ)
    code = child.process.wait()
    child.kill()
    if code:
        raise SystemExit(code)
    lines = (line.split("\t") for line in answers.read_text().splitlines())
    return {name: int(value) for name, value in lines}


def on_stage(folder: Path, *, rounds: int, kills: int, seed: int) -> None:
    """What one_run's process does."""
    stage = Stage(folder)
    try:
        stage.raise_curtain()
        os.environ.update(stage.environment)
        journey = load_journey()
        cast = journey.prepare(rounds=rounds)
        player = Player(lambda: journey.play(cast, rounds=rounds))
        killed = campaign(stage, player, kills=kills, seed=seed, verify=journey.verify)
        if player.error:
            for name in PROGRAMS:
                print(
                    f"--- {name}\n{(folder / f'{name}.log').read_text(errors='replace')[-1500:]}",
                    file=sys.stderr,
                )
            raise SystemExit(f"seed {seed}: the journey broke off\n{player.error}")
        if differences := journey.verify():
            raise SystemExit("at the end verify found\n" + "\n".join(differences))
        (folder / "balances.txt").write_text("".join(f"{k}\t{v}\n" for k, v in player.ended.items()))
        if killed:
            print(
                "  killed: " + ", ".join(f"{name} {count}" for name, count in sorted(killed.items())),
                flush=True,
            )
    finally:
        stage.fall_curtain()


def load_journey():
    """The journey speaks through Django, which reads its settings when it is first imported."""
    django.setup()
    return importlib.import_module("tests.races.chaos_journey")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=int(os.environ.get("CHAOS_KILLS", "200")))
    parser.add_argument(
        "--rounds", type=int, default=0, help="rounds of the journey; else one for every ten kills"
    )
    parser.add_argument(
        "--seed", type=int, default=int(os.environ.get("CHAOS_SEED", "0")) or int(time.time())
    )
    parser.add_argument("--stage", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stage:
        on_stage(given.stage, rounds=given.rounds, kills=given.kills, seed=given.seed)
        return
    rounds = given.rounds or max(2, given.kills // 10)
    print(f"chaos: seed {given.seed}, {given.kills} kills, {rounds} rounds", flush=True)
    with tempfile.TemporaryDirectory(prefix="portal-chaos-", dir=os.environ.get("CHAOS_DIR")) as name:
        folder = Path(name)
        folder.chmod(0o755)
        calm = one_run(folder / "calm", rounds=rounds, kills=0, seed=given.seed)
        print(f"  undisturbed: {len(calm)} balances and levels", flush=True)
        wild = one_run(folder / "wild", rounds=rounds, kills=given.kills, seed=given.seed)
    different = {
        name: (calm.get(name), wild.get(name))
        for name in calm.keys() | wild.keys()
        if calm.get(name) != wild.get(name)
    }
    if different:
        raise SystemExit(
            f"seed {given.seed}: balances or levels differ (undisturbed, disturbed): {different}"
        )
    print(
        f"chaos: after {given.kills} kills all {len(calm)} balances and levels are what they are undisturbed.",
        flush=True,
    )


if __name__ == "__main__":
    main()
