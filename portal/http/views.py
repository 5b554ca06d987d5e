"""Pages of refusal: what happened, what did not happen, what to do now."""

import logging
import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from portal.domain.errors import Conflict, NotAllowed, NotFound, Refused
from portal.http import problems

log = logging.getLogger("portal.http")


class Busy(Refused):
    """The database did not answer in time. The transaction was rolled back."""

    code = "busy"
    status = 503


class FormExpired(NotAllowed):
    """The page's one-time token does not fit the session."""

    code = "form-expired"


class NoSuchPage(NotFound):
    code = "no-such-page"


class NotUnderstood(Refused):
    code = "not-understood"
    status = 400


class Unexpected(Refused):
    """Something that should not happen did. Its details are in the log, not on the page."""

    code = "unexpected"
    status = 500


TITLES = {
    400: "Not understood",
    403: "Not allowed",
    404: "Not found",
    409: "Not now",
    422: "Refused",
    429: "Too many requests",
    503: "The books are busy",
}


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The refusal as the reader can take it: problem+json for the API, a fragment for htmx, else a page."""
    if wants_json(request):
        return JsonResponse(
            problems.of_refusal(refused), status=refused.status, content_type=problems.MEDIA_TYPE
        )
    console = getattr(request, "console", None)
    template = "errors/_refusal.html" if getattr(request, "htmx", False) else "errors/refusal.html"
    return render(
        request,
        template,
        {
            "refused": refused,
            "heading": TITLES.get(refused.status, "Refused"),
            "decision": getattr(refused, "decision", None),
            "layout": "console.html" if console and request.user.is_authenticated else "base.html",
            "back": request.headers.get("Referer", "") if isinstance(refused, Conflict) else "",
        },
        status=refused.status,
    )


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def busy(request: HttpRequest) -> HttpResponse:
    """The database did not answer in time. The page asks it nothing more."""
    log.warning("The database did not answer in time: %s %s", request.method, request.path, exc_info=True)
    refused = Busy(
        _("The database did not answer in time. Nothing was changed."),
        next_step=_("Wait a few seconds and send it again."),
    )
    if wants_json(request):
        response: HttpResponse = JsonResponse(
            problems.of_refusal(refused), status=503, content_type=problems.MEDIA_TYPE
        )
    else:
        context = {"refused": refused, "site": {"name": settings.SITE_NAME}}
        response = HttpResponse(loader.render_to_string("errors/503.html", context), status=503)
    response["Retry-After"] = "5"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(
        request,
        NotUnderstood(
            _("This request could not be understood. Nothing was changed."),
            next_step=_("Open the page anew and try again."),
        ),
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, NotAllowed(_("You may not open this page.")))


def not_found(request: HttpRequest, exception: Exception | Http404) -> HttpResponse:
    return refusal(
        request,
        NoSuchPage(
            _("There is nothing at this address, or nothing that you may see."),
            next_step=_("Check the address, or start from the home page."),
        ),
    )


def failed(request: HttpRequest) -> HttpResponse:
    """The last resort. It asks neither the database nor the session, since either may be what failed."""
    reference = secrets.token_hex(4)
    log.error("Answered %s %s with reference %s", request.method, request.path, reference)
    if wants_json(request):
        return JsonResponse(problems.unexpected(reference), status=500, content_type=problems.MEDIA_TYPE)
    context = {"reference": reference, "site": {"name": settings.SITE_NAME}}
    return HttpResponse(loader.render_to_string("errors/500.html", context), status=500)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, or with the token of an earlier session."""
    log.info("CSRF refused: %s %s: %s", request.method, request.path, reason)
    return refusal(
        request,
        FormExpired(
            _("This form was opened in another session, so it was not accepted. Nothing was changed."),
            next_step=_("Open the page anew, check what you entered, and send it again."),
        ),
    )
