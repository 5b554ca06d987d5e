"""The ledger's door: what it posts, what it refuses, and that a refusal changes nothing."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from portal.audit.verify import verify_log
from portal.domain.actors import Actor
from portal.ledger import selectors, services
from portal.ledger.chart import CHART
from portal.ledger.facts import Ask, Leg, Posting, Told
from portal.ledger.verify import verify_ledger

pytestmark = pytest.mark.django_db
ME = Actor.worker("test")


@pytest.fixture
def books(now):
    """USD with an outside bank account and two people's accounts, the first of them holding 100.00."""

    class Books:
        def __init__(self):
            self.usd = services.define_instrument(
                code="USD", kind="cash", scale=2, name="US dollar", actor=ME, at=now
            )
            self.bank = services.open_account(owner="outside", instrument_id=self.usd.id, purpose="bank")
            self.ann = services.open_account(owner="investor:ann", instrument_id=self.usd.id, purpose="cash")
            self.bob = services.open_account(owner="investor:bob", instrument_id=self.usd.id, purpose="cash")
            self.post([Leg(self.bank, -10_000), Leg(self.ann, 10_000)])

        def post(self, legs, *, key=None, at=now, **more):
            return services.post(
                key=key or str(uuid.uuid4()),
                kind="test.moved",
                reference="test:1",
                legs=legs,
                actor=ME,
                at=at,
                **more,
            )

        def posted(self, account):
            return selectors.balance(account).posted

        def state(self):
            return [
                (b.account_id, b.posted, b.reserved) for b in selectors.balances(instrument_id=self.usd.id)
            ]

    return Books()


@pytest.fixture
def refused_without_change(books):
    """Runs something that must be refused with `error`, and asserts that no balance, entry or event changed."""

    def check(error, call, match=None):
        before = (books.state(), count("ledger_entry"), count("audit_event"), count("ledger_reservation"))
        with pytest.raises(error, match=match) as refused, transaction.atomic():
            call()
        assert (
            books.state(),
            count("ledger_entry"),
            count("audit_event"),
            count("ledger_reservation"),
        ) == before
        return refused.value

    return check


def count(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def test_a_posting_moves_money_and_leaves_entries_with_their_balances(books):
    posted = books.post([Leg(books.ann, -2_500), Leg(books.bob, 2_500)])
    assert (books.posted(books.ann), books.posted(books.bob)) == (7_500, 2_500)
    lines = {
        e.account_id: (e.amount, e.balance_after)
        for e in selectors.entries(transaction_id=posted.transaction_id)
    }
    assert lines == {books.ann: (-2_500, 7_500), books.bob: (2_500, 2_500)}


def test_the_same_key_and_body_post_once(books):
    legs = [Leg(books.ann, -100), Leg(books.bob, 100)]
    first, second = books.post(legs, key="k"), books.post(legs, key="k")
    assert (first.replayed, second.replayed) == (False, True)
    assert second.transaction_id == first.transaction_id
    assert books.posted(books.bob) == 100


def test_the_same_key_with_another_body_is_refused(books, refused_without_change):
    books.post([Leg(books.ann, -100), Leg(books.bob, 100)], key="k")
    refused_without_change(
        services.KeyReused,
        lambda: books.post([Leg(books.ann, -101), Leg(books.bob, 101)], key="k"),
        "another body",
    )


TOLD = Told("test.told", "test:1", {"amount": "100"}, organisation=uuid.UUID(int=7), reason="because")
ASK = Ask("test.asked", "test:1", {"id": "1"})


def last_told():
    """The newest event of the caller's and the newest outbox message, as the database holds them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT actor_kind, actor_id, subject, organisation, reason, facts, happened_at FROM audit_event "
            "WHERE action = 'test.told' ORDER BY id DESC LIMIT 1"
        )
        event = cursor.fetchone()
        cursor.execute(
            "SELECT topic, key, payload::text, state, attempts, created_at, available_at FROM outbox_message "
            "ORDER BY id DESC LIMIT 1"
        )
        return event, cursor.fetchone()


def test_what_the_caller_tells_and_asks_goes_with_the_posting(books, now):
    books.post([Leg(books.ann, -100), Leg(books.bob, 100)], told=TOLD, ask=ASK)
    event, message = last_told()
    assert event == (
        "worker", "test", "test:1", uuid.UUID(int=7), "because", '{"amount":"100"}', now,
    )  # fmt: skip
    assert message == ("test.asked", "test:1", '{"id": "1"}', "waiting", 0, now, now)
    assert verify_log() == []


def test_a_message_may_wait_and_either_may_be_left_out(books, now):
    later = now + timedelta(hours=1)
    books.post([Leg(books.ann, -1), Leg(books.bob, 1)], ask=Ask("test.asked", "a", {}, available_at=later))
    event, message = last_told()
    assert (event, message[5], message[6]) == (None, now, later)
    books.post([Leg(books.bob, -1), Leg(books.ann, 1)], told=Told("test.told", "test:2"))
    event, _ = last_told()
    assert event[2:6] == ("test:2", None, "", "{}")
    assert count("outbox_message") == 1


def test_a_replay_tells_and_asks_nothing_again(books):
    legs = [Leg(books.ann, -100), Leg(books.bob, 100)]
    books.post(legs, key="k", told=TOLD, ask=ASK)
    before = (count("audit_event"), count("outbox_message"))
    again = Ask("test.asked", "another key", {})
    assert books.post(legs, key="k", told=TOLD, ask=again).replayed
    assert (count("audit_event"), count("outbox_message")) == before


def test_a_refused_posting_tells_and_asks_nothing(books, refused_without_change):
    refused_without_change(
        services.InsufficientBalance,
        lambda: books.post([Leg(books.ann, -10_001), Leg(books.bob, 10_001)], told=TOLD, ask=ASK),
    )
    assert count("outbox_message") == 0


def test_an_event_that_cannot_be_told_takes_the_posting_with_it(books, refused_without_change):
    long = Told("test.told", "x" * 121)
    refused_without_change(
        DatabaseError, lambda: books.post([Leg(books.ann, -1), Leg(books.bob, 1)], told=long, ask=ASK)
    )
    assert count("outbox_message") == 0


@pytest.mark.parametrize("more", ["ARRAY['a','b','c','d'], NULL", "NULL, ARRAY['a','b','{}']"])
def test_half_an_event_or_message_is_refused(books, refused_without_change, more):
    def call():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ledger_post(ARRAY['worker','x','','',''], now(), 'k', 'k', 'r', '', %s::bigint[], "
                f"ARRAY[-1::numeric, 1], NULL, {more})",
                [[books.ann, books.bob]],
            )

    refused_without_change(DatabaseError, call, "five fields and a message four")


def test_nobody_spends_more_than_he_has(books, refused_without_change):
    refused = refused_without_change(
        services.InsufficientBalance, lambda: books.post([Leg(books.ann, -10_001), Leg(books.bob, 10_001)])
    )
    assert (refused.account_id, refused.available, refused.asked) == (books.ann, 10_000, 10_001)


@pytest.mark.parametrize("amount", ["NaN", "0", "0.5", "1e38", "Infinity"])
def test_what_is_no_whole_amount_never_enters_the_books(books, refused_without_change, amount):
    def call():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ledger_post(ARRAY['worker','x','','',''], now(), 'k', 'k', 'r', '', %s::bigint[], %s::numeric[])",
                [[books.bank, books.ann], f"{{{amount},{amount}}}"],
            )

    refused_without_change(DatabaseError, call)


def test_legs_that_do_not_sum_to_zero_are_refused_with_the_difference(books, refused_without_change):
    refused_without_change(
        services.Unbalanced, lambda: books.post([Leg(books.ann, -100), Leg(books.bob, 101)]), "sum to 1"
    )


def test_instruments_balance_each_for_itself(books, refused_without_change, now):
    eur = services.define_instrument(code="EUR", kind="cash", scale=2, name="Euro", actor=ME, at=now)
    bank = services.open_account(owner="outside", instrument_id=eur.id, purpose="bank")
    refused_without_change(services.Unbalanced, lambda: books.post([Leg(books.bob, 100), Leg(bank, -100)]))


def test_one_leg_alone_or_an_unknown_account_is_refused(books, refused_without_change):
    refused_without_change(services.Malformed, lambda: books.post([Leg(books.ann, 1)]), "two legs")
    refused_without_change(
        services.NoSuchAccount,
        lambda: books.post([Leg(books.ann, -1), Leg(10**9, 1)]),
        "no account 1000000000",
    )


def test_the_books_are_not_written_into_the_past_or_the_future(books, refused_without_change, now):
    legs = [Leg(books.ann, -1), Leg(books.bob, 1)]
    refused_without_change(
        services.WrongTime, lambda: books.post(legs, at=now - timedelta(minutes=6)), "before the last"
    )
    refused_without_change(services.WrongTime, lambda: books.post(legs, at=now + timedelta(days=1)), "future")


def test_a_posting_a_moment_late_takes_effect_at_the_account_s_last_instant(books, now):
    posted = books.post([Leg(books.ann, -1), Leg(books.bob, 1)], at=now - timedelta(minutes=4))
    assert posted.effective_at == now


def test_balances_of_a_past_instant_are_those_after_the_last_entry_before_it(books, now):
    start = now + timedelta(seconds=-1)
    books.post([Leg(books.ann, -100), Leg(books.bob, 100)], at=now + timedelta(seconds=2))
    books.post([Leg(books.ann, -200), Leg(books.bob, 200)], at=now + timedelta(seconds=4))

    def held(instant):
        return {
            b.owner: b.posted
            for b in selectors.balances(instrument_id=books.usd.id, purpose="cash", as_of=instant)
        }

    assert held(start) == {}
    assert held(now) == {"investor:ann": 10_000}
    assert held(now + timedelta(seconds=2)) == {"investor:ann": 9_900, "investor:bob": 100}
    assert held(now + timedelta(seconds=9)) == {"investor:ann": 9_700, "investor:bob": 300}


def reserve(books, amount, now, key="r"):
    return services.reserve(
        key=key, account_id=books.ann, amount=amount, reference="test:1", actor=ME, at=now
    )


def test_what_is_set_aside_cannot_be_spent(books, refused_without_change, now):
    reserve(books, 6_000, now)
    assert selectors.balance(books.ann).available == 4_000
    refused_without_change(
        services.InsufficientBalance,
        lambda: books.post([Leg(books.ann, -4_001), Leg(books.bob, 4_001)]),
        "4000 free",
    )
    refused_without_change(services.InsufficientBalance, lambda: reserve(books, 4_001, now, key="r2"))


def test_settling_takes_part_and_frees_the_rest(books, now):
    held = reserve(books, 6_000, now)
    services.settle(
        key="s", reservation_id=held, legs=[Leg(books.ann, -5_000), Leg(books.bob, 5_000)], kind="test.settled",
        reference="test:1", actor=ME, at=now,
    )  # fmt: skip
    found = selectors.balance(books.ann)
    assert (found.posted, found.reserved) == (5_000, 0)
    assert selectors.reservation(held).state == "settled"
    assert selectors.reservation(held).settled == 5_000


def test_a_reservation_ends_once(books, refused_without_change, now):
    held = reserve(books, 6_000, now)
    assert services.release(reservation_id=held, actor=ME, at=now) is True
    assert services.release(reservation_id=held, actor=ME, at=now) is False

    def settle():
        services.settle(
            key="s", reservation_id=held, legs=[Leg(books.ann, -1), Leg(books.bob, 1)], kind="test.settled",
            reference="test:1", actor=ME, at=now,
        )  # fmt: skip

    refused_without_change(services.ReservationEnded, settle)


def test_more_than_was_set_aside_is_not_settled(books, refused_without_change, now):
    held = reserve(books, 6_000, now)

    def settle():
        services.settle(
            key="s", reservation_id=held, legs=[Leg(books.ann, -6_001), Leg(books.bob, 6_001)], kind="test.settled",
            reference="test:1", actor=ME, at=now,
        )  # fmt: skip

    refused_without_change(services.Malformed, settle, "takes 6001 of 6000")


def batch(books, amounts, prefix="m"):
    return [
        Posting(f"{prefix}{place}", "test.moved", "test:1", [Leg(books.ann, -amount), Leg(books.bob, amount)])
        for place, amount in enumerate(amounts)
    ]


def test_many_postings_keep_each_balance_after_each_entry(books, now):
    posted = services.post_many(postings=batch(books, [100, 200, 300]), actor=ME, at=now)
    assert len({p.transaction_id for p in posted}) == 3
    assert [e.balance_after for e in selectors.entries(account_id=books.bob)] == [600, 300, 100]
    assert books.posted(books.ann) == 9_400


def test_many_postings_again_post_only_what_is_new(books, now):
    first = services.post_many(postings=batch(books, [100, 200]), actor=ME, at=now)
    again = services.post_many(postings=batch(books, [100, 200, 300]), actor=ME, at=now)
    assert [p.replayed for p in again] == [True, True, False]
    assert [p.transaction_id for p in again[:2]] == [p.transaction_id for p in first]
    assert books.posted(books.bob) == 600


def test_many_postings_are_all_refused_when_one_of_them_is(books, refused_without_change, now):
    refused_without_change(
        services.InsufficientBalance,
        lambda: services.post_many(postings=batch(books, [9_000, 2_000]), actor=ME, at=now),
        "1000 free, 2000 asked",
    )
    uneven = [*batch(books, [1]), Posting("x", "k", "r:1", [Leg(books.ann, -1), Leg(books.bob, 2)])]
    refused_without_change(
        services.Unbalanced, lambda: services.post_many(postings=uneven, actor=ME, at=now), "posting 2"
    )
    stray = [Posting("x", "k", "r:1", [Leg(books.ann, -1), Leg(10**9, 1)])]
    refused_without_change(
        services.NoSuchAccount, lambda: services.post_many(postings=stray, actor=ME, at=now)
    )


def test_one_instrument_has_one_kind_and_scale(books, refused_without_change, now):
    again = services.define_instrument(code="USD", kind="cash", scale=2, name="US dollar", actor=ME, at=now)
    assert again == books.usd
    refused_without_change(
        services.KeyReused,
        lambda: services.define_instrument(
            code="USD", kind="cash", scale=3, name="US dollar", actor=ME, at=now
        ),
    )


def test_an_account_is_opened_once_and_only_for_a_purpose_of_the_chart(books, refused_without_change):
    again = services.open_account(owner="investor:ann", instrument_id=books.usd.id, purpose="cash")
    assert again == books.ann
    refused_without_change(
        services.Malformed,
        lambda: services.open_account(owner="investor:ann", instrument_id=books.usd.id, purpose="issued"),
    )
    refused_without_change(
        services.Malformed,
        lambda: services.open_account(owner="a|b", instrument_id=books.usd.id, purpose="cash"),
    )


def test_the_database_has_the_chart_that_the_code_has():
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, name, may_go_negative FROM ledger_purpose")
        assert set(cursor.fetchall()) == {(p.kind, p.name, p.may_go_negative) for p in CHART}


def test_everything_re_derives(books, now):
    held = reserve(books, 1_000, now)
    reserve(books, 500, now, key="r2")
    services.release(reservation_id=held, actor=ME, at=now)
    services.post_many(postings=batch(books, [100, 200]), actor=ME, at=now)
    assert verify_ledger() == []
