"""A short campaign of tests/races/chaos.py; `make chaos` runs the long one."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
OWN_SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL", "BROKER_URL", "CACHE_URL")


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.xdist_group("processes")
def test_whatever_is_killed_the_journey_ends_with_the_same_balances():
    kills = int(os.environ.get("CHAOS_KILLS", "5"))
    seed = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    command = [sys.executable, "-m", "tests.races.chaos", "--kills", str(kills), "--seed", str(seed)]
    if kills < 20:
        command += ["--rounds", "1"]
    environment = {name: value for name, value in os.environ.items() if name not in OWN_SERVERS}
    print(f"chaos: seed {seed}", flush=True)
    live = None if kills >= 20 else subprocess.PIPE
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=live, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert ran.returncode == 0, f"seed {seed}\n{ran.stdout}"
