"""
The lists whose filters can be saved. A list's page prints {% saved_searches "audit" %}: its saved
searches as links, and a small form that saves what is filtered now.
"""

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from portal.domain.errors import Invalid
from portal.http.authorization import possible
from portal.saved_searches import selectors
from portal.saved_searches.facts import SavedSearchFacts

NOT_A_FILTER = ("after", "page", "format", "limit", "csrfmiddlewaretoken", "form_key")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page whose filters can be saved, and who may open it."""

    label: str
    url_name: str
    action: str


PAGES = {
    "queue": Listed("Work queue", "compliance:index", "compliance.enter"),
    "audit": Listed("Audit explorer", "compliance:audit", "audit.view"),
    "investors": Listed("Investors", "compliance:investors", "investor.view"),
    "refresh": Listed("KYC refresh", "compliance:kyc-refresh", "kyc.view"),
    "accesses": Listed("Accesses to personal data", "compliance:report-accesses", "audit.view"),
}


class UnknownList(Invalid):
    code = "unknown-list"


def filter_of(query: str) -> str:
    """What narrows, of a query string: in a stable order, without places in a list and without empty fields."""
    given = QueryDict(query)
    kept = QueryDict(mutable=True)
    for name in sorted(given):
        values = [value for value in given.getlist(name) if value]
        if values and name not in NOT_A_FILTER:
            kept.setlist(name, values)
    return kept.urlencode()


def page_named(key: str) -> Listed:
    """raises  UnknownList"""
    if key not in PAGES:
        raise UnknownList("The filters of this list cannot be saved.", field="page")
    return PAGES[key]


def href_of(one: SavedSearchFacts) -> str:
    return f"{reverse(PAGES[one.page].url_name)}?{one.query}"


def shown(request: HttpRequest, page: str = "") -> list[tuple[SavedSearchFacts, str, str]]:
    """(search, the list's label, address) of this person's own that he may still open."""
    return [
        (one, PAGES[one.page].label, href_of(one))
        for one in selectors.searches_of(request.user.pk, page=page)
        if one.page in PAGES and possible(request, PAGES[one.page].action)
    ]
