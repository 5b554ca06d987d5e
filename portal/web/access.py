"""A person's keys to the API: made after a recent sign-in, shown once, revoked at any time."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.access import selectors, services
from portal.accounts.stepup import step_up
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import possible, require
from portal.http.forms import add_refusal
from portal.http.keys import TokenForm
from portal.http.once import once, shown_once


@login_required
def access(request: HttpRequest) -> HttpResponse:
    """The keys, and the form for another."""
    return _page(request, TokenForm(scopes=selectors.SCOPES))


@require_POST
@login_required
@step_up
@once
def make(request: HttpRequest) -> HttpResponse:
    """The new key, this once."""
    require(request, "access_token.make")
    form = TokenForm(request.POST, scopes=selectors.SCOPES)
    if form.is_valid():
        try:
            made = services.make_token(
                user_id=request.user.pk, actor=actor_of(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            back = reverse("api-access")
            context = {"back": back, "name": made.token.name, "shown": [(_("Token"), made.secret)]}
            return shown_once(render(request, "portal/keys/shown.html", context), leads_to=back)
    return _page(request, form)


@require_POST
@login_required
@once
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """At once; no step-up, so that a leaked key is stopped without delay."""
    services.revoke_token(
        token_id=token_id, user_id=request.user.pk, actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, _("Revoked. It opens nothing any more."))
    return redirect("api-access")


def _page(request: HttpRequest, form: TokenForm) -> HttpResponse:
    now = timezone.now()
    found = selectors.tokens(user_id=request.user.pk)
    context = {
        "form": form,
        "rows": [(one, one.state(now)) for one in found],
        "live": sum(one.state(now) == "active" for one in found),
        "may_make": possible(request, "access_token.make"),
    }
    return render(request, "portal/keys/tokens.html", context, status=422 if form.errors else 200)
