"""An issuer's programs: clients of the API, and webhooks."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.access import selectors, services
from portal.accounts.selectors import organisation, organisations
from portal.accounts.stepup import step_up
from portal.domain.errors import Refused
from portal.domain.roles import OrganisationKind, Role
from portal.http import webhook_pages
from portal.http.actors import actor_of
from portal.http.authorization import principal, require
from portal.http.consoles import issuer_console
from portal.http.forms import add_refusal
from portal.http.keys import KeyForm
from portal.http.once import once, shown_once

SCOPES = {name: selectors.SCOPES[name] for name in selectors.FOR_MACHINES}
CLIENTS, WEBHOOKS = "machine_client.manage", "webhook.manage"


@issuer_console.page(
    "programs/", name="programs", action=CLIENTS, label="Programs", group="Company", icon="key", order=30
)
@require_safe
def programs(request: HttpRequest) -> HttpResponse:
    """The organisations that this person runs; one leads straight on."""
    own = principal(request).organisations(Role.ISSUER_ADMIN)
    found = [one for one in organisations(kind=OrganisationKind.ISSUER) if one.id in own]
    if len(found) == 1:
        return HttpResponseRedirect(reverse("console:clients", args=[found[0].id]))
    return render(request, "portal/keys/programs.html", {"rows": found})


@issuer_console.page("programs/<uuid:organisation_id>/clients/", name="clients", action=CLIENTS)
@require_safe
def clients(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    require(request, CLIENTS, organisation=organisation_id)
    return _clients(request, organisation_id, KeyForm(scopes=SCOPES))


@issuer_console.page("programs/<uuid:organisation_id>/clients/add/", name="client-add", action=CLIENTS)
@require_POST
@step_up
@once
def add_client(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The new client's id and secret, this once."""
    require(request, CLIENTS, organisation=organisation_id)
    form = KeyForm(request.POST, scopes=SCOPES)
    if form.is_valid():
        try:
            made = services.make_client(
                organisation_id=organisation_id,
                actor=actor_of(request),
                at=timezone.now(),
                **form.cleaned_data,
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            back = reverse("console:clients", args=[organisation_id])
            shown = [(_("Client id"), made.client.client_id), (_("Client secret"), made.secret)]
            context = {"layout": "console.html", "back": back, "name": made.client.name, "shown": shown}
            return shown_once(render(request, "portal/keys/shown.html", context), leads_to=back)
    return _clients(request, organisation_id, form)


@issuer_console.page(
    "programs/<uuid:organisation_id>/clients/<uuid:client_id>/revoke/", name="client-revoke", action=CLIENTS
)
@require_POST
@once
def revoke_client(request: HttpRequest, organisation_id: UUID, client_id: UUID) -> HttpResponse:
    require(request, CLIENTS, organisation=organisation_id)
    services.revoke_client(
        client_id=client_id, organisation_id=organisation_id, actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, _("Revoked. It opens nothing any more."))
    return HttpResponseRedirect(reverse("console:clients", args=[organisation_id]))


@issuer_console.page("programs/<uuid:organisation_id>/webhooks/", name="webhooks", action=WEBHOOKS)
@require_safe
def webhooks(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    return webhook_pages.listing(request, _desk(request, organisation_id))


@issuer_console.page("programs/<uuid:organisation_id>/webhooks/add/", name="webhook-add", action=WEBHOOKS)
@require_POST
@step_up
@once
def add_webhook(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    return webhook_pages.add(request, _desk(request, organisation_id))


@issuer_console.page(
    "programs/<uuid:organisation_id>/webhooks/<uuid:endpoint_id>/", name="webhook", action=WEBHOOKS
)
@require_safe
def webhook(request: HttpRequest, organisation_id: UUID, endpoint_id: UUID) -> HttpResponse:
    return webhook_pages.page(request, _desk(request, organisation_id), endpoint_id)


@issuer_console.page(
    "programs/<uuid:organisation_id>/webhooks/<uuid:endpoint_id>/rotate/",
    name="webhook-rotate",
    action=WEBHOOKS,
)
@require_POST
@step_up
@once
def rotate(request: HttpRequest, organisation_id: UUID, endpoint_id: UUID) -> HttpResponse:
    return webhook_pages.rotate(request, _desk(request, organisation_id), endpoint_id)


@issuer_console.page(
    "programs/<uuid:organisation_id>/webhooks/<uuid:endpoint_id>/act/", name="webhook-act", action=WEBHOOKS
)
@require_POST
@once
def act(request: HttpRequest, organisation_id: UUID, endpoint_id: UUID) -> HttpResponse:
    return webhook_pages.act(request, _desk(request, organisation_id), endpoint_id)


@issuer_console.page(
    "programs/<uuid:organisation_id>/webhooks/messages/<uuid:delivery_id>/replay/",
    name="webhook-replay",
    action=WEBHOOKS,
)
@require_POST
@once
def replay(request: HttpRequest, organisation_id: UUID, delivery_id: UUID) -> HttpResponse:
    return webhook_pages.replay(request, _desk(request, organisation_id), delivery_id)


def _desk(request: HttpRequest, organisation_id: UUID) -> webhook_pages.Desk:
    require(request, WEBHOOKS, organisation=organisation_id)
    return webhook_pages.Desk(
        f"organisation:{organisation_id}", "console:", (organisation_id,), "console.html"
    )


def _clients(request: HttpRequest, organisation_id: UUID, form: KeyForm) -> HttpResponse:
    context = {
        "organisation": organisation(organisation_id),
        "form": form,
        "rows": selectors.clients(organisation_id=organisation_id),
    }
    return render(request, "portal/keys/clients.html", context, status=422 if form.errors else 200)
