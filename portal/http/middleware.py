"""What every answer carries, and what becomes of a refusal."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse

from portal.domain.errors import Invalid, Refused
from portal.http.views import busy, refusal

Next = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    [
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "img-src 'self' data:",
    ]
)
POWERS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


class ContentSecurityPolicy:
    """
    Nothing but what this site serves itself, no inline style or script, no frames, no powers of the browser.

    A view may say less with its own header (a download says default-src 'none'); none may say more.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", POWERS)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.path.startswith(settings.STATIC_URL):
            return response
        # What one person sees must not be kept by a shared cache or shown after signing out.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class ReadableCookies:
    """
    A cookie that spells a NUL (quoted, as an octal escape) is as good as none: no session could be looked up by it.

    Stands before the sessions.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\x00" in name + value]:
            del request.COOKIES[name]
        return self.get_response(request)


class Unreadable(Invalid):
    """The address or a field holds a character that no text here may hold."""

    code = "unreadable"
    status = 400


class Refusals:
    """A refusal raised anywhere below becomes its page; a database that is busy becomes a page that says so."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return refusal(
                request,
                Unreadable(
                    "The address holds a NUL character, which no text here may hold.",
                    next_step="Remove it, or start from the home page.",
                ),
            )
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Forms say it field by field; this is for whatever a view takes from a page without one. The API
        has its parser, and signing in is forms throughout."""
        if request.method != "POST" or request.path.startswith(("/api/", "/accounts/")):
            return None
        for name, values in request.POST.lists():
            if any("\x00" in value for value in values):
                return refusal(
                    request,
                    Unreadable(
                        f'The field "{name}" holds a NUL character, which no text here may hold. Nothing was changed.',
                        field=name,
                        next_step="Remove it and send the form again.",
                    ),
                )
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Refused):
            return refusal(request, error)
        if isinstance(error, OperationalError):
            return busy(request)
        return None
