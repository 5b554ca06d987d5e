"""
Screening at size: a list of names, an investor base, and every investor compared with the list by the chunks and
services that a worker runs, in as many processes as the machine has processors.
"""

import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from typing import Any
from uuid import UUID, uuid4

import django
from django.db import connections
from django.utils import timezone

from investors.profiles.models import Investor
from investors.screening import selectors, services
from portal.domain.actors import Actor
from tests.benchmarks.plan import Plan
from tests.benchmarks.screening_names import day, listed, ordinary_name

INVESTORS_PER_ROW, NAMES_PER_ROW = 0.1, 0.05
"""Of a million rows asked for: 100,000 investors, 50,000 names."""
ME = Actor.worker("screening")


def measure(plan: Plan) -> dict[str, Any]:
    """Seconds for the import and for the comparison of everybody, with what was found."""
    dice = random.Random(20261122)
    people, names = int(plan.rows * INVESTORS_PER_ROW), int(plan.rows * NAMES_PER_ROW)
    _fill(dice, people)
    at = timezone.now()
    rows = [f"{one.reference},{one.name},{next(iter(one.births), '')}" for one in listed(dice, names)]
    content = "\n".join(["reference,name,born", *rows]).encode()
    begun = time.monotonic()
    made = services.import_list(source="Benchmark", list_date=at.date(), content=content, actor=ME, at=at)
    imported = time.monotonic() - begun
    begun = time.monotonic()
    chunks = services.plan_rescreen(list_id=made.id, actor=ME, at=timezone.now())
    connections.close_all()
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=django.setup) as pool:
        list(pool.map(_chunk, [(made.id, number) for number in range(chunks)], chunksize=1))
    spent = time.monotonic() - begun
    state = selectors.rescreen_state(made.id)
    return {
        "investors": state.investors,
        "names": names,
        "workers": workers,
        "import_seconds": round(imported, 1),
        "seconds": round(spent, 1),
        "hits": state.new_hits,
        "finished": state.finished,
    }


def _chunk(which: tuple[UUID, int]) -> None:
    list_id, number = which
    services.rescreen_chunk(list_id=list_id, number=number, actor=ME, at=timezone.now())


def _fill(dice: random.Random, people: int) -> None:
    """Profiles with sealed names and dates of birth, as a sign-up leaves them; saved in bulk."""
    at = timezone.now() - timedelta(days=1)
    batch = []
    for number in range(people):
        batch.append(
            Investor(
                id=uuid4(),
                reference=f"INV-{number:06d}",
                kind="natural",
                country="US",
                us_person=True,
                tax_countries=["US"],
                legal_name=ordinary_name(dice),
                born_or_formed=day(dice).isoformat(),
                created_at=at,
                identity_changed_at=at,
            )
        )
        if len(batch) == 2000 or number == people - 1:
            Investor.objects.bulk_create(batch)
            batch = []
