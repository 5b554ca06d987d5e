"""Reads of securities."""

from collections.abc import Collection
from uuid import UUID

from issuance.securities.facts import SecurityFacts
from issuance.securities.models import Security
from portal.domain.errors import NotFound


class NoSuchSecurity(NotFound):
    """There is no such security, or none that the reader may know of."""

    code = "no-such-security"


def security(security_id: UUID) -> SecurityFacts:
    """raises  NoSuchSecurity"""
    found = Security.objects.select_related("issuer", "token").filter(pk=security_id).first()
    if found is None:
        raise NoSuchSecurity("There is no security with this id.")
    return security_facts(found)


def security_by_code(code: str) -> SecurityFacts:
    """raises  NoSuchSecurity"""
    found = Security.objects.select_related("issuer", "token").filter(code=code).first()
    if found is None:
        raise NoSuchSecurity(f"There is no security {code[:24]}.")
    return security_facts(found)


def securities(
    *, issuer_ids: Collection[UUID] | None = None, instrument_ids: Collection[int] | None = None
) -> list[SecurityFacts]:
    """By code; narrowed to these issuers or ledger instruments where given."""
    found = Security.objects.select_related("issuer", "token")
    if issuer_ids is not None:
        found = found.filter(issuer_id__in=issuer_ids)
    if instrument_ids is not None:
        found = found.filter(instrument_id__in=instrument_ids)
    return [security_facts(one) for one in found]


def security_facts(row: Security) -> SecurityFacts:
    return SecurityFacts(
        id=row.pk,
        issuer_id=row.issuer_id,
        issuer_name=row.issuer.legal_name,
        asset_id=row.asset_id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        kind_label=row.get_kind_display(),
        isin=row.isin,
        scale=row.scale,
        authorised=row.authorised,
        par_minor=row.par_minor,
        currency=row.currency,
        reporting=row.reporting,
        instrument_id=row.instrument_id,
        state=row.state,
        token=row.token.identifier,
        created_at=row.created_at,
    )
