"""A payout to 100,000 holders while everything is killed; collected by `make chaos` only (conftest.py)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.races.test_chaos import OWN_SERVERS

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.xdist_group("processes")
def test_whatever_is_killed_every_holder_is_paid_once_and_the_pot_is_exact():
    rounds = max(1, int(os.environ["CHAOS_KILLS"]) // 10)
    command = [sys.executable, "-m", "tests.races.chaos_payout", "--rounds", str(rounds)]
    environment = {name: value for name, value in os.environ.items() if name not in OWN_SERVERS}
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
