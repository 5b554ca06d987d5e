"""Votes: a million ballots counted, alone and with proxies, and recounted by the stand-alone verifier."""

import random
import resource
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from issuance.domain.voting import Ballot, Choice, Proxy, Rule, VotingClass, tally, verdict
from issuance.voting import verifier
from tests.benchmarks.plan import Plan

CLASSES = [VotingClass("COM", Fraction(1)), VotingClass("PREF", Fraction(10))]
RULE = Rule(Fraction(1, 2), Fraction(1, 2), more_than=True, class_votes=("COM", "PREF"))
BUNDLED = 100_000


def made_up(count: int) -> tuple[dict[str, tuple[int, int]], list[Ballot], list[Proxy]]:
    """
    Holders of two classes. One in ten has given a proxy to the holder after him and has not voted; the others have cast
    a ballot, one in ten of them two, in no order.
    """
    chance = random.Random(1)
    voters = [f"{n:032x}" for n in range(count)]
    powers = {voter: (chance.randrange(1, 10_000), chance.randrange(100)) for voter in voters}
    choices = list(Choice)
    proxies = [Proxy(n, voters[n], voters[n + 1]) for n in range(0, count - 1, 10)]
    ballots = [Ballot(n, voters[n], choices[chance.randrange(3)]) for n in range(count) if n % 10]
    ballots += [
        Ballot(count + n, voters[n], choices[chance.randrange(3)])
        for n in chance.sample([one for one in range(count) if one % 10], count // 10)
    ]
    chance.shuffle(ballots)
    return powers, ballots, proxies


def bundled(powers: Any, ballots: list[Ballot]) -> dict[str, Any]:
    """The same as the verifier reads it."""
    rows = [
        {"ballot": str(one.sequence), "sequence": str(one.sequence), "resolution": "r", "voter": one.voter,
         "choice": one.choice.value, "units": None, "salt": "00"}
        for one in ballots
    ]  # fmt: skip
    for row in rows:
        said = {name: row[name] for name in verifier.BALLOT}
        row["commitment"] = verifier.digest({"meeting": "m", **said})
    return {
        "format": verifier.FORMAT,
        "meeting": "m",
        "classes": [
            {"code": one.code, "scale": 0, "votes_per_unit": str(one.votes_per_unit)} for one in CLASSES
        ],
        "voters": {voter: [str(n) for n in units] for voter, units in powers.items()},
        "ballots": rows,
        "proxies": [],
        "resolutions": [],
        "result": {
            "resolutions": [],
            "ballots_sha256": verifier.digest(sorted(row["commitment"] for row in rows)),
        },
    }


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds by the clock and of the processor: on a machine that others use too they differ."""
    started, spent = time.perf_counter(), time.process_time()
    work()
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "processor": round(time.process_time() - spent, 2),
    }


def best(work: Callable[[], Any], rounds: int) -> dict[str, float]:
    return min((timed(work) for _ in range(rounds)), key=lambda one: one["seconds"])


def measure(plan: Plan) -> dict[str, Any]:
    """The best of the rounds, and the peak memory of this process with all ballots in it."""
    powers, ballots, proxies = made_up(plan.rows)
    rounds = min(plan.rounds, 3)
    told: dict[str, Any] = {
        "ballots": len(ballots),
        "proxies": len(proxies),
        "tally": best(lambda: verdict(RULE, CLASSES, tally(powers, ballots)), rounds),
        "tally_with_proxies": best(lambda: verdict(RULE, CLASSES, tally(powers, ballots, proxies)), rounds),
    }
    some = dict(list(powers.items())[:BUNDLED])
    bundle = bundled(some, [one for one in ballots if one.voter in some])
    rule = {"resolution": "r", "quorum": "1/2", "threshold": "1/2", "base": "cast", "more_than": True,
            "abstentions_count": False, "class_votes": []}  # fmt: skip
    told["recounted"] = len(bundle["ballots"])
    told["recount"] = timed(lambda: (verifier.verify(bundle), verifier.counted(bundle, rule)))
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return told
