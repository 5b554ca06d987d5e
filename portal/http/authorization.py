"""The one question that front doors ask of the permission table."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from portal.accounts import permissions, sessions
from portal.accounts.facts import Principal

View = Callable[..., HttpResponse]


def principal(request: HttpRequest) -> Principal:
    """Who asks, with the memberships in force now; read once per request."""
    return sessions.principal(request)


def allowed(request: HttpRequest, action: str, **facts: Any) -> bool:
    """May this person do this? Facts as portal.accounts.permissions.allowed takes them."""
    return permissions.allowed(principal(request), action, **facts)


def possible(request: HttpRequest, action: str) -> bool:
    """Might this person do this to something? For menus and links."""
    return permissions.possible(principal(request), action)


def require(request: HttpRequest, action: str, **facts: Any) -> Principal:
    """
    Let pass who may do this.

    raises  NotAllowed (403), or NotFound (404) where saying no would tell that the thing exists
    """
    who = principal(request)
    if not permissions.allowed(who, action, **facts):
        raise permissions.refusal(who, action, **facts)
    return who


def needs(action: str) -> Callable[[View], View]:
    """
    For a page: sign-in first, then the right to do this to something at all. A page about one thing also asks
    `require` with that thing's facts.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not possible(request, action):
                raise permissions.refusal(principal(request), action)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
