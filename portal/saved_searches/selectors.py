"""Reads of saved searches: everybody sees his own alone."""

from uuid import UUID

from portal.domain.errors import NotFound
from portal.saved_searches.facts import SavedSearchFacts
from portal.saved_searches.models import SavedSearch


class NoSuchSearch(NotFound):
    code = "no-such-saved-search"


def searches_of(owner: UUID, *, page: str = "") -> list[SavedSearchFacts]:
    """A person's own by name; of one page where given."""
    found = SavedSearch.objects.filter(owner_id=owner).order_by("name", "pk")
    if page:
        found = found.filter(page=page)
    return [search_facts(one) for one in found]


def search_facts(one: SavedSearch) -> SavedSearchFacts:
    return SavedSearchFacts(one.pk, one.name, one.page, one.query, one.saved_at)
