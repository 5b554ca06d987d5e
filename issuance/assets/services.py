"""Recording assets and making tokens of them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from issuance.assets.facts import AssetFacts, TokenFacts
from issuance.assets.models import Asset, AssetDocument, HoweyAssessment, Token
from issuance.assets.selectors import NoSuchAsset, asset_facts, canonical_record, token_facts
from issuance.assets.selectors import hashes as hashes_of
from issuance.domain.identifiers import check_vin, token_record
from issuance.issuers.models import Issuer
from issuance.issuers.selectors import NoSuchIssuer
from portal.audit.services import record as audit
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json, fingerprint
from portal.domain.errors import Conflict, Invalid

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "equity": ("jurisdiction",),
    "real_estate": ("address", "parcel"),
    "vehicle": ("vin",),
    "revenue_share": ("source_of_revenue", "share_percent"),
    "debt": ("principal", "maturity"),
    "fund": ("strategy",),
    "other": ("description",),
}
"""What the canonical record of each kind has to say; more is welcome."""

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
MAX_RECORD_BYTES = 64 * 1024


class IssuerNotApproved(Conflict):
    """Only an approved issuer brings assets and securities."""

    code = "issuer-not-approved"


class DocumentKnown(Conflict):
    """The asset has a document with this content already."""

    code = "document-known"


class TokenExists(Conflict):
    """Exactly this asset, with these documents and terms, has a token already."""

    code = "token-exists"


def record_asset(
    *, issuer_id: UUID, kind: str, name: str, record: Mapping[str, str], actor: Actor, at: datetime
) -> AssetFacts:
    """
    Record an asset of an approved issuer.

    kind    equity | real_estate | vehicle | revenue_share | debt | fund | other
    record  what is particular to it, as text by lower-case names; REQUIRED says what must be there.
            Amounts are decimal text. A vehicle's VIN is checked.
    raises  Invalid naming the field, NotAnIdentifier, NoSuchIssuer, IssuerNotApproved
    """
    known_as = _name(name)
    facts = _record(kind, record)
    with transaction.atomic():
        issuer = _approved(issuer_id)
        row = Asset.objects.create(issuer=issuer, kind=kind, name=known_as, record=facts, created_at=at)
        _told(actor, "asset.recorded", row, at, kind=kind, record_sha256=fingerprint(facts))
    return asset_facts(row)


def amend_asset(*, asset_id: UUID, record: Mapping[str, str], actor: Actor, at: datetime) -> AssetFacts:
    """
    Change what is known of an asset. Tokens made before keep their record and show the difference.

    raises  Invalid naming the field, NoSuchAsset
    """
    with transaction.atomic():
        row = _locked(asset_id)
        before = fingerprint(row.record)
        row.record = _record(row.kind, record)
        row.save(update_fields=["record"])
        _told(
            actor,
            "asset.amended",
            row,
            at,
            before={"record_sha256": before},
            after={"record_sha256": fingerprint(row.record)},
        )
    return asset_facts(row)


def attach_document(
    *, asset_id: UUID, title: str, sha256: str, document_id: UUID | None = None, actor: Actor, at: datetime
) -> None:
    """
    Attach a document by the hash of its content.

    sha256       64 lower-case hexadecimal digits
    document_id  where the portal keeps the file itself
    raises       Invalid, NoSuchAsset, DocumentKnown
    """
    known_as = _name(title, field="title")
    if not _HASH.fullmatch(sha256):
        raise Invalid("A SHA-256 is 64 lower-case hexadecimal digits.", field="sha256")
    with transaction.atomic():
        row = _locked(asset_id)
        if row.documents.filter(sha256=sha256).exists():
            raise DocumentKnown("This asset has a document with this very content already.", field="document")
        AssetDocument.objects.create(
            asset=row, title=known_as, sha256=sha256, document_id=document_id, created_at=at
        )
        _told(actor, "asset.document_attached", row, at, sha256=sha256)


def assess_howey(
    *,
    asset_id: UUID,
    investment_of_money: bool,
    common_enterprise: bool,
    expectation_of_profits: bool,
    efforts_of_others: bool,
    evidence: Mapping[str, str],
    actor: Actor,
    at: datetime,
) -> HoweyAssessment:
    """
    Record an assessment. All four elements together make an investment contract, fewer do not.

    evidence  element -> what was looked at; asked for each of the four
    raises    Invalid naming the element without evidence, NoSuchAsset
    source    SEC v. W.J. Howey Co., 328 U.S. 293 (1946); SEC Framework, 2019-04-03
    """
    elements = {
        "investment_of_money": investment_of_money,
        "common_enterprise": common_enterprise,
        "expectation_of_profits": expectation_of_profits,
        "efforts_of_others": efforts_of_others,
    }
    said = {name: str(evidence.get(name, "")).strip() for name in elements}
    for name, text in said.items():
        if not text or len(text) > 4000:
            raise Invalid(
                f"Write in up to 4,000 characters what was looked at for: {name.replace('_', ' ')}.",
                field=name,
            )
    conclusion = "security" if all(elements.values()) else "not_security"
    with transaction.atomic():
        row = _locked(asset_id)
        made = HoweyAssessment.objects.create(
            asset=row,
            **elements,
            evidence=said,
            conclusion=conclusion,
            assessed_by=str(actor),
            assessed_at=at,
        )
        _told(actor, "asset.assessed", row, at, **elements, conclusion=conclusion)
    return made


def tokenize(*, asset_id: UUID, terms: Mapping[str, Any], actor: Actor, at: datetime) -> TokenFacts:
    """
    Make a token of an asset: its identifier is the hash of the canonical record, the documents and the terms.

    terms   JSON-able; amounts as text
    raises  NoSuchAsset, IssuerNotApproved, TokenExists
    """
    with transaction.atomic():
        row = _locked(asset_id)
        _approved(row.issuer_id)
        facts = token_record(canonical_record(row), hashes_of(row.pk), terms)
        identifier = fingerprint(facts)
        if Token.objects.filter(identifier=identifier).exists():
            raise TokenExists("Exactly this asset, with these documents and terms, has a token already.")
        made = Token.objects.create(
            asset=row, identifier=identifier, record=facts, created_at=at, created_by=str(actor)
        )
        _told(actor, "asset.tokenized", row, at, token=identifier)
    return token_facts(made)


def _record(kind: str, record: Mapping[str, str]) -> dict[str, str]:
    if kind not in REQUIRED:
        raise Invalid(f"{kind[:30]!r} is no kind of asset. Known: {', '.join(REQUIRED)}.", field="kind")
    facts: dict[str, str] = {}
    for key, value in record.items():
        if not _KEY.fullmatch(str(key)):
            raise Invalid(f"{str(key)[:40]!r} is no field name: use lower-case letters.", field="record")
        if not isinstance(value, str) or not value.strip():
            raise Invalid(f"{key.replace('_', ' ').capitalize()} has to be text, and not empty.", field=key)
        facts[key] = " ".join(value.split())
    for key in REQUIRED[kind]:
        if key not in facts:
            raise Invalid(f"{key.replace('_', ' ').capitalize()} is missing.", field=key)
    if kind == "vehicle":
        facts["vin"] = check_vin(facts["vin"])
    if len(canonical_json(facts)) > MAX_RECORD_BYTES:
        raise Invalid(f"The record is larger than {MAX_RECORD_BYTES // 1024} KiB.", field="record")
    return facts


def _name(text: str, *, field: str = "name") -> str:
    name = " ".join(text.split())
    if not name or len(name) > 200:
        raise Invalid(f"The {field} has 1 to 200 characters.", field=field)
    return name


def _approved(issuer_id: UUID) -> Issuer:
    issuer = Issuer.objects.select_for_update().filter(pk=issuer_id).first()
    if issuer is None:
        raise NoSuchIssuer("There is no issuer with this id.")
    if issuer.state != "approved":
        raise IssuerNotApproved(
            f"{issuer.legal_name} is {issuer.get_state_display()}; only an approved issuer can do this.",
            next_step="A compliance officer reviews the application first.",
        )
    return issuer


def _locked(asset_id: UUID) -> Asset:
    row = Asset.objects.select_for_update(of=("self",)).select_related("issuer").filter(pk=asset_id).first()
    if row is None:
        raise NoSuchAsset("There is no asset with this id.")
    return row


def _told(actor: Actor, action: str, row: Asset, at: datetime, **facts: Any) -> None:
    audit(actor=actor, action=action, subject=f"asset:{row.pk}", organisation=row.issuer_id, at=at, **facts)
