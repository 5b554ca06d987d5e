"""The outbox: an effect leaves after its cause, at least once, and what cannot leave is told aloud."""

from datetime import timedelta

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerAway

from portal.audit.selectors import events, facts_of
from portal.audit.services import OutsideTransaction
from portal.domain.actors import Actor
from portal.domain.lifecycle import NotAllowedNow
from portal.outbox import relay, selectors, services
from portal.outbox.consumer import outbox_task

TOPIC = "tests.outbox.greet"
LONG = timedelta(minutes=5)
OPERATOR = Actor("user", "7", "Olu Perera", "192.0.2.9", "s-9")


class Consumer:
    """A consumer of TOPIC that remembers what it was given, and fails while `broken`."""

    def __init__(self):
        self.got, self.broken = [], None
        self.task = outbox_task(TOPIC)(self.consume)

    def consume(self, **payload):
        """Greet somebody."""
        self.got.append(payload)
        if self.broken:
            raise self.broken


@pytest.fixture
def consumer():
    made = Consumer()
    yield made
    current_app.tasks.pop(TOPIC, None)


@pytest.fixture
def broker(monkeypatch):
    """Takes messages instead of the real one; raises what stands in `refuses` after `takes` of them."""

    class Broker:
        sent, refuses, takes = [], None, 0

        def send_task(self, topic, kwargs, retry):
            if self.refuses is not None and len(self.sent) >= self.takes:
                raise self.refuses
            self.sent.append((topic, kwargs["message_id"]))

    made = Broker()
    made.sent = []
    monkeypatch.setattr(relay.current_app, "send_task", made.send_task)
    return made


def enqueue(at, *, key="greet:1", payload=None, **more):
    with transaction.atomic():
        services.enqueue(topic=TOPIC, key=key, payload=payload or {"person": "1"}, at=at, **more)


def only():
    (message,) = selectors.messages()
    return message


def send(at):
    """Claim the one message that is due; returns its id."""
    with transaction.atomic():
        (delivery,) = services.claim_due(at=at)
    return delivery.message_id


# --- into the outbox


@pytest.mark.django_db(transaction=True)
def test_a_message_is_enqueued_only_in_the_transaction_of_its_cause(now):
    with pytest.raises(OutsideTransaction, match=TOPIC):
        services.enqueue(topic=TOPIC, key="greet:1", payload={}, at=now)
    with pytest.raises(RuntimeError), transaction.atomic():
        services.enqueue(topic=TOPIC, key="greet:1", payload={}, at=now)
        raise RuntimeError
    assert selectors.messages() == []


@pytest.mark.django_db
def test_the_same_topic_and_key_ask_once(now):
    enqueue(now)
    enqueue(now + timedelta(hours=1), payload={"person": "2"})
    enqueue(now, key="greet:2")
    assert [(m.key, m.payload, m.state) for m in selectors.messages()] == [
        ("greet:2", {"person": "1"}, "waiting"),
        ("greet:1", {"person": "1"}, "waiting"),
    ]


@pytest.mark.django_db
def test_a_message_that_was_done_is_not_asked_for_again_by_its_key(now, consumer):
    enqueue(now)
    consumer.task(send(now))
    enqueue(now)
    assert only().state == "done"


# --- out of the outbox


@pytest.mark.django_db
def test_claiming_marks_messages_as_sent_in_the_order_in_which_they_became_due(now):
    enqueue(now, key="later", available_at=now + timedelta(seconds=1))
    enqueue(now - timedelta(seconds=5), key="first")
    enqueue(now, key="second")
    with transaction.atomic():
        assert [d.message_id for d in services.claim_due(at=now)] == [
            m.id for key in ("first", "second") for m in selectors.messages() if m.key == key
        ]
        assert services.claim_due(at=now) == []
    told = {m.key: (m.state, m.attempts, m.sent_at) for m in selectors.messages()}
    assert told == {"first": ("sent", 1, now), "second": ("sent", 1, now), "later": ("waiting", 0, None)}


@pytest.mark.django_db
def test_no_more_are_claimed_than_asked_for(now):
    for number in range(5):
        enqueue(now, key=f"greet:{number}")
    with transaction.atomic():
        assert len(services.claim_due(at=now, limit=2)) == 2
    assert selectors.counts() == {"sent": 2, "waiting": 3}


@pytest.mark.django_db(transaction=True)
def test_the_relay_hands_due_messages_to_the_broker(now, broker):
    enqueue(now)
    assert relay.relay_due() == 1
    assert broker.sent == [(TOPIC, only().id)]
    assert only().state == "sent"
    assert relay.relay_due() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("takes", [0, 2])
def test_a_broker_that_fails_rolls_the_mark_back_for_the_whole_batch(now, broker, takes):
    for number in range(4):
        enqueue(now, key=f"greet:{number}")
    broker.refuses, broker.takes = BrokerAway("gone"), takes
    with pytest.raises(BrokerAway):
        relay.relay_due()
    assert [(m.state, m.attempts) for m in selectors.messages()] == [("waiting", 0)] * 4
    broker.refuses = None
    assert relay.relay_due() == 4
    assert len(broker.sent) == takes + 4, "what it took before arrives twice"


@pytest.mark.django_db(transaction=True)
def test_two_relays_never_hand_over_one_message_at_the_same_time(now, superuser_connection):
    enqueue(now, key="greet:1")
    enqueue(now, key="greet:2")
    with superuser_connection.transaction():
        superuser_connection.execute("SELECT FROM outbox_message WHERE key = 'greet:1' FOR UPDATE")
        with transaction.atomic():
            (taken,) = services.claim_due(at=now)
    assert {m.key: m.state for m in selectors.messages()} == {"greet:1": "waiting", "greet:2": "sent"}
    assert taken.topic == TOPIC


@pytest.mark.django_db(transaction=True)
def test_the_relay_command_sends_what_is_due_and_ends(now, broker):
    enqueue(now)
    call_command("relay", "--once")
    assert len(broker.sent) == 1


# --- the consumer


@pytest.mark.django_db
def test_a_consumer_runs_once_and_a_second_delivery_does_nothing(now, consumer):
    enqueue(now, payload={"person": "17"})
    message_id = send(now)
    consumer.task(message_id)
    consumer.task(message_id)
    assert consumer.got == [{"person": "17"}]
    message = only()
    assert (message.state, message.attempts, message.last_error) == ("done", 1, "")
    assert message.done_at >= now
    consumer.task(message_id + 1000)
    assert len(consumer.got) == 1


@pytest.mark.django_db
def test_a_message_that_arrives_before_the_relays_commit_is_done_and_not_sent_again(now, consumer):
    enqueue(now)
    consumer.task(only().id)
    assert only().state == "done"
    with transaction.atomic():
        assert services.claim_due(at=now) == []


@pytest.mark.django_db
def test_a_failure_is_kept_and_tried_again_after_one_two_and_four_seconds(now, consumer):
    consumer.broken = ValueError("the bank does not answer")
    enqueue(now)
    at = now
    for attempt, seconds in enumerate((1, 2, 4, 8), start=1):
        message_id = send(at)
        services.fail(message_id=message_id, error="ValueError: the bank does not answer", at=at)
        message = only()
        assert (message.state, message.attempts) == ("waiting", attempt)
        assert message.last_error == "ValueError: the bank does not answer"
        assert message.available_at == at + timedelta(seconds=seconds)
        with transaction.atomic():
            assert services.claim_due(at=at + timedelta(seconds=seconds, microseconds=-1)) == []
        at += timedelta(seconds=seconds)
    consumer.broken = None
    consumer.task(send(at))
    assert (only().state, only().last_error) == ("done", "")


def test_the_wait_doubles_up_to_an_hour():
    assert [services.backoff(n).total_seconds() for n in (0, 1, 2, 3, 4, 11, 12, 13, 40)] == [
        1, 1, 2, 4, 8, 1024, 2048, 3600, 3600,
    ]  # fmt: skip


@pytest.mark.django_db
def test_what_a_consumer_raises_stands_with_the_message_and_does_not_stop_the_worker(now, consumer):
    consumer.broken = ValueError("x" * 5000)
    enqueue(now)
    consumer.task(send(now))
    message = only()
    assert message.state == "waiting"
    assert message.last_error.startswith("ValueError: xxx")
    assert len(message.last_error) == 4000


def give_up(now):
    """Let the one message fail until it is given up; returns (its id, when)."""
    enqueue(now)
    at = now
    for _ in range(services.MAX_ATTEMPTS):
        message_id = send(at)
        services.fail(message_id=message_id, error="ValueError: no", at=at)
        at = max(at, only().available_at)
    return message_id, at


@pytest.mark.django_db
def test_after_the_last_attempt_a_message_is_dead_and_the_trail_says_so(now):
    message_id, at = give_up(now)
    message = only()
    assert (message.state, message.attempts) == ("dead", services.MAX_ATTEMPTS)
    with transaction.atomic():
        assert services.claim_due(at=at + timedelta(days=30)) == []
    (event,) = events(subject=f"message:{message_id}")
    assert (event.action, event.actor_kind, event.actor_id) == ("outbox.gave_up", "worker", "outbox")
    assert facts_of(event) == {"topic": TOPIC, "attempts": services.MAX_ATTEMPTS}


@pytest.mark.django_db
def test_a_dead_message_that_the_broker_delivers_once_more_waits_for_the_operator(now, consumer):
    message_id, _ = give_up(now)
    consumer.task(message_id)
    assert consumer.got == []
    assert only().state == "dead"


@pytest.mark.django_db
def test_an_operator_sends_a_dead_letter_once_more(now, consumer):
    message_id, at = give_up(now)
    services.retry(message_id=message_id, actor=OPERATOR, at=at)
    assert (only().state, only().attempts) == ("waiting", 0)
    assert [(e.action, e.actor_label) for e in events(subject=f"message:{message_id}")] == [
        ("outbox.retried", "Olu Perera"),
        ("outbox.gave_up", "outbox"),
    ]
    consumer.task(send(at))
    assert only().state == "done"


@pytest.mark.django_db
def test_only_a_dead_letter_is_retried(now, consumer):
    enqueue(now)
    message = only()
    for act in (lambda: None, lambda: send(now), lambda: consumer.task(message.id)):
        act()
        before = only()
        with pytest.raises(NotAllowedNow):
            services.retry(message_id=message.id, actor=OPERATOR, at=now)
        assert only() == before
    with pytest.raises(services.NoSuchMessage):
        services.retry(message_id=message.id + 1, actor=OPERATOR, at=now)
    assert events(action="outbox.") == []


# --- what got lost on the way


@pytest.mark.django_db
def test_a_message_that_was_sent_and_never_finished_is_sent_again(now, consumer):
    enqueue(now)
    message_id = send(now)
    assert services.resend_lost(at=now + LONG, after=LONG) == 0
    late = now + LONG + timedelta(seconds=1)
    assert services.resend_lost(at=late, after=LONG) == 1
    assert send(late) == message_id
    assert only().attempts == 2
    consumer.task(message_id)
    assert services.resend_lost(at=late + timedelta(days=1), after=LONG) == 0


@pytest.mark.django_db
def test_a_message_that_kills_every_worker_is_given_up_in_the_end(now):
    enqueue(now)
    at = now
    for _ in range(services.MAX_ATTEMPTS - 1):
        send(at)
        at += LONG + timedelta(seconds=1)
        assert services.resend_lost(at=at, after=LONG) == 1
    send(at)
    assert services.resend_lost(at=at + timedelta(hours=1), after=LONG) == 0
    message = only()
    assert (message.state, message.attempts) == ("dead", services.MAX_ATTEMPTS)
    assert "never finished" in message.last_error
    (event,) = events(subject=f"message:{message.id}")
    assert event.action == "outbox.gave_up"


@pytest.mark.django_db
def test_operators_see_counts_the_oldest_that_waits_and_what_is_unfinished(now, consumer):
    for number in range(3):
        enqueue(now + timedelta(seconds=number), key=f"greet:{number}")
    with transaction.atomic():
        (first,) = services.claim_due(at=now)
    assert selectors.counts() == {"waiting": 2, "sent": 1}
    assert (selectors.unfinished(), selectors.oldest_waiting()) == (3, now + timedelta(seconds=1))
    consumer.task(first.message_id)
    assert selectors.counts() == {"waiting": 2}
    assert [m.key for m in selectors.messages(state="done")] == ["greet:0"]
    assert connection.in_atomic_block
