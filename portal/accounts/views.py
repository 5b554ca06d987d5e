"""Pages of signing in that allauth does not have."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from portal.accounts import selectors, services, sessions
from portal.accounts.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class SignIn(LoginView):
    """allauth's page, with the offer of demonstration mode beside it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "demo_people": selectors.demo_people()}


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """One click to be somebody: in demonstration mode, and then only as one of the people whom the page offers."""
    if not settings.DEMO_MODE:
        raise Http404
    offered = {str(one.user_id) for one in selectors.demo_people()}
    chosen = request.POST.get("user_id", "")
    if chosen not in offered:
        messages.error(request, "This person is not among those offered.")
        return HttpResponseRedirect(reverse("account_login"))
    if request.user.is_authenticated:
        logout(request)
    person = User.objects.get(pk=UUID(chosen))
    login(request, person, backend=BACKEND)
    record_authentication(request, person, sessions.DEMO_METHOD)
    services.note(
        event="signed_in",
        user_id=person.pk,
        actor=sessions.actor_of(request),
        at=timezone.now(),
        methods=[sessions.DEMO_METHOD],
    )
    return HttpResponseRedirect(_next(request) or get_adapter(request).get_login_redirect_url(request))


@login_required
@require_GET
def second_factor(request: HttpRequest) -> HttpResponse:
    """Why a page was not opened, and the way to it."""
    onward = _next(request) or "/"
    if sessions.has_two_factors(request):
        return HttpResponseRedirect(onward)
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    return render(
        request,
        "account/second_factor.html",
        {
            "has_device": selectors.has_second_factor(request.user.pk),
            "methods": [one for one in methods if one["id"] != "reauthenticate"],
            "next": onward,
        },
    )


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign one browser out; the present one too, if it is chosen."""
    services.revoke_session(
        user_id=request.user.pk, session_id=session_id, actor=sessions.actor_of(request), at=timezone.now()
    )
    messages.success(request, "That browser is signed out.")
    return HttpResponseRedirect(reverse("usersessions_list"))


def _next(request: HttpRequest) -> str:
    """Where to go on, if it is on this site; else ""."""
    where = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(where, {request.get_host()}, require_https=request.is_secure())
    return where if safe else ""
