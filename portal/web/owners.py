"""Whose books a page shows: the investor behind the signed-in person."""

from django.http import HttpRequest

from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import investor_of_user


def investor_of(request: HttpRequest) -> InvestorFacts | None:
    """The person's investor profile; None for somebody who has none (yet)."""
    if not request.user.is_authenticated:
        return None
    return investor_of_user(request.user.pk)


def owner_of(request: HttpRequest) -> str:
    """The person's owner in the ledger; "" for somebody who owns nothing here."""
    investor = investor_of(request)
    return investor.owner if investor else ""
