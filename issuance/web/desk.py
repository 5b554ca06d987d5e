"""What of this house needs an investor."""

from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from investors.profiles.selectors import investor_of_user
from issuance.offerings import selectors
from portal.http import desk
from portal.http.desk import Task

SOON = timedelta(days=14)


@desk.investor
def closing_soon(request: HttpRequest) -> list[Task]:
    """Open offerings that close within two weeks and in which this investor has not subscribed."""
    investor = investor_of_user(request.user.pk)
    if investor is None:
        return []
    now = timezone.now()
    asked = {one.offering_id for one in selectors.subscriptions(investor=investor.owner)}
    return [
        Task(
            title=f"{one.name} closes soon",
            text=f"{one.issuer_name}. Takes subscriptions until {one.closes_at:%d %b %Y, %H:%M} UTC.",
            href=reverse("offering", args=[one.id]),
            action="Look at it",
            icon="invest",
            since=one.opens_at,
        )
        for one in selectors.offerings(states=("open",))
        if one.id not in asked and one.opens_at <= now < one.closes_at <= now + SOON
    ]
