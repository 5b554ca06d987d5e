"""
The journey that chaos disturbs: rounds of an offering, a dividend and an index (chaos_index.py), each step done once
whatever is killed.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from issuance.corporate_actions import selectors as dividend_facts
from issuance.corporate_actions import services as dividends
from issuance.corporate_actions.facts import DividendFacts, NewDividend
from issuance.offerings import selectors as offering_facts
from issuance.offerings import services as offerings
from issuance.offerings.facts import OfferingFacts
from portal.audit.verify import verify_log
from portal.domain.lifecycle import NotAllowedNow
from portal.ledger import selectors as ledger
from portal.ledger.verify import verify_ledger
from portal.management.commands.verify import verify_indices
from portal.management.story import investors, issuances
from portal.management.story.cast import actor_of, found_house
from portal.management.story.clock import Clock
from portal.management.story.investors import Investor
from portal.management.story.issuances import Issuer
from portal.management.story.people import HARBORVIEW
from portal.management.story.people import investors as invented
from tests.races import chaos_index
from tests.races.patience import lasting, until

INVESTORS = 12
UNITS = 120


def verify() -> list[str]:
    """Ledger, log and indices, from the thread that kills."""
    try:
        return lasting(lambda: verify_ledger() + verify_log() + verify_indices())
    finally:
        connection.close()


@dataclass(frozen=True)
class Cast:
    """buyers: one for each round's index, since his order is placed a day back and the books only go forward"""

    issuer: Issuer
    investors: list[Investor]
    buyers: list[Investor]
    indices: chaos_index.Stage


def prepare(*, rounds: int) -> Cast:
    """An issuer, investors with money, and prices; before anything is killed."""
    clock = Clock(timezone.now() - timedelta(days=3))
    house = found_house("Aldermoor", clock)
    investors.import_sample_list(house, clock)
    issuer = issuances.onboard(replace(HARBORVIEW, authorised=10**6), house, clock)
    people = [investors.admit(who, 10**11, house, clock) for who in invented(INVESTORS + rounds)]
    indices = chaos_index.prepare(operator=actor_of(house.operator), checker=actor_of(house.second_operator))
    return Cast(issuer, people[:INVESTORS], people[INVESTORS:], indices)


def play(cast: Cast, *, rounds: int) -> dict[str, int]:
    """
    The rounds; returns every balance by owner, purpose and instrument, owners in the order of their coming, and every
    level published.
    """
    for number in range(rounds):
        _raise(cast, number)
        _distribute(cast, number)
        chaos_index.play(cast.indices, cast.buyers[number], number)
    return lasting(lambda: _balances(cast) | chaos_index.levels_of(rounds))


def _raise(cast: Cast, number: int) -> None:
    """An oversubscribed offering, settled by workers."""
    name = f"Round {number}"

    def made() -> OfferingFacts:
        known = [o for o in offering_facts.offerings(issuer_ids=[cast.issuer.facts.id]) if o.name == name]
        if not known:
            return issuances.offer(cast.issuer, name, UNITS, 30, Clock(timezone.now()))
        if known[0].state == "draft":
            return offerings.open_offering(
                offering_id=known[0].id, actor=cast.issuer.maker, at=timezone.now()
            )
        return known[0]

    offering = lasting(made)
    for place, investor in enumerate(cast.investors):
        amount = 250_000 * (5 + (place * 7 + number * 3) % 11) + 2_500 * place
        lasting(
            lambda who=investor, much=amount: issuances.subscribe(offering, who, much, Clock(timezone.now()))
        )

    def closed() -> None:
        with suppress(NotAllowedNow):
            offerings.close(offering_id=offering.id, actor=cast.issuer.maker, at=timezone.now())

    lasting(closed)
    until(lambda: offering_facts.offering(offering.id).state == "settled", f"{name} to be settled")


def _distribute(cast: Cast, number: int) -> None:
    """A dividend of an odd number of cents, paid by workers."""
    name, issuer = f"Dividend {number}", cast.issuer
    steps = {
        "draft": lambda made: dividends.announce(dividend_id=made.id, actor=issuer.maker, at=timezone.now()),
        "announced": lambda made: dividends.entitle(
            dividend_id=made.id, actor=issuer.maker, at=timezone.now()
        ),
        "entitled": lambda made: _sign(made, issuer),
    }

    def moved() -> bool:
        known = [d for d in dividend_facts.dividends(issuer_ids=[issuer.facts.id]) if d.name == name]
        if not known:
            now = timezone.now()
            terms = NewDividend(
                security_id=issuer.security.id, name=name, record_date=now.date(), record_at=now,
                payment_date=now.date(), pot_minor=1_000_001 + number,
            )  # fmt: skip
            dividends.declare(terms=terms, actor=issuer.maker, at=now)
        elif known[0].state in steps:
            steps[known[0].state](known[0])
        return bool(known) and known[0].state == "paid"

    until(moved, f"{name} to be paid")


def _sign(made: DividendFacts, issuer: Issuer) -> None:
    if made.approval_id is None:
        dividends.request_approval(dividend_id=made.id, actor=issuer.maker, at=timezone.now())
    dividends.approve(dividend_id=made.id, actor=issuer.checker, at=timezone.now())


def _balances(cast: Cast) -> dict[str, int]:
    owners = {f"issuer:{cast.issuer.facts.id}": "issuer", "house": "house", "outside": "outside"}
    people = [*cast.investors, *cast.buyers]
    owners |= {investor.owner: f"investor {place}" for place, investor in enumerate(people)}
    owners |= {f"index:{one.id}": f"index {one.code}" for one in chaos_index.known()}
    found = {}
    for owner, known_as in owners.items():
        for b in ledger.balances(owner=owner):
            name = f"{known_as} {b.purpose} {b.instrument_code}"
            found[name] = found.get(name, 0) + b.posted
            found[f"{name} reserved"] = found.get(f"{name} reserved", 0) + b.reserved
    return found
