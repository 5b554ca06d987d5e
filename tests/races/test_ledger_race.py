"""The ledger's door under real processes and threads: nothing lost, nothing doubled, nothing below zero."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction

from portal.audit import services as audit
from portal.audit.selectors import latest_checkpoint, waiting
from portal.audit.sequencer import Sequencer, seal_all
from portal.audit.verify import verify_log
from portal.domain.actors import Actor
from portal.domain.errors import Refused
from portal.ledger import selectors, services
from portal.ledger.facts import Ask, Leg, Posted, Posting, Told
from portal.ledger.verify import verify_ledger

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent
ME = Actor.worker("test")
PROCESSES = 8
TRANSFERS = int(os.environ.get("RACE_TRANSFERS", "1000"))
EACH = 100_000


def clock() -> datetime:
    return datetime.now(UTC)


class Books:
    """USD with an outside bank account and `count` people's accounts of `each` cents."""

    def __init__(self, count: int, each: int) -> None:
        self.usd = services.define_instrument(
            code="USD", kind="cash", scale=2, name="US dollar", actor=ME, at=clock()
        )
        self.bank = services.open_account(owner="outside", instrument_id=self.usd.id, purpose="bank")
        self.people = [
            services.open_account(owner=f"investor:{n}", instrument_id=self.usd.id, purpose="cash")
            for n in range(count)
        ]
        for account in self.people:
            self.move(f"fund:{account}", self.bank, account, each)

    def move(self, key: str, source: int, target: int, amount: int) -> Posted:
        return services.post(
            key=key,
            kind="race.moved",
            reference="race:1",
            legs=[Leg(source, -amount), Leg(target, amount)],
            actor=ME,
            at=clock(),
        )

    def posted(self) -> list[int]:
        return [selectors.balance(one).posted for one in self.people]


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run the works at the same moment, each on its own connection; what each returned, or the refusal it met."""
    start = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    unexpected = [one for one in results if isinstance(one, Exception) and not isinstance(one, Refused)]
    assert not unexpected, unexpected
    return results


def keys(beginning: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key FROM ledger_transaction WHERE starts_with(key, %s) ORDER BY key", [beginning]
        )
        return [key for (key,) in cursor.fetchall()]


@pytest.mark.slow
def test_eight_processes_move_money_and_nothing_is_lost_doubled_or_overdrawn():
    books = Books(10, EACH)
    argv = [sys.executable, "-m", "tests.races.transfers"]
    started = [
        subprocess.Popen(
            [*argv, str(seed), str(TRANSFERS), *map(str, books.people)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(PROCESSES)
    ]
    answers = [process.communicate(timeout=240) for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, answers
    told = [json.loads(out) for out, _ in answers]
    posted = sorted(key for one in told for key in one["posted"])
    assert keys("race:") == posted
    assert len(posted) + sum(one["refused"] for one in told) == PROCESSES * TRANSFERS
    assert sum(books.posted()) == 10 * EACH
    assert min(books.posted()) >= 0
    assert selectors.balance(books.bank).posted == -10 * EACH
    assert sum(one["deadlocks"] for one in told) == 0
    assert verify_ledger() == []


def test_of_twelve_who_withdraw_at_once_exactly_those_are_paid_for_whom_it_is_enough():
    books = Books(1, 5_99)
    (account,) = books.people
    results = at_once(
        *[lambda n=n: books.move(f"withdraw:{n}", account, books.bank, 1_00) for n in range(12)]
    )
    refused = [one for one in results if isinstance(one, Refused)]
    assert [type(one) for one in refused] == [services.InsufficientBalance] * 7
    assert {(one.available, one.asked) for one in refused} == {(99, 1_00)}
    assert books.posted() == [99]
    assert len(keys("withdraw:")) == 5
    assert verify_ledger() == []


def test_of_twelve_reservations_at_once_exactly_those_are_made_for_which_it_is_enough():
    books = Books(1, 5_99)
    (account,) = books.people
    results = at_once(
        *[
            lambda n=n: services.reserve(
                key=f"reserve:{n}", account_id=account, amount=1_00, reference="race:1", actor=ME, at=clock()
            )
            for n in range(12)
        ]
    )
    assert sum(isinstance(one, services.InsufficientBalance) for one in results) == 7
    balance = selectors.balance(account)
    assert (balance.posted, balance.reserved) == (5_99, 5_00)
    assert verify_ledger() == []


@pytest.mark.parametrize("each", [10_00, 1_00], ids=["plenty", "enough for one"])
def test_one_key_posted_by_eight_at_once_is_posted_once(each):
    books = Books(1, each)
    (account,) = books.people
    results = at_once(*[lambda: books.move("the one", account, books.bank, 1_00)] * 8)
    answered = [one for one in results if isinstance(one, Posted)]
    assert [one.replayed for one in answered].count(False) == 1
    assert len({one.transaction_id for one in answered}) == 1
    others = [one for one in results if not isinstance(one, Posted)]
    assert {type(one) for one in others} <= {services.KeyUnderWay}
    assert books.posted() == [each - 1_00]
    assert books.move("the one", account, books.bank, 1_00).replayed
    assert keys("the one") == ["the one"]
    assert verify_ledger() == []


def test_one_posting_with_its_event_and_message_sent_by_eight_at_once_tells_and_asks_once():
    books = Books(1, 10_00)
    (account,) = books.people

    def post() -> Posted:
        return services.post(
            key="the one",
            kind="race.moved",
            reference="race:1",
            legs=[Leg(account, -1_00), Leg(books.bank, 1_00)],
            actor=ME,
            at=clock(),
            told=Told("race.told", "race:1"),
            ask=Ask("race.asked", "race:1", {}),
        )

    results = at_once(*[post] * 8)
    others = [one for one in results if not isinstance(one, Posted)]
    assert {type(one) for one in others} <= {services.KeyUnderWay}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_event WHERE action = 'race.told'")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT count(*) FROM outbox_message WHERE topic = 'race.asked'")
        assert cursor.fetchone() == (1,)
    assert verify_ledger() == []


def test_one_batch_posted_by_eight_at_once_is_posted_once():
    books = Books(1, 2_00)
    (account,) = books.people
    batch = [
        Posting(f"batch:{n}", "race.moved", "race:1", [Leg(account, -1_00), Leg(books.bank, 1_00)])
        for n in range(2)
    ]
    results = at_once(*[lambda: services.post_many(postings=batch, actor=ME, at=clock())] * 8)
    others = [one for one in results if isinstance(one, Refused)]
    assert {type(one) for one in others} <= {services.KeyUnderWay}
    assert len({posted.transaction_id for one in results if isinstance(one, list) for posted in one}) == 2
    assert books.posted() == [0]
    assert keys("batch:") == ["batch:0", "batch:1"]
    assert verify_ledger() == []


def test_one_reservation_settled_by_eight_at_once_under_one_key_is_settled_once():
    books = Books(1, 1_00)
    (account,) = books.people
    held = services.reserve(
        key="hold", account_id=account, amount=1_00, reference="race:1", actor=ME, at=clock()
    )

    def settle() -> Posted:
        return services.settle(
            key="settle",
            reservation_id=held,
            legs=[Leg(account, -1_00), Leg(books.bank, 1_00)],
            kind="race.settled",
            reference="race:1",
            actor=ME,
            at=clock(),
        )

    results = at_once(*[settle] * 8)
    assert sum(isinstance(one, Posted) and not one.replayed for one in results) == 1
    others = [one for one in results if not isinstance(one, Posted)]
    assert {type(one) for one in others} <= {services.KeyUnderWay}
    balance = selectors.balance(account)
    assert (balance.posted, balance.reserved) == (0, 0)
    assert settle().replayed
    assert verify_ledger() == []


def test_one_key_reserved_by_eight_at_once_reserves_once():
    books = Books(1, 1_00)
    (account,) = books.people

    def reserve() -> object:
        return services.reserve(
            key="hold", account_id=account, amount=1_00, reference="race:1", actor=ME, at=clock()
        )

    results = at_once(*[reserve] * 8)
    others = [one for one in results if isinstance(one, Refused)]
    assert {type(one) for one in others} <= {services.KeyUnderWay}
    assert len({one for one in results if not isinstance(one, Refused)}) == 1
    assert selectors.balance(account).reserved == 1_00
    assert reserve() in results
    assert verify_ledger() == []


def test_two_sequencers_under_four_writers_leave_a_whole_log():
    writing = threading.Event()
    writing.set()

    def write(name: str) -> int:
        for number in range(60):
            with transaction.atomic():
                audit.record(actor=ME, action="race.done", subject=f"{name}:{number}", at=clock())
        return 60

    def writers() -> list[object]:
        try:
            return at_once(*[lambda name=name: write(name) for name in ("a", "b", "c", "d")])
        finally:
            writing.clear()

    def sequence() -> int:
        sequencer, sealed = Sequencer(), 0
        while writing.is_set():
            sealed += sequencer.seal(at=clock(), limit=7)
        return sealed

    written, first, second = at_once(writers, sequence, sequence)
    rest = seal_all(at=clock())
    assert written == [60] * 4
    assert first + second + rest == latest_checkpoint().size == 240
    assert waiting() == 0
    assert verify_log() == []
