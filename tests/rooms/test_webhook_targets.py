"""Webhooks go to public addresses over TLS only, by a name that is resolved once."""

import socket
import ssl
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from threading import Thread
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.utils import timezone

from portal.webhooks import sending, services
from portal.webhooks.models import Endpoint
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
