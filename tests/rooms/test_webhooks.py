"""Webhooks against a receiver that is another process: signed, tried again, never sent into a private network."""

import json
import socket
import ssl
import time
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from threading import Thread
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from portal.audit.sequencer import seal_all
from portal.audit.services import record
from portal.audit.verify import verify_rows
from portal.domain.lifecycle import NotAllowedNow
from portal.outbox.models import Message
from portal.outbox.services import resend_lost
from portal.webhooks import selectors, sending, services
from portal.webhooks.formats import WAITS
from portal.webhooks.models import Attempt, Delivery, Endpoint
from tests import processes
from tests.factories import accounts


class Receiver:
    def __init__(self, folder):
        self.port = processes.free_port()
        self.program = processes.Program(
            "receiver", ["-P", "tests/webhook_receiver.py", str(self.port)], folder=folder,
            ready=lambda _: processes.answers(f"{self.base}/got"), extra={},
        )  # fmt: skip
        self.base = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.base}/hook"

    def behave(self, mode):
        urllib.request.urlopen(f"{self.base}/behave", json.dumps({"mode": mode}).encode(), timeout=5).read()

    def got(self):
        return json.loads(urllib.request.urlopen(f"{self.base}/got", timeout=5).read())


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


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://",
        "https://user:pass@example.com/",
        "https://127.0.0.1/",
        "https://10.0.0.1:8443/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://example.com:22/",
        "https://example.com:99999/",
        "ftp://example.com/",
        "https://example.com/ x",
        "https://example.com\\@127.0.0.1/",
        "javascript:alert(1)",
        "https://" + "a" * 500 + ".example/",
    ],
)
def test_an_address_that_is_no_public_https_address_is_refused(db, url):
    user = accounts.person()
    with pytest.raises(sending.BadTarget) as refused:
        services.add_endpoint(
            owner=f"investor:{uuid4()}", user_id=user.id, url=url, types=["deposit.recorded"],
            actor=accounts.actor(user), at=timezone.now(),
        )  # fmt: skip
    assert refused.value.field == "url"
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
     "2002:7f00:1::", "fec0::1", "64:ff9b:1::1", "::7f00:1", "2001:db8::1"],
)  # fmt: skip
def test_no_private_address_is_reached_however_it_is_written(address):
    assert not sending.may_reach(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_reached(address):
    assert sending.may_reach(ip_address(address))


def test_a_name_that_leads_inside_is_refused_even_when_one_of_its_addresses_is_public(monkeypatch):
    def both(host, port, **_):
        return [(2, 1, 6, "", (one, port)) for one in ("93.184.215.14", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    answer = sending.post(url="https://rebinding.example/", body="{}", headers={})
    assert (answer.status, answer.error) == (0, "The host leads into a private network.")


def test_the_name_is_resolved_once_and_that_address_is_used(receiver, monkeypatch):
    asked = []

    def first_here_then_elsewhere(host, port, **_):
        asked.append(host)
        return [
            (
                socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                ("127.0.0.1" if len(asked) == 1 else "192.0.2.1", port),
            )
        ]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: (
            first_here_then_elsewhere(host, *a[:1]) if "rebind" in str(host) else real(host, *a, **k)
        ),
    )
    answer = sending.post(url=f"http://rebind.example:{receiver.port}/hook", body="{}", headers={})
    assert (answer.status, asked) == (204, ["rebind.example"])


@pytest.fixture
def shielded(tmp_path, settings, monkeypatch):
    """A TLS server for hooks.example on the loopback interface; every *.example leads to it."""
    settings.WEBHOOK_ALLOW_PRIVATE, settings.WEBHOOK_TIMEOUT_SECONDS = True, 5.0
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")]), timezone.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    held = tmp_path / "hooks.pem"
    held.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(held))
    server = HTTPServer(("127.0.0.1", 0), type("Hook", (BaseHTTPRequestHandler,), {"do_POST": accepted}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(held)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.server_port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)
    yield server.server_port
    server.shutdown()
    server.server_close()


def accepted(handler):
    handler.rfile.read(int(handler.headers["Content-Length"]))
    handler.send_response(204)
    handler.end_headers()


@pytest.mark.parametrize(
    ("host", "status", "error"),
    [("hooks.example", 204, ""), ("other.example", 0, "No answer: SSLCertVerificationError.")],
)
def test_the_certificate_must_be_that_of_the_name(shielded, host, status, error):
    answer = sending.post(url=f"https://{host}:{shielded}/", body="{}", headers={})
    assert (answer.status, answer.error) == (status, error)


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
