"""
One POST to somebody else's address, and nowhere else: the name is resolved once, every address it has must be a
public one, and the connection goes to that very address. No redirect is followed, and no body is read.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from portal.domain.errors import Invalid
from portal.webhooks.facts import Answer

CONNECT_SECONDS = 5.0
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadTarget(Invalid):
    """Not an address that messages are sent to."""

    code = "bad-webhook-url"


def check_url(url: str) -> SplitResult:
    """
    The parts of an address as it is written; where it leads is asked at each sending.

    raises  BadTarget
    """
    if len(url) > 500 or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise BadTarget(
            "The address has at most 500 printable ASCII characters, without spaces.", field="url"
        )
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise BadTarget("This is not an address (URL).", field="url") from error
    allowed = ("https", "http") if settings.WEBHOOK_ALLOW_PRIVATE else ("https",)
    if parts.scheme not in allowed or not host:
        raise BadTarget("The address begins with https:// and names a host.", field="url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadTarget("The address has no user, password or fragment.", field="url")
    if not settings.WEBHOOK_ALLOW_PRIVATE and (port or 443) < 1024 and (port or 443) != 443:
        raise BadTarget("The port is 443, or one from 1024.", field="url")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    if literal is not None and not may_reach(literal):
        raise BadTarget("The address is of a private network.", field="url")
    return parts


def may_reach(address: Address) -> bool:
    """Public unicast only; an IPv4 address inside an IPv6 one counts as what it is."""
    if settings.WEBHOOK_ALLOW_PRIVATE:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return may_reach(inner)
        if address.is_site_local or address in LOCAL_NAT64:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int) -> str:
    """
    The one address that is connected to.

    raises  BadTarget where the name has none, or any that is not public
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadTarget("The host has no address.", field="url") from error
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not addresses or not all(may_reach(ipaddress.ip_address(one)) for one in addresses):
        raise BadTarget("The host leads into a private network.", field="url")
    return addresses[0]


def post(*, url: str, body: str, headers: Mapping[str, str]) -> Answer:
    """
    Send once and read the status. Never raises for what the other side does: an error is in the answer.

    The whole takes WEBHOOK_TIMEOUT_SECONDS at most, however slowly the other side drips.
    """
    began = time.monotonic()
    status, error = 0, ""
    connection: http.client.HTTPConnection | None = None
    over = threading.Event()
    try:
        parts = check_url(url)
        connection = _connection(parts)
        watch = threading.Timer(settings.WEBHOOK_TIMEOUT_SECONDS, _cut, args=(connection, over))
        watch.daemon = True
        watch.start()
        try:
            connection.connect()
            where = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", where, body=body.encode(), headers=dict(headers))
            status = connection.getresponse().status
        finally:
            watch.cancel()
    except BadTarget as refused:
        error = refused.message
    except (OSError, http.client.HTTPException, ValueError) as failure:
        late = over.is_set() or isinstance(failure, TimeoutError)
        error = "No answer in time." if late else f"No answer: {type(failure).__name__}."
    finally:
        if connection is not None:
            connection.close()
    return Answer(status, error, int((time.monotonic() - began) * 1000))


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(host, port)
    if parts.scheme == "https":
        return _PinnedTLS(host, port, address)
    return _Pinned(host, port, address)


class _Pinned(http.client.HTTPConnection):
    """Speaks to `address`, whatever the name leads to by now."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), CONNECT_SECONDS)
        self.sock.settimeout(settings.WEBHOOK_TIMEOUT_SECONDS)


class _PinnedTLS(_Pinned):
    """The certificate must be the name's, checked as a browser would."""

    default_port = 443

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        # The handshake comes after the socket is known, so that a slow one is cut like a slow answer.
        shielded = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = shielded
        shielded.do_handshake()


def _cut(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    over.set()
    if connection.sock is not None:
        with suppress(OSError):  # It may have ended by itself.
            # The plain method: that of TLS would take the machinery away from whoever is reading.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
