"""What this request's session shows: who acts, from where, with which factors, and since when."""

from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from portal.accounts import selectors
from portal.accounts.facts import Principal
from portal.accounts.models import User
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex

SECOND_FACTORS = frozenset({"totp", "webauthn", "recovery_codes"})
DEMO_METHOD = "demonstration"
_SEEN, _BEGAN = "portal_seen_at", "portal_began_at"
_SEEN_EVERY = timedelta(seconds=60)


def actor_of(request: HttpRequest) -> Actor:
    """Whom the audit trail names for what this request does."""
    if not isinstance(request.user, User):
        return Actor(kind="user", id="anonymous", origin=address_of(request))
    where = {"origin": address_of(request), "session": token_of(request) or public_session_id(request)}
    if not principal(request).roles:
        return Actor.unnamed(request.user.pk, **where)
    return Actor(kind="user", id=str(request.user.pk), label=request.user.name, **where)


def principal(request: HttpRequest) -> Principal:
    """Whom permissions judge in this request; read once for each."""
    known = getattr(request, "_accounts_principal", None)
    if known is None or known[0] != request.user.pk:
        known = (request.user.pk, selectors.principal_of(request.user))
        request._accounts_principal = known  # type: ignore[attr-defined]
    found: Principal = known[1]
    return found


def token_of(request: HttpRequest) -> str:
    """Public id of the access token that the request came with; "" for a browser's session."""
    return str(getattr(request, "access_token", ""))


def address_of(request: HttpRequest) -> str:
    """The client's address; what a proxy wrote counts only where settings say that there is one."""
    forwarded = request.headers.get("x-forwarded-for", "").split(",")
    trusted = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if trusted and len(forwarded) >= trusted:
        return forwarded[-trusted].strip()[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def public_session_id(request: HttpRequest) -> str:
    """Names the session in the trail without being able to open it."""
    key = request.session.session_key
    return sha256_hex(key.encode())[:16] if key else ""


def methods_of(request: HttpRequest) -> list[dict[str, Any]]:
    """How the present user has authenticated in this session, oldest first."""
    return list(get_authentication_records(request, request.user))


def has_two_factors(request: HttpRequest) -> bool:
    """
    True when a second factor was shown in this very session. Owning a device is not enough; a passkey that
    verified its user is two factors by itself. A demonstration sign-in counts in demonstration mode only.
    """
    return any(_is_strong(one) for one in methods_of(request))


def is_demonstration(request: HttpRequest) -> bool:
    return settings.DEMO_MODE and any(one.get("method") == DEMO_METHOD for one in methods_of(request))


def recently_authenticated(request: HttpRequest, *, at: datetime) -> bool:
    """
    True when the person has shown who he is within the last STEP_UP_SECONDS; with a second factor, for roles
    that need one. Never true of a token: whoever holds it has shown nothing, whatever session comes along.
    """
    if token_of(request):
        return False
    if is_demonstration(request):
        return True
    strong_only = principal(request).needs_second_factor
    since = at.timestamp() - settings.STEP_UP_SECONDS
    return any(
        since <= float(one.get("at", 0)) <= at.timestamp() + 60
        for one in methods_of(request)
        if _is_strong(one) or not strong_only
    )


def is_over(request: HttpRequest, *, at: datetime) -> bool:
    """True when a staff session has been idle, or has lasted, for too long."""
    seen, began = request.session.get(_SEEN), request.session.get(_BEGAN)
    if seen is None or began is None:
        return False
    return (at - _instant(seen)).total_seconds() > settings.STAFF_IDLE_SECONDS or (
        at - _instant(began)
    ).total_seconds() > settings.SESSION_COOKIE_AGE


def touch(request: HttpRequest, *, at: datetime) -> None:
    """Note that the session is in use; written once a minute at the most."""
    if _BEGAN not in request.session:
        first = min((float(one["at"]) for one in methods_of(request) if "at" in one), default=at.timestamp())
        request.session[_BEGAN] = first
    seen = request.session.get(_SEEN)
    if seen is None or at - _instant(seen) >= _SEEN_EVERY:
        request.session[_SEEN] = at.timestamp()


def _is_strong(one: dict[str, Any]) -> bool:
    if one.get("method") == DEMO_METHOD:
        return bool(settings.DEMO_MODE)
    return one.get("method") == "mfa" and one.get("type") in SECOND_FACTORS


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
