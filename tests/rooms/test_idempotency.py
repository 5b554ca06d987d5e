"""Keys of unsafe requests: an effect happens once, and a refusal leaves its key free."""

import threading

import pytest
from django.db import connection, transaction

from portal.audit.services import OutsideTransaction
from portal.idempotency import services
from portal.idempotency.models import Key
from portal.ledger import selectors
from portal.ledger.services import Malformed, define_instrument
from tests.factories import accounts

SCOPE = "user:1 POST /api/v1/withdrawals"


def claim(now, *, key="k-00000001", scope=SCOPE, body="a" * 64):
    return services.claim(scope=scope, key=key, request_hash=body, at=now)


def complete(*, key="k-00000001", scope=SCOPE, status=201, response=None):
    services.complete(scope=scope, key=key, status=status, response=response or {"id": "w-1"})


@pytest.mark.django_db
def test_the_first_claim_is_mine_and_the_next_gets_the_first_ones_answer(now):
    with transaction.atomic():
        assert claim(now) is None
        complete(response={"id": "w-1", "amount": "12.50"})
    with transaction.atomic():
        assert claim(now) == services.StoredResponse(201, {"id": "w-1", "amount": "12.50"})
    assert Key.objects.count() == 1


@pytest.mark.django_db
def test_an_answer_once_stored_stays(now):
    with transaction.atomic():
        claim(now)
        complete()
        complete(status=500, response={"id": "another"})
    assert claim(now) == services.StoredResponse(201, {"id": "w-1"})


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused_and_changes_nothing(now):
    with transaction.atomic():
        claim(now)
        complete()
    before = list(Key.objects.values())
    with (
        pytest.raises(services.KeyReused, match="used before with another request") as refused,
        transaction.atomic(),
    ):
        claim(now, body="b" * 64)
    assert (refused.value.status, refused.value.field) == (422, "Idempotency-Key")
    assert list(Key.objects.values()) == before
    assert claim(now) == services.StoredResponse(201, {"id": "w-1"})


@pytest.mark.django_db
def test_a_key_belongs_to_its_scope(now):
    with transaction.atomic():
        assert claim(now) is None
        assert claim(now, scope="user:2 POST /api/v1/withdrawals", body="b" * 64) is None
        assert claim(now, key="k-00000002", body="b" * 64) is None
    assert Key.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_key_is_not_claimed_outside_a_transaction(now):
    with pytest.raises(OutsideTransaction):
        claim(now)
    assert Key.objects.count() == 0


@pytest.mark.django_db
def test_a_refusal_rolls_the_key_back_with_its_effect(now):
    with pytest.raises(Malformed), transaction.atomic():
        assert claim(now) is None
        usd = define_instrument(
            code="USD", kind="cash", scale=2, name="US dollar", actor=accounts.SETUP, at=now
        )
        raise Malformed(f"No account of {usd.code}.")
    assert Key.objects.count() == 0
    assert selectors.instruments() == []
    with transaction.atomic():
        assert claim(now, body="c" * 64) is None, "the corrected request may use the same key"


@pytest.mark.django_db(transaction=True)
def test_a_key_whose_first_request_is_under_way_is_refused_at_once_and_answered_afterwards(now):
    held, go_on = threading.Event(), threading.Event()

    def first():
        try:
            with transaction.atomic():
                assert claim(now) is None
                held.set()
                assert go_on.wait(30)
                complete()
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert held.wait(30)
        for body in ("a" * 64, "b" * 64):
            with (
                pytest.raises(services.KeyUnderWay, match="still under way") as refused,
                transaction.atomic(),
            ):
                claim(now, body=body)
            assert (refused.value.status, refused.value.field) == (409, "Idempotency-Key")
        with transaction.atomic():
            assert claim(now, key="k-00000002") is None, "another key is not held up"
    finally:
        go_on.set()
        thread.join(30)
    with transaction.atomic():
        assert claim(now) == services.StoredResponse(201, {"id": "w-1"})


@pytest.mark.django_db(transaction=True)
def test_when_the_first_request_is_refused_while_the_second_waits_the_key_is_free_again(now):
    with pytest.raises(Malformed), transaction.atomic():
        claim(now)
        raise Malformed("No.")
    with transaction.atomic():
        assert claim(now) is None
        complete()
    assert Key.objects.get().status == 201


@pytest.mark.django_db(transaction=True)
def test_of_eight_equal_requests_at_once_one_has_the_effect(now):
    start, effects, answers = threading.Barrier(8), [], []

    def request(number):
        try:
            connection.ensure_connection()
            start.wait(30)
            with transaction.atomic():
                stored = claim(now)
                if stored is None:
                    effects.append(number)
                    complete(response={"id": f"w-{number}"})
                else:
                    answers.append(stored)
        except services.KeyUnderWay as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=request, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(effects) == 1
    assert len(answers) == 7
    replays = [one for one in answers if isinstance(one, services.StoredResponse)]
    assert {one.response["id"] for one in replays} <= {f"w-{effects[0]}"}
    assert Key.objects.get().response == {"id": f"w-{effects[0]}"}
