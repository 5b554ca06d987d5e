"""
Access tokens at the API's door: who a token speaks for, what its scopes leave of that, and how often one may ask.

A scope belongs to the address, not to the view's own question of the permission table: both must say yes.
"""

import logging
import time
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from portal.access import services
from portal.access.facts import Bearer
from portal.accounts import selectors, sessions
from portal.accounts.models import User
from portal.domain.canonical import sha256_hex
from portal.domain.errors import NotAllowed

SCHEME = "bearer"
WINDOW_SECONDS = 60
READING = ("GET", "HEAD", "OPTIONS")
log = logging.getLogger("portal.api")

AREAS = {
    "profile": (
        "api-me",
        "api-investor-me",
        "api-investor-kyc",
        "api-investor-accreditation",
        "api-investor",
    ),
    "books": ("api-accounts", "api-entries"),
    "funding": ("api-deposits", "api-bank-accounts", "api-withdrawals", "api-withdrawal"),
    "offerings": ("api-offerings", "api-offering"),
    "data-room": ("api-data-room", "api-data-room-paper"),
    "subscriptions": ("api-subscriptions", "api-subscription"),
    "holdings": ("api-holdings",),
    "cap-table": ("api-cap-table",),
    "indices": (
        "api-indices",
        "api-index",
        "api-index-levels",
        "api-index-rebalances",
        "api-index-rebalance",
    ),
    "index-orders": ("api-index-orders", "api-index-order", "api-index-order-cancel"),
}
"""Area of a scope -> names of addresses. No token opens an address that stands nowhere here."""
AREA_OF = {name: area for area, names in AREAS.items() for name in names}


class ScopeMissing(NotAllowed):
    """The token was not given this scope."""

    code = "scope-missing"


class NotForTokens(NotAllowed):
    """Nobody has said which scope opens this."""

    code = "not-for-tokens"


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer pat_…` or `mct_…`; stands before the session, which then counts for nothing."""

    def authenticate(self, request: Request) -> tuple[User, Bearer] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        bearer = services.authenticate(
            token=token.strip()[:2000], address=sessions.address_of(request), at=timezone.now()
        )
        user = User.objects.get(pk=bearer.user_id)
        plain = request._request
        plain.access_token = bearer.public_id  # type: ignore[attr-defined]
        if bearer.machine:
            # A program is no investor, whatever else is true of whoever holds no role in the house.
            plain._accounts_principal = (user.pk, replace(selectors.principal_of(user), investor=False))  # type: ignore[attr-defined]
        return user, bearer

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description names it."""

    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal token (Access to the API, on the portal), or a machine's from /api/v1/oauth/token.",
        }


class WithinScopes(BasePermission):
    """What comes with a token stays within its scopes; a browser's session has none and is not narrowed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """raises  ScopeMissing, NotForTokens"""
        if not isinstance(request.auth, Bearer):
            return True
        match = request.resolver_match
        area = AREA_OF.get(match.url_name or "") if match else None
        if area is None:
            raise NotForTokens("No token opens this address.", next_step="Sign in on the portal.")
        needed = f"{'read' if request.method in READING else 'write'}:{area}"
        if needed not in request.auth.scopes:
            held = ", ".join(sorted(request.auth.scopes))
            raise ScopeMissing(
                f"This needs the scope {needed}; the token has {held}.",
                next_step=f"Make a token with {needed}. Nothing was changed.",
            )
        return True


class Paced(BaseThrottle):
    """
    API_RATE_PER_MINUTE requests in a minute for each token, person, or (unknown) address. Counted in the cache, so
    that a read writes no row; where the cache does not answer, requests pass.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        limit, now = settings.API_RATE_PER_MINUTE, time.time()
        window = int(now) // WINDOW_SECONDS
        self.rest = WINDOW_SECONDS - int(now) % WINDOW_SECONDS
        name = f"api-rate:{sha256_hex(_whose(request).encode())[:32]}:{window}"
        try:
            cache.add(name, 0, 2 * WINDOW_SECONDS)
            count = cache.incr(name)
        except Exception:
            # Whichever cache it is, each has errors of its own; none of them is the caller's.
            log.warning("Requests are not counted: the cache does not answer", exc_info=True)
            return True
        request._request.api_rate = (limit, max(limit - count, 0), self.rest)  # type: ignore[attr-defined]
        return bool(count <= limit)

    def wait(self) -> float:
        return float(self.rest)


def _whose(request: Request) -> str:
    if isinstance(request.auth, Bearer):
        return f"token:{request.auth.public_id}"
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{sessions.address_of(request)}"
