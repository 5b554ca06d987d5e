"""Who does it, as services want it: made once from the request."""

from django.http import HttpRequest

from portal.accounts.sessions import address_of
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
        origin=address_of(request),
        session=sha256_hex(session_key.encode())[:16] if session_key else "",
    )
