"""Reads of assets, documents and tokens."""

from typing import Any
from uuid import UUID

from issuance.assets.facts import AssetDocumentFacts, AssetFacts, Recomputation, TokenFacts
from issuance.assets.models import Asset, HoweyAssessment, Token
from issuance.domain.identifiers import differences, token_record
from portal.domain.canonical import fingerprint
from portal.domain.errors import NotFound


class NoSuchAsset(NotFound):
    """There is no asset with this id, or none that the reader may know of."""

    code = "no-such-asset"


class NoSuchToken(NotFound):
    """No token has this identifier."""

    code = "no-such-token"


def asset(asset_id: UUID) -> AssetFacts:
    """raises  NoSuchAsset"""
    found = Asset.objects.filter(pk=asset_id).first()
    if found is None:
        raise NoSuchAsset("There is no asset with this id.")
    return asset_facts(found)


def assets(issuer_id: UUID) -> list[AssetFacts]:
    """An issuer's assets by name."""
    return [asset_facts(one) for one in Asset.objects.filter(issuer_id=issuer_id)]


def documents(asset_id: UUID) -> list[AssetDocumentFacts]:
    """An asset's documents, oldest first."""
    rows = Asset(pk=asset_id).documents.all()
    return [AssetDocumentFacts(one.title, one.sha256, one.document_id, one.created_at) for one in rows]


def howey(asset_id: UUID) -> HoweyAssessment | None:
    """The newest assessment of an asset, None before the first."""
    return HoweyAssessment.objects.filter(asset_id=asset_id).first()


def token(identifier: str) -> TokenFacts:
    """raises  NoSuchToken"""
    return token_facts(_token(identifier))


def recompute(identifier: str) -> Recomputation:
    """
    Compute a token identifier anew, from the record kept with it and from the asset as it stands now.

    raises  NoSuchToken
    """
    found = _token(identifier)
    now = token_record(canonical_record(found.asset), _hashes(found.asset), found.record["terms"])
    return Recomputation(
        identifier=found.identifier,
        stored_record=fingerprint(found.record),
        today=fingerprint(now),
        differences=tuple(differences(found.record, now)),
    )


def canonical_record(row: Asset) -> dict[str, Any]:
    """The canonical record of an asset: what it is and whose, without anything of the portal's own workings."""
    return {
        "id": str(row.pk),
        "issuer": {
            "country": row.issuer.country,
            "legal_name": row.issuer.legal_name,
            "lei": row.issuer.lei,
        },
        "kind": row.kind,
        "name": row.name,
        "record": row.record,
    }


def hashes(asset_id: UUID) -> list[str]:
    """SHA-256 of an asset's documents in ascending order."""
    return _hashes(Asset(pk=asset_id))


def _hashes(row: Asset) -> list[str]:
    return sorted(row.documents.values_list("sha256", flat=True))


def _token(identifier: str) -> Token:
    found = Token.objects.select_related("asset__issuer").filter(identifier=identifier).first()
    if found is None:
        raise NoSuchToken("No token has this identifier.", field="identifier")
    return found


def token_facts(row: Token) -> TokenFacts:
    return TokenFacts(row.pk, row.identifier, row.asset_id, row.record, row.created_at)


def asset_facts(row: Asset) -> AssetFacts:
    return AssetFacts(
        id=row.pk,
        issuer_id=row.issuer_id,
        kind=row.kind,
        kind_label=row.get_kind_display(),
        name=row.name,
        record=row.record,
        created_at=row.created_at,
    )
