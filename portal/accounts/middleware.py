"""Every role but the investor's works with two factors shown in this session, and not for ever."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sites.requests import RequestSite
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone

from portal.accounts import selectors, sessions

# Where somebody who holds such a role may go before he has shown the second factor …
CONFIRMING = frozenset(
    {
        "account_logout",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "second_factor",
        "demo_sign_in",
        "javascript-catalog",
    }
)
# … and, as long as he has none at all, to set one up. Whoever has one may not add another on a password alone.
SETTING_UP = frozenset(
    {"account_reauthenticate", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn"}
)


class RequireSecondFactor:
    """
    Pages lead to an explanation, the API answers 403 and 401, before any view runs. Rights are read from the
    database for each request: a role granted or ended counts from the next one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not request.user.is_authenticated or not sessions.principal(request).needs_second_factor:
            return None
        now = timezone.now()
        if sessions.is_over(request, at=now):
            return _signed_out(request)
        sessions.touch(request, at=now)
        if sessions.has_two_factors(request) or self._may_pass(request):
            return None
        return _asked_for_second_factor(request)

    @staticmethod
    def _may_pass(request: HttpRequest) -> bool:
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in CONFIRMING:
            return True
        return name in SETTING_UP and not selectors.has_second_factor(request.user.pk)


def _signed_out(request: HttpRequest) -> HttpResponseBase:
    logout(request)
    told = "You were signed out: a session like yours ends after 15 minutes without use, or 12 hours in all."
    if _is_api(request):
        return _problem(401, "session-over", "The session is over", told)
    messages.info(request, told)
    return _to(request, reverse("account_login"))


def _asked_for_second_factor(request: HttpRequest) -> HttpResponseBase:
    if _is_api(request):
        return _problem(
            403,
            "second-factor-required",
            "A second factor is required",
            "Your role works with two factors. Show yours, or set one up, at "
            f"{reverse('second_factor')} and call again.",
        )
    return _to(request, reverse("second_factor"))


def _to(request: HttpRequest, page: str) -> HttpResponseBase:
    back = request.get_full_path() if request.method == "GET" else "/"
    where = f"{page}?{urlencode({'next': back})}"
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return HttpResponseRedirect(where)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: int, code: str, title: str, detail: str) -> JsonResponse:
    """RFC 9457; the front doors' own problem writer lies above this room."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return JsonResponse(body, status=status, content_type="application/problem+json")


class OwnSite:
    """allauth calls its host `site` in the context of its pages; ours mean the portal's own by that name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        if isinstance((response.context_data or {}).get("site"), RequestSite):
            del response.context_data["site"]
        return response
