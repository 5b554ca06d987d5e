"""
One process that moves money: `python -m tests.races.transfers SEED COUNT ACCOUNT…`, started eight times at once by
test_ledger_race. Prints what it did as JSON: {"posted": keys, "replayed": n, "refused": n, "deadlocks": n}.
"""

import json
import random
import sys

import django
from django.db import OperationalError

django.setup()

from django.utils import timezone  # noqa: E402

from portal.domain.actors import Actor  # noqa: E402
from portal.ledger import services  # noqa: E402
from portal.ledger.facts import Leg, Posted  # noqa: E402

ME = Actor.worker("race")
MOST = 5_000
EVERY = 25
"""After so many transfers the last one is sent once more, as by a client that heard no answer."""


def transfer(key: str, source: int, target: int, amount: int) -> Posted:
    return services.post(
        key=key,
        kind="race.moved",
        reference="race:1",
        legs=[Leg(source, -amount), Leg(target, amount)],
        actor=ME,
        at=timezone.now(),
    )


def main(seed: int, count: int, accounts: list[int]) -> dict[str, object]:
    dice = random.Random(seed)
    posted: list[str] = []
    replayed = refused = deadlocks = 0
    for number in range(count):
        source, target = dice.sample(accounts, 2)
        key, amount = f"race:{seed}:{number}", dice.randint(1, MOST)
        while True:
            try:
                assert not transfer(key, source, target, amount).replayed
                posted.append(key)
                if number % EVERY == 0:
                    assert transfer(key, source, target, amount).replayed
                    replayed += 1
            except services.InsufficientBalance:
                refused += 1
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") != "40P01":
                    raise
                deadlocks += 1
                continue
            break
    return {"posted": posted, "replayed": replayed, "refused": refused, "deadlocks": deadlocks}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), [int(one) for one in sys.argv[3:]])))
