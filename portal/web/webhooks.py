"""An investor's webhooks."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from investors.profiles.selectors import NoSuchInvestor, investor_of_user
from portal.accounts.stepup import step_up
from portal.http import webhook_pages
from portal.http.authorization import require
from portal.http.once import once


@require_safe
@login_required
def webhooks(request: HttpRequest) -> HttpResponse:
    return webhook_pages.listing(request, _desk(request))


@require_POST
@login_required
@step_up
@once
def add(request: HttpRequest) -> HttpResponse:
    return webhook_pages.add(request, _desk(request))


@require_safe
@login_required
def webhook(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    return webhook_pages.page(request, _desk(request), endpoint_id)


@require_POST
@login_required
@step_up
@once
def rotate(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    return webhook_pages.rotate(request, _desk(request), endpoint_id)


@require_POST
@login_required
@once
def act(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    return webhook_pages.act(request, _desk(request), endpoint_id)


@require_POST
@login_required
@once
def replay(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    return webhook_pages.replay(request, _desk(request), delivery_id)


def _desk(request: HttpRequest) -> webhook_pages.Desk:
    """raises  MayNot, NoSuchInvestor"""
    require(request, "webhook.manage", owners=[request.user.pk])
    investor = investor_of_user(request.user.pk)
    if investor is None:
        raise NoSuchInvestor(
            "You have no investor profile.", next_step="Begin one under Profile on the portal."
        )
    return webhook_pages.Desk(investor.owner, "", (), "base.html")
