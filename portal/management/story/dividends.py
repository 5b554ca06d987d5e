"""Dividends: declared, announced, entitled at the record date, approved by a second person, paid by workers."""

from datetime import UTC, datetime, time, timedelta

from issuance.corporate_actions import payout, selectors
from issuance.corporate_actions import services as dividends
from issuance.corporate_actions.facts import DividendFacts, NewDividend
from portal.domain.actors import Actor
from portal.management.story.clock import Clock
from portal.management.story.issuances import Issuer


def declare(
    issuer: Issuer, name: str, pot_minor: int, clock: Clock, maker: Actor | None = None
) -> DividendFacts:
    """Declared and announced today for those who hold at the end of today, paid in three days."""
    maker = maker or issuer.maker
    day = clock.today
    cut_off = datetime.combine(day, time(23, 59, 59), UTC)
    made = dividends.declare(
        terms=NewDividend(
            security_id=issuer.security.id,
            name=name,
            record_date=day,
            record_at=cut_off,
            payment_date=day + timedelta(days=3),
            pot_minor=pot_minor,
        ),
        actor=maker,
        at=clock(),
    )
    return dividends.announce(dividend_id=made.id, actor=maker, at=clock())


def entitle(made: DividendFacts, issuer: Issuer, clock: Clock, maker: Actor | None = None) -> DividendFacts:
    """The day after: who held is entitled, and the second person is asked."""
    maker = maker or issuer.maker
    clock.go_to(made.record_date + timedelta(days=1), 8)
    entitled = dividends.entitle(dividend_id=made.id, actor=maker, at=clock())
    dividends.request_approval(dividend_id=made.id, actor=maker, at=clock())
    return entitled


def approve(made: DividendFacts, issuer: Issuer, clock: Clock) -> DividendFacts:
    """The second person approves; workers pay when the payment date has come."""
    return dividends.approve(
        dividend_id=made.id, actor=issuer.checker, note="Figures agree with the resolution.", at=clock()
    )


def pay(made: DividendFacts, clock: Clock) -> DividendFacts:
    """The payout as the workers run it, at the story's own time."""
    clock.go_to(made.payment_date, 10)
    worker = Actor.worker("payout")
    payout.start_paying(dividend_id=made.id, actor=worker, at=clock())
    for chunk in selectors.unpaid_chunks(made.id):
        payout.pay_chunk(dividend_id=made.id, chunk=chunk, actor=worker, at=clock())
    return selectors.dividend(made.id)
