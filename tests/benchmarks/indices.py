"""Indicators and backtests: time and memory, and the same backtest by bt where its environment exists."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from indices.domain import backtest, indicators
from indices.domain.methodology import rules_of
from tests.benchmarks.plan import Plan

FIRST = date(2020, 1, 1)
ASKED = 91
CAPPED = {
    "theme": "Benchmark",
    "universe": {},
    "selection": {"top": 30},
    "weighting": {"method": "cap", "cap_ppm": 100_000},
    "schedule": {"every": "week", "weekday": 6, "lag_days": 0},
    "fees": {"trading_bps": 20},
}


def panel(days: int, count: int) -> indicators.Panel:
    """A made-up market: closes, ranges, volumes, capitalisations, eight sectors; nothing on chain."""
    random = np.random.default_rng(1)
    close = random.normal(0, 0.03, (days, count))
    np.exp(np.cumsum(close, axis=0, out=close), out=close)
    opened = np.vstack([close[:1], close[:-1]])
    high = np.maximum(opened, close) * (1 + random.uniform(0, 0.02, (days, count)))
    low = np.minimum(opened, close) * (1 - random.uniform(0, 0.02, (days, count)))
    return indicators.Panel(
        close=close,
        high=high,
        low=low,
        open=opened,
        volume=np.exp(random.normal(15, 1, (days, count))),
        market_cap=close * 1e8,
        symbols=("BTC", *(f"T{n}" for n in range(1, count))),
        sectors=tuple(f"sector {n % 8}" for n in range(count)),
    )


def timed(work: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Median seconds by the clock and of the processor; what is made is let go at once."""
    walls, spent = [], []
    for _ in range(rounds):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        spent.append(time.process_time() - processor)
    return {"seconds": statistics.median(walls), "processor": statistics.median(spent)}


def measured_indicators(days: int, count: int, rounds: int) -> dict[str, Any]:
    """91 of the names, then all that such a panel can fill."""
    made = panel(days, count)
    possible = [name for name in indicators.NAMES if name not in indicators.GROUPS["on-chain"]]
    names = possible[:: len(possible) // ASKED][:ASKED]
    if count <= 100:
        indicators.compute(made, names=names)
    some = timed(lambda: indicators.compute(made, names=names), rounds)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    every = timed(lambda: indicators.compute(made, names=possible), rounds)
    return {
        "days": days,
        "assets": count,
        "asked": len(names),
        **some,
        "memory_gib": round(memory, 2),
        "possible": len(possible),
        "all_seconds": every["seconds"],
        "all_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 2),
    }


def market(days: int, count: int) -> backtest.Market:
    random = np.random.default_rng(3)
    closes = np.exp(np.cumsum(random.normal(0, 0.03, (days, count)), axis=0))
    return backtest.Market(
        days=tuple(FIRST + timedelta(days=n) for n in range(days)),
        symbols=tuple(f"T{n:03d}" for n in range(count)),
        closes=closes,
        caps=closes * np.exp(random.normal(16, 1.5, count)),
        pegged=(False,) * count,
        delisted=(None,) * count,
    )


def measured_backtest(plan: Plan) -> dict[str, Any]:
    """Ours with decisions and costs; bt with the weights handed to it."""
    made, rules = market(1_826, 100), rules_of(CAPPED)
    first, last = FIRST + timedelta(days=4), made.days[-1]
    found = backtest.run(rules, made, first=first, last=last)
    ours = timed(lambda: backtest.run(rules, made, first=first, last=last), 25)
    told: dict[str, Any] = {"seconds": ours["seconds"], "rebalances": len(found.references)}
    if not plan.hordak_python:
        return told
    folder = Path(plan.scratch)
    np.savez(
        folder / "bt.npz",
        closes=made.closes,
        days=np.array([day.isoformat() for day in made.days]),
        rows=np.array([(day - FIRST).days for day in found.effectives]),
        weights=found.weights,
        rounds=5,
    )
    client = Path(__file__).with_name("bt_client.py")
    command = [plan.hordak_python, str(client), str(folder / "bt.npz"), str(folder / "bt.json")]
    if subprocess.run(command, check=False).returncode:
        print("bt is not in the comparison's environment; its row is left out", file=sys.stderr)
        return told
    theirs = json.loads((folder / "bt.json").read_text())
    ending = float(found.levels[-1] / found.levels[0])
    return told | {
        "bt_seconds": theirs["seconds"],
        "bt_version": theirs["version"],
        "times": theirs["seconds"] / ours["seconds"],
        "apart": abs(ending / theirs["end"] - 1),
    }


def measure(plan: Plan) -> dict[str, Any]:
    """Small first, so that the memory told of the large is its own."""
    return {
        "load": round(os.getloadavg()[0], 1),
        "backtest": measured_backtest(plan),
        "small": measured_indicators(1_826, 100, 5),
        "large": measured_indicators(3_652, 1_000, 1),
    }
