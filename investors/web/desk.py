"""What the home page tells an investor to do."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from investors.accreditation.selectors import claims_of
from investors.profiles.selectors import investor_of_user
from portal.http import desk

_TO_DO = {
    "kyc-not-started",
    "kyc-not-submitted",
    "kyc-needs-information",
    "kyc-expired",
    "kyc-identity-changed",
}


@desk.investor
def onboarding_tasks(request: HttpRequest) -> Sequence[desk.Task]:
    """The identity check while it needs the investor, then accreditation while there is none."""
    investor = investor_of_user(request.user.pk)
    if investor is None:
        return []
    claims = claims_of(investor.id, on=timezone.now().date())
    waiting = [one for one in claims.missing if one.code in _TO_DO]
    if waiting:
        return [
            desk.Task(
                title=waiting[0].what.rstrip("."),
                text=waiting[0].how_to_get_it,
                href=reverse("onboarding"),
                action="Continue",
                icon="person",
                tone="warn",
                since=investor.created_at,
            )
        ]
    if claims.missing or claims.is_accredited:
        return []
    return [
        desk.Task(
            title="Show that you are accredited",
            text=claims.accreditation_missing[0].what if claims.accreditation_missing else "",
            href=reverse("accreditation"),
            action="Open",
            icon="check",
            since=investor.created_at,
        )
    ]
