"""Webhooks against a receiver that is another process: signed, tried again, never sent into a private network."""

import json
import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from portal.audit.sequencer import seal_all
from portal.audit.services import record
from portal.audit.verify import verify_rows
from portal.domain.lifecycle import NotAllowedNow
from portal.outbox.models import Message
from portal.outbox.services import resend_lost
from portal.webhooks import selectors, services
from portal.webhooks.formats import WAITS
from portal.webhooks.models import Attempt, Delivery, Endpoint
from tests.factories import accounts
from tests.factories.webhooks import Receiver


@pytest.fixture
def receiver(tmp_path, settings, monkeypatch):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.WEBHOOK_TIMEOUT_SECONDS = 1.0
    monkeypatch.setenv("WEBHOOK_ALLOW_PRIVATE", "1")
    made = Receiver(tmp_path)
    made.program.start()
    yield made
    made.program.kill()


class Party:
    """An organisation with an endpoint at the receiver."""

    def __init__(self, receiver, types=("offering.opened",)):
        self.organisation = accounts.issuer("Harborview")
        self.owner = f"organisation:{self.organisation.id}"
        self.user = accounts.person("Ada")
        self.actor = accounts.actor(self.user)
        self.new = services.add_endpoint(
            owner=self.owner,
            user_id=self.user.id,
            url=receiver.url,
            types=types,
            actor=self.actor,
            at=timezone.now(),
        )
        self.id = self.new.endpoint.id

    def test(self, at=None):
        return services.send_test(
            endpoint_id=self.id, owner=self.owner, actor=self.actor, at=at or timezone.now()
        )

    @property
    def asked(self):
        return {"owner": self.owner, "actor": self.actor, "at": timezone.now()}


@pytest.fixture
def party(db, receiver):
    return Party(receiver)


def tried(delivery_id, at=None):
    """The next try, as the outbox would have it done."""
    one = Delivery.objects.get(pk=delivery_id)
    services.deliver(delivery_id=one.pk, number=one.tries + 1, at=at or timezone.now())
    one.refresh_from_db()
    return one


def verified(secret, message):
    return Webhook(secret).verify(message["body"], message)


def happened(action, organisation=None, subject="", **facts):
    with transaction.atomic():
        record(
            actor=accounts.SETUP, action=action, subject=subject or f"offering:{uuid4()}", organisation=organisation,
            at=timezone.now(), **facts,
        )  # fmt: skip


def test_a_message_is_signed_and_says_ids_only(party, receiver):
    one = tried(party.test())
    assert (one.state, one.tries) == ("delivered", 1)
    (message,) = receiver.got()
    told = verified(party.new.secret, message)
    assert set(told) == {"type", "timestamp", "data"}
    assert told["type"] == "webhook.test"
    assert [str(UUID(value)) for value in told["data"].values()] == list(told["data"].values())
    assert message["webhook-id"] == selectors.message_id(one.pk)
    with pytest.raises(WebhookVerificationError):
        verified("whsec_" + "A" * 44, message)


def test_the_secret_is_sealed_and_in_no_event(party):
    assert party.new.secret not in str(Endpoint.objects.values().get())
    assert verify_rows("portal") == []


def test_while_a_secret_is_changed_both_sign(party, receiver):
    newer = services.rotate_secret(endpoint_id=party.id, **party.asked)
    assert newer.secret != party.new.secret
    tried(party.test())
    (message,) = receiver.got()
    assert verified(party.new.secret, message) == verified(newer.secret, message)
    later = timezone.now() + services.ROTATING + timedelta(minutes=1)
    one = Delivery.objects.get(pk=party.test(at=later))
    signatures = services._headers(one, later)["webhook-signature"].split()
    assert len(signatures) == 1


def test_after_a_failure_the_same_message_is_tried_later_and_later(party, receiver):
    receiver.behave("busy")
    delivery, at, waits = party.test(), timezone.now(), []
    for _ in range(len(WAITS) + 1):
        one = tried(delivery, at)
        if one.next_at:
            waits.append(one.next_at - at)
            at = one.next_at
    assert tuple(waits) == WAITS
    assert (one.state, one.tries, one.next_at) == ("failed", len(WAITS) + 1, None)
    assert len({message["webhook-id"] for message in receiver.got()}) == 1
    assert {message["body"] for message in receiver.got()} == {one.body}
    assert [done.status for done in selectors.deliveries(endpoint_id=party.id)[0].attempts] == [503] * 10


def test_410_ends_it(party, receiver):
    receiver.behave("gone")
    one = tried(party.test())
    assert one.state == "failed"
    assert selectors.endpoint(party.id, owner=party.owner).state == "disabled"
    with pytest.raises(services.EndpointNotActive):
        party.test()
    services.enable_endpoint(endpoint_id=party.id, **party.asked)
    assert party.test()


@pytest.mark.parametrize("mode", ["silent", "drips"])
def test_a_receiver_that_is_slow_costs_a_second_and_no_more(party, receiver, mode):
    receiver.behave(mode)
    began = time.monotonic()
    one = tried(party.test())
    assert time.monotonic() - began < 4
    assert (one.state, one.tries) == ("waiting", 1)
    assert Attempt.objects.get().error == "No answer in time."


def test_a_redirect_is_an_error_and_is_not_followed(party, receiver):
    receiver.behave("elsewhere")
    one = tried(party.test())
    assert (one.state, Attempt.objects.get().status) == ("waiting", 307)
    assert [message["path"] for message in receiver.got()] == ["/hook"]


def test_nobody_at_home_is_an_error_like_another(party, receiver):
    receiver.program.kill()
    assert tried(party.test()).state == "waiting"
    assert Attempt.objects.get().error == "No answer: ConnectionRefusedError."


def test_a_try_that_was_noted_is_not_made_again(party, receiver):
    delivery = party.test()
    tried(delivery)
    services.deliver(delivery_id=delivery, number=1, at=timezone.now())
    assert len(receiver.got()) == 1


def test_a_replay_sends_the_same_message_again(party, receiver):
    delivery = party.test()
    with pytest.raises(NotAllowedNow):
        services.replay(delivery_id=delivery, **party.asked)
    tried(delivery)
    services.replay(delivery_id=delivery, **party.asked)
    one = tried(delivery)
    assert (one.state, one.tries) == ("delivered", 2)
    first, second = receiver.got()
    assert (first["webhook-id"], first["body"]) == (second["webhook-id"], second["body"])


def test_an_investor_whose_account_is_closed_is_told_nothing(db, receiver):
    user, investor = accounts.person(), f"investor:{uuid4()}"
    services.add_endpoint(
        owner=investor, user_id=user.id, url=receiver.url, types=["deposit.recorded"], actor=accounts.actor(user),
        at=timezone.now(),
    )  # fmt: skip
    accounts.services.set_active(user_id=user.id, active=False, actor=accounts.SETUP, at=timezone.now())
    happened("deposit.recorded", subject=f"deposit:{uuid4()}", owner=investor)
    seal_all(at=timezone.now())
    services.fan_out(at=timezone.now())
    assert not Delivery.objects.exists()


def test_somebody_elses_endpoints_and_deliveries_do_not_exist(party):
    delivery, other = party.test(), f"organisation:{accounts.issuer().id}"
    asked = party.asked | {"owner": other}
    for call in (
        services.rotate_secret,
        services.remove_endpoint,
        services.enable_endpoint,
        services.send_test,
    ):
        with pytest.raises(selectors.NoSuchEndpoint):
            call(endpoint_id=party.id, **asked)
    with pytest.raises(services.NoSuchDelivery):
        services.replay(delivery_id=delivery, **asked)
    assert Endpoint.objects.get().state == "active"


def test_events_of_the_log_reach_whom_they_concern_once(db, receiver):
    ours = Party(receiver, types=("offering.opened", "offering.subscribed"))
    theirs = Party(receiver)
    investor = f"investor:{uuid4()}"
    mine = services.add_endpoint(
        owner=investor, user_id=ours.user.id, url=receiver.url, types=["deposit.recorded"], actor=ours.actor,
        at=timezone.now(),
    ).endpoint  # fmt: skip
    happened("offering.opened", ours.organisation.id)
    happened("offering.closed", ours.organisation.id)
    happened("deposit.recorded", subject=f"deposit:{uuid4()}", owner=investor, amount="100")
    happened("deposit.recorded", subject=f"deposit:{uuid4()}", owner=f"investor:{uuid4()}")
    happened("screening.match_found", subject=investor)
    seal_all(at=timezone.now())
    while services.fan_out(at=timezone.now()):
        pass
    services.fan_out(at=timezone.now())
    made = {(str(one.endpoint_id), one.type) for one in Delivery.objects.all()}
    assert made == {(str(ours.id), "offering.opened"), (str(mine.id), "deposit.recorded")}
    assert Delivery.objects.count() == Message.objects.filter(topic=services.TOPIC).count() == 2
    assert "100" not in json.loads(Delivery.objects.get(type="deposit.recorded").body)["data"].values()
    assert not Delivery.objects.filter(endpoint_id=theirs.id).exists()


@pytest.mark.slow
def test_a_worker_killed_while_it_sends_costs_a_second_copy_and_nothing_else(
    receiver, relay, celery_worker, monkeypatch
):
    monkeypatch.setenv("OUTBOX_RESEND_AFTER_SECONDS", "1")
    party = Party(receiver)
    receiver.behave("holds")
    relay()
    worker = celery_worker()
    delivery = party.test()
    deadline = time.monotonic() + 60
    while not receiver.got() and time.monotonic() < deadline:
        time.sleep(0.1)
    worker.kill()
    receiver.behave("well")
    what_was_lost_waits_again()
    worker.start()
    while Delivery.objects.get(pk=delivery).state != "delivered" and time.monotonic() < deadline:
        time.sleep(0.1)
    one = Delivery.objects.get(pk=delivery)
    assert (one.state, one.tries, Attempt.objects.count()) == ("delivered", 1, 1)
    assert {message["webhook-id"] for message in receiver.got()} == {selectors.message_id(delivery)}
    assert len(receiver.got()) >= 2


def what_was_lost_waits_again():
    """What beat does: whatever was sent and never finished waits again."""
    from_now = timezone.now() + timedelta(seconds=1)
    resend_lost(at=from_now, after=timedelta(0))
