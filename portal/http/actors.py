"""Who does it, as services want it: made once from the request."""

from django.conf import settings
from django.http import HttpRequest

from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex


def actor_of(request: HttpRequest) -> Actor:
    """
    The signed-in person as an actor; an anonymous visitor has the id "anonymous".

    The session is told by a hash, so that the audit trail never holds what would open it.
    """
    session_key = getattr(getattr(request, "session", None), "session_key", None) or ""
    user = request.user
    return Actor(
        kind="user",
        id=str(user.pk) if user.is_authenticated else "anonymous",
        label=str(user) if user.is_authenticated else "",
        origin=origin_of(request),
        session=sha256_hex(session_key.encode())[:16] if session_key else "",
    )


def origin_of(request: HttpRequest) -> str:
    """
    The visitor's address. Behind a proxy that we were told of it is the last one that the proxy wrote down:
    whatever stands before it came from the visitor and could be anything.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]
