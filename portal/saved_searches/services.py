"""Saving a search under a name, and removing it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from portal.accounts.models import User
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid
from portal.saved_searches.facts import SavedSearchFacts
from portal.saved_searches.models import SavedSearch
from portal.saved_searches.selectors import NoSuchSearch, search_facts

MOST = 50
LONGEST_NAME = 60
LONGEST_QUERY = 1000


class BadSearch(Invalid):
    """A saved search has a name of 1 to 60 characters and narrows something."""

    code = "bad-saved-search"


class NameTaken(Conflict):
    code = "saved-search-name-taken"


class TooManySearches(Conflict):
    code = "too-many-saved-searches"


def save_search(
    *, owner: UUID, name: str, page: str, query: str, actor: Actor, at: datetime
) -> SavedSearchFacts:
    """
    Keep a filter under a name of its owner's choice.

    raises  BadSearch, NameTaken, TooManySearches
    """
    called = " ".join(name.split())
    if not 1 <= len(called) <= LONGEST_NAME or not called.isprintable():
        raise BadSearch(f"A name has 1 to {LONGEST_NAME} characters; this has {len(called)}.", field="name")
    if not query:
        raise BadSearch("Nothing is narrowed here, so there is nothing to save.", field="query")
    if len(query) > LONGEST_QUERY:
        raise BadSearch(
            f"This search has {len(query)} characters; {LONGEST_QUERY} can be kept.", field="query"
        )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner)
        own = SavedSearch.objects.filter(owner_id=owner)
        if own.filter(name=called).exists():
            raise NameTaken(
                f"You have a search called {called} already.",
                field="name",
                next_step="Choose another name, or remove the old one.",
            )
        count = own.count()
        if count >= MOST:
            raise TooManySearches(
                f"You have {count} saved searches; {MOST} can be kept.",
                next_step="Remove one that you no longer need.",
            )
        made = SavedSearch.objects.create(owner_id=owner, name=called, page=page, query=query, saved_at=at)
        record(actor=actor, action="saved_search.saved", subject=f"saved_search:{made.pk}", at=at, page=page)
    return search_facts(made)


def remove_search(*, search_id: UUID, owner: UUID, actor: Actor, at: datetime) -> None:
    """raises  NoSuchSearch, also for somebody else's"""
    with transaction.atomic():
        found = SavedSearch.objects.select_for_update().filter(pk=search_id, owner_id=owner).first()
        if found is None:
            raise NoSuchSearch("There is no saved search with this id.")
        record(
            actor=actor,
            action="saved_search.removed",
            subject=f"saved_search:{search_id}",
            at=at,
            page=found.page,
        )
        found.delete()
