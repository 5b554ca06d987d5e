"""
The pages of webhooks, alike for an investor and for an issuer: whose they are, and where they lead, is the front door's.
"""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.forms import add_refusal
from portal.http.keys import EndpointForm
from portal.http.once import shown_once
from portal.webhooks import formats, selectors, services

ACTS = ("test", "enable", "remove")
DONE = {
    "test": _("A test is on its way. Look again in a moment."),
    "enable": _("Enabled. What it missed meanwhile is not made up for; replay what you need."),
    "remove": _("Removed. Nothing is sent there any more."),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """
    owner   "organisation:<uuid>" or "investor:<uuid>"; the view has asked for the right to act for it
    prefix  of the names of its addresses: "" or "console:"
    args    that all its addresses begin with
    layout  the template around its pages
    """

    owner: str
    prefix: str
    args: tuple[UUID, ...]
    layout: str

    def to(self, name: str, *args: UUID) -> str:
        return reverse(f"{self.prefix}{name}", args=[*self.args, *args])

    @property
    def types(self) -> dict[str, str]:
        ours = self.owner.startswith("organisation:")
        return dict(formats.FOR_ORGANISATIONS if ours else formats.FOR_INVESTORS)


def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The endpoints, and the form for another."""
    return _listing(request, desk, EndpointForm(types=desk.types))


def add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The new endpoint's secret, this once."""
    form = EndpointForm(request.POST, types=desk.types)
    if form.is_valid():
        try:
            made = services.add_endpoint(
                owner=desk.owner,
                user_id=request.user.pk,
                actor=actor_of(request),
                at=timezone.now(),
                **form.cleaned_data,
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _shown(request, desk, made.endpoint.id, made.endpoint.url, made.secret)
    return _listing(request, desk, form)


def page(request: HttpRequest, desk: Desk, endpoint_id: UUID) -> HttpResponse:
    """One endpoint with its log of deliveries."""
    found = selectors.endpoint(endpoint_id, owner=desk.owner)
    context = {
        "layout": desk.layout,
        "back": desk.to("webhooks"),
        "one": found,
        "types": [desk.types.get(one, one) for one in found.types],
        "rotating": found.previous_until is not None and found.previous_until > timezone.now(),
        "deliveries": [
            (one, desk.to("webhook-replay", one.id) if one.state in ("delivered", "failed") else "")
            for one in selectors.deliveries(endpoint_id=found.id)
        ],
        "rotate": desk.to("webhook-rotate", found.id),
        "acts": {act: desk.to("webhook-act", found.id) for act in ACTS},
    }
    return render(request, "portal/keys/webhook.html", context)


def rotate(request: HttpRequest, desk: Desk, endpoint_id: UUID) -> HttpResponse:
    """The next secret, this once."""
    made = services.rotate_secret(
        endpoint_id=endpoint_id, owner=desk.owner, actor=actor_of(request), at=timezone.now()
    )
    return _shown(request, desk, endpoint_id, made.endpoint.url, made.secret)


def act(request: HttpRequest, desk: Desk, endpoint_id: UUID) -> HttpResponse:
    """Test, enable or remove."""
    chosen = request.POST.get("act", "")
    doing = {
        "test": services.send_test,
        "enable": services.enable_endpoint,
        "remove": services.remove_endpoint,
    }.get(chosen)
    there = desk.to("webhook", endpoint_id)
    if doing is None:
        return HttpResponseRedirect(there)
    doing(endpoint_id=endpoint_id, owner=desk.owner, actor=actor_of(request), at=timezone.now())
    messages.success(request, DONE[chosen])
    return HttpResponseRedirect(desk.to("webhooks") if chosen == "remove" else there)


def replay(request: HttpRequest, desk: Desk, delivery_id: UUID) -> HttpResponse:
    """The same message once more."""
    services.replay(delivery_id=delivery_id, owner=desk.owner, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("The message is on its way again, with the same id."))
    return HttpResponseRedirect(desk.to("webhooks"))


def _listing(request: HttpRequest, desk: Desk, form: EndpointForm) -> HttpResponse:
    found = selectors.endpoints(owner=desk.owner)
    context = {
        "layout": desk.layout,
        "form": form,
        "rows": [(one, desk.to("webhook", one.id)) for one in found],
        "add": desk.to("webhook-add"),
    }
    return render(request, "portal/keys/webhooks.html", context, status=422 if form.errors else 200)


def _shown(request: HttpRequest, desk: Desk, endpoint_id: UUID, url: str, secret: str) -> HttpResponse:
    there = desk.to("webhook", endpoint_id)
    context = {"layout": desk.layout, "back": there, "name": url, "shown": [(_("Signing secret"), secret)]}
    return shown_once(render(request, "portal/keys/shown.html", context), leads_to=there)
