"""Reads of indices and of the rules in force on a day."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from indices.domain.methodology import rules_of
from indices.methodologies.facts import IndexFacts, VersionFacts
from indices.methodologies.models import Index, MethodologyVersion
from portal.domain.errors import NotFound


class NoSuchIndex(NotFound):
    code = "no-such-index"


class NoVersionInForce(NotFound):
    code = "no-methodology-in-force"


def index(index_id: UUID) -> IndexFacts:
    """raises  NoSuchIndex"""
    found = Index.objects.filter(pk=index_id).first()
    if found is None:
        raise NoSuchIndex("There is no index with this id.")
    return index_facts(found)


def by_code(code: str) -> IndexFacts:
    """raises  NoSuchIndex"""
    found = Index.objects.filter(code=code).first()
    if found is None:
        raise NoSuchIndex(f"There is no index {code[:20]}.")
    return index_facts(found)


def indices(*, states: Collection[str] | None = None) -> list[IndexFacts]:
    """All indices by code, or those in these states."""
    query = Index.objects.all() if states is None else Index.objects.filter(state__in=list(states))
    return [index_facts(found) for found in query]


def version_on(index_id: UUID, day: date) -> VersionFacts:
    """
    The rules in force on a day.

    raises  NoVersionInForce
    """
    found = (
        MethodologyVersion.objects.filter(index_id=index_id, effective_from__lte=day)
        .order_by("-effective_from", "-number")
        .first()
    )
    if found is None:
        raise NoVersionInForce(f"No methodology is in force on {day}.")
    return version_facts(found)


def version(version_id: UUID) -> VersionFacts:
    return version_facts(MethodologyVersion.objects.get(pk=version_id))


def versions(index_id: UUID) -> list[VersionFacts]:
    """All versions, newest first."""
    return [
        version_facts(found)
        for found in MethodologyVersion.objects.filter(index_id=index_id).order_by("-number")
    ]


def index_facts(found: Index) -> IndexFacts:
    return IndexFacts(
        id=found.pk,
        code=found.code,
        name=found.name,
        summary=found.summary,
        theme=found.theme,
        state=found.state,
        base_date=found.base_date,
        base_level=found.base_level,
        unit_instrument_id=found.unit_instrument_id,
        launched_at=found.launched_at,
    )


def version_facts(found: MethodologyVersion) -> VersionFacts:
    return VersionFacts(
        id=found.pk,
        index_id=found.index_id,
        number=found.number,
        document=found.document,
        fingerprint=found.fingerprint,
        effective_from=found.effective_from,
        note=found.note,
        created_at=found.created_at,
        rules=rules_of(found.document),
    )
