"""Reads of issuers."""

from collections.abc import Collection
from uuid import UUID

from issuance.issuers.facts import IssuerFacts
from issuance.issuers.models import Issuer
from portal.domain.errors import NotFound


class NoSuchIssuer(NotFound):
    """There is no issuer with this id, or none that the reader may know of."""

    code = "no-such-issuer"


def issuer(issuer_id: UUID) -> IssuerFacts:
    """raises  NoSuchIssuer"""
    found = Issuer.objects.filter(pk=issuer_id).first()
    if found is None:
        raise NoSuchIssuer("There is no issuer with this id.")
    return issuer_facts(found)


def issuers(*, state: str | None = None, ids: Collection[UUID] | None = None) -> list[IssuerFacts]:
    """By name; narrowed to a state or to these ids where given."""
    found = Issuer.objects.all()
    if state is not None:
        found = found.filter(state=state)
    if ids is not None:
        found = found.filter(pk__in=ids)
    return [issuer_facts(one) for one in found]


def issuer_facts(row: Issuer) -> IssuerFacts:
    return IssuerFacts(
        id=row.pk,
        legal_name=row.legal_name,
        country=row.country,
        lei=row.lei,
        state=row.state,
        review_note=row.review_note,
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
        created_at=row.created_at,
    )
