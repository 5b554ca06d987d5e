"""Step-up: what moves money or ownership wants to know once more who is there."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from portal.accounts import sessions
from portal.domain.errors import NotAllowed


class StepUpRequired(NotAllowed):
    """The last proof of who is there is too old for what is asked."""

    code = "step-up-required"


class TokenNotEnough(NotAllowed):
    """No token stands for a person who has just shown who he is."""

    code = "step-up-required"


def require_recent(request: HttpRequest) -> None:
    """
    For the API, and for views that know only after parsing whether money moves.

    raises  StepUpRequired, TokenNotEnough
    """
    if sessions.token_of(request):
        raise TokenNotEnough(
            "This moves money or ownership, and wants a person who has just shown who he is; no access token can.",
            next_step="Do it on the portal. Nothing was changed.",
        )
    if not sessions.recently_authenticated(request, at=timezone.now()):
        minutes = settings.STEP_UP_SECONDS // 60
        raise StepUpRequired(
            f"This moves money or ownership, and it is more than {minutes} minutes since you showed who you are.",
            next_step=f"Confirm at {reverse('account_reauthenticate')} and send it again. Nothing was changed.",
        )


def step_up(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """
    For pages: lets the request through when the person was authenticated within STEP_UP_SECONDS; else asks him
    to confirm, and then goes on with the very request: a form that was sent is not lost (unless its address has a
    query, by which allauth cannot tell it again).
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if sessions.recently_authenticated(request, at=timezone.now()):
            return view(request, *args, **kwargs)
        if getattr(request, "htmx", False):
            back = urlsplit(request.headers.get("HX-Current-URL", "/")).path
            where = f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}"
            return HttpResponse(status=204, headers={"HX-Redirect": where})
        raise ReauthenticationRequired

    return guarded
