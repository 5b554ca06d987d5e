"""What others see of an asset and of a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from issuance.domain.identifiers import Difference


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """`record` is the canonical record's own part: what is particular to this kind of asset."""

    id: UUID
    issuer_id: UUID
    kind: str
    kind_label: str
    name: str
    record: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AssetDocumentFacts:
    title: str
    sha256: str
    document_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """`record` is what the identifier is the hash of: asset, documents, terms."""

    id: UUID
    identifier: str
    asset_id: UUID
    record: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Recomputation:
    """
    A token identifier computed anew.

    stored_record   hash of the record kept with the token: differs only when somebody tampered with it
    today           hash of the asset, its documents and the same terms as they stand now
    differences     what has changed since, path by path
    """

    identifier: str
    stored_record: str
    today: str
    differences: tuple[Difference, ...]

    @property
    def intact(self) -> bool:
        return self.stored_record == self.identifier

    @property
    def unchanged(self) -> bool:
        return self.today == self.identifier
