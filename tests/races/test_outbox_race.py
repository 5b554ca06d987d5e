"""
A real worker, a real relay and kill -9: a dividend is paid through the outbox, and whoever dies in the middle of it
loses nothing and pays nobody twice.
"""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from issuance.corporate_actions import payout
from issuance.corporate_actions import services as dividends
from issuance.corporate_actions.facts import NewDividend
from issuance.corporate_actions.selectors import dividend
from portal.audit.selectors import events
from portal.funding.services import record_deposit
from portal.ledger import selectors as ledger
from portal.ledger.verify import verify_ledger
from portal.outbox import selectors, services
from tests.factories import accounts
from tests.factories.issuance import active_security, holders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.xdist_group("processes")]
HELD = (5, 3, 2)
BURST = 120
"""More than the relay takes at a time, so that it dies with some of them gone and some not."""
NET = [380_00, 228_00, 152_00]
WITHHELD = 240_00
"""Of 1,000.00, by 5, 3 and 2 shares: 24 % is kept back from holders who gave no tax form."""
BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def clock() -> datetime:
    return datetime.now(UTC)


def wait_until(holds: Callable[[], bool], what: str, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, (
            f"waited {timeout} s until {what}; messages: {selectors.messages()}"
        )
        time.sleep(0.05)


class Payout:
    """An approved dividend of 1,000.00 over ten shares whose payment waits in the outbox."""

    def __init__(self) -> None:
        at = clock()
        issued = active_security(at=at)
        self.people = holders(issued, *HELD, at=at)
        record_deposit(
            key="bank-1",
            owner=issued.issuer.owner,
            currency="USD",
            amount_minor=1_000_00,
            bank_reference="bank-1",
            actor=accounts.SETUP,
            at=at,
        )
        terms = NewDividend(issued.security.id, "Quarter", at.date(), at, at.date(), pot_minor=1_000_00)
        self.id: UUID = dividends.declare(terms=terms, actor=issued.actor, at=at).id
        dividends.announce(dividend_id=self.id, actor=issued.actor, at=at)
        dividends.entitle(dividend_id=self.id, actor=issued.actor, at=at)
        dividends.request_approval(dividend_id=self.id, actor=issued.actor, at=at)
        checker = accounts.actor(accounts.person())
        dividends.approve(dividend_id=self.id, actor=checker, at=clock())
        self.usd = ledger.instrument("USD").id

    @property
    def pot(self) -> int:
        found = ledger.account_id(
            owner="house", instrument_id=self.usd, purpose="payout", subject=f"dividend:{self.id}"
        )
        assert found is not None
        return found

    @property
    def paid(self) -> bool:
        return dividend(self.id).state == "paid"

    def cash(self) -> list[int]:
        """What the holders have, in the order of their holdings."""
        return [
            sum(
                one.posted for one in ledger.balances(owner=who.owner, instrument_id=self.usd, purpose="cash")
            )
            for who in self.people
        ]

    def postings(self) -> int:
        """Transactions that paid holders."""
        entries = ledger.entries(account_id=self.pot)
        return len({one.transaction_id for one in entries if one.kind == "dividend.paid"})

    def check_paid_once(self) -> None:
        assert self.cash() == NET
        kept = ledger.balances(owner="house", instrument_id=self.usd, purpose="withholding")
        assert sum(one.posted for one in kept) == WITHHELD
        assert ledger.balance(self.pot).posted == 0
        assert self.postings() == 1
        assert len(events(action="dividend.chunk_paid")) == 1
        assert selectors.counts() == {}
        assert verify_ledger() == []


@pytest.fixture
def due() -> Payout:
    return Payout()


def blocked() -> int:
    """Sessions that wait for a lock. Asked in a transaction it would answer as at its beginning."""
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED)
        return int(cursor.fetchone()[0])


def lock_pot(holder: psycopg.Connection, due: Payout) -> None:
    holder.execute("SELECT FROM ledger_balance WHERE account_id = %s FOR UPDATE", [due.pot])


def pool_children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_worker_killed_in_the_middle_of_paying_loses_and_doubles_nothing(
    due, celery_worker, relay, superuser_connection
):
    with superuser_connection.transaction():
        lock_pot(superuser_connection, due)
        worker = celery_worker()
        relay()
        wait_until(lambda: blocked() > 0, "the worker is in the middle of paying")
        worker.kill()
        assert not due.paid
    wait_until(lambda: blocked() == 0, "the dead worker's session ends")
    assert (due.cash(), due.postings()) == ([0, 0, 0], 0)
    (left,) = selectors.messages(state="sent")
    assert left.topic == payout.PAY
    worker.start()
    assert services.resend_lost(at=clock() + timedelta(seconds=1), after=timedelta(0)) == 1
    wait_until(lambda: due.paid and selectors.counts() == {}, "the dividend is paid")
    due.check_paid_once()


def test_a_child_of_the_worker_killed_in_the_middle_of_paying_is_replaced_and_its_task_done_once(
    due, celery_worker, relay, superuser_connection
):
    with superuser_connection.transaction():
        lock_pot(superuser_connection, due)
        worker = celery_worker()
        relay()
        wait_until(lambda: blocked() > 0, "the worker is in the middle of paying")
        for child in pool_children(worker.pid):
            os.kill(child, signal.SIGKILL)
        wait_until(lambda: blocked() > 1, "the task is given to another child")
    wait_until(lambda: due.paid and selectors.counts() == {}, "the dividend is paid")
    assert {one.attempts for one in selectors.messages()} == {1}, "the broker gave it back, not the outbox"
    due.check_paid_once()


def test_a_relay_killed_again_and_again_loses_no_message(due, celery_worker, relay):
    celery_worker()
    carrier = relay()
    wait_until(lambda: due.paid and selectors.counts() == {}, "the dividend is paid")
    for burst in range(2):
        with transaction.atomic():
            for number in range(BURST):
                services.enqueue(
                    topic=payout.PAY,
                    key=f"again:{burst}:{number}",
                    payload={"dividend_id": str(due.id), "chunk": 0},
                    at=clock(),
                )
        wait_until(lambda: selectors.counts().get("waiting", 0) < BURST, "some have left")
        carrier.kill()
        carrier.start()
    wait_until(lambda: selectors.counts().get("waiting", 0) == 0, "all have left")
    wait_until(lambda: selectors.counts() == {}, "all are done")
    done = selectors.messages(state="done", limit=1000)
    assert sum(one.key.startswith("again:") for one in done) == 2 * BURST
    due.check_paid_once()
