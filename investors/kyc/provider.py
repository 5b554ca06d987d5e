"""
The port to an outside identity provider. Without one (the default) officers look at the papers themselves.

The HTTP adapter speaks the small protocol of docs/identity-provider.md; a provider that speaks another is reached by
a second class with the same method.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from django.conf import settings

from portal.domain.errors import Refused

LARGEST_ANSWER = 64 * 1024


class ProviderUnavailable(Exception):
    """No answer in time, or one that says to come again: the call is made again later."""


class ProviderRefused(Refused):
    """The provider will not do it however often it is asked."""

    code = "identity-provider-refused"


@dataclass(frozen=True, slots=True)
class Order:
    """
    What the provider is told.

    check_id      ours; also the idempotency key, so that a call made twice starts one check
    born          ISO date, or "" where unknown
    callback_url  where it sends the signed result
    """

    check_id: str
    name: str
    born: str
    country: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class Started:
    """reference: theirs. continue_url: where the person goes on with them, "" where nowhere."""

    reference: str
    continue_url: str = ""


class Provider(Protocol):
    """Whoever can start a check."""

    def start(self, order: Order) -> Started:
        """raises  ProviderUnavailable, ProviderRefused"""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Personal data goes to the address that was configured and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class HttpProvider:
    """One POST to `<url>/checks`, answered within `seconds`."""

    url: str
    token: str
    seconds: float

    def start(self, order: Order) -> Started:
        """raises  ProviderUnavailable, ProviderRefused"""
        request = urllib.request.Request(  # noqa: S310 - settings admit http and https only
            f"{self.url.rstrip('/')}/checks",
            data=json.dumps(asdict(order)).encode(),
            method="POST",
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": order.check_id,
            },
        )
        # No proxies from the environment either: what is sent is personal.
        opener = urllib.request.build_opener(NoRedirects, urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + self.seconds
        try:
            with opener.open(request, timeout=self.seconds) as answer:
                return _started(_read(answer, deadline))
        except urllib.error.HTTPError as error:
            if error.code >= 500 or error.code in (408, 409, 425, 429):
                raise ProviderUnavailable(f"The identity provider answered {error.code}.") from error
            raise ProviderRefused(f"The identity provider refused with {error.code}.") from error
        except (OSError, TimeoutError, urllib.error.URLError, ValueError) as error:
            raise ProviderUnavailable(
                f"The identity provider did not answer: {type(error).__name__}."
            ) from error


def configured() -> Provider | None:
    """The provider of the settings; None for the built-in manual review."""
    if not settings.IDENTITY_PROVIDER_URL:
        return None
    return HttpProvider(
        settings.IDENTITY_PROVIDER_URL,
        settings.IDENTITY_PROVIDER_TOKEN,
        settings.IDENTITY_PROVIDER_TIMEOUT_SECONDS,
    )


def _read(answer: Any, deadline: float) -> bytes:
    """The whole answer, within its limits of size and time: a server that drips holds no worker."""
    got = b""
    while chunk := answer.read1(8192):
        got += chunk
        if len(got) > LARGEST_ANSWER:
            raise ProviderRefused(f"The identity provider's answer is larger than {LARGEST_ANSWER} bytes.")
        if time.monotonic() > deadline:
            raise TimeoutError
    return got


def _started(body: bytes) -> Started:
    try:
        answer = json.loads(body)
        reference, there = answer["reference"], answer.get("continue_url") or ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProviderRefused("The identity provider's answer names no reference.") from error
    if not isinstance(reference, str) or not 1 <= len(reference) <= 100 or not reference.isprintable():
        raise ProviderRefused("The identity provider's answer names no reference.")
    if not isinstance(there, str) or len(there) > 500 or not _is_web_address(there):
        raise ProviderRefused("The identity provider's answer leads to no web address.")
    return Started(reference, there)


def _is_web_address(text: str) -> bool:
    if not text:
        return True
    try:
        parts = urllib.parse.urlsplit(text)
    except ValueError:
        return False
    local = parts.hostname in ("localhost", "127.0.0.1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))
