"""
Writes an issuer's cap table as an OCF package: what was imported as it came, what the register has since as OCF
transactions, and what OCF has no place for in a side file of the portal.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from investors.profiles.selectors import investors_by_id
from issuance.domain.ocf_lots import Step, StockClass, transactions
from issuance.domain.ocf_objects import FILES, REQUIRED_FILES, SCALE, VERSION, Package
from issuance.issuers.facts import IssuerFacts
from issuance.issuers.selectors import issuer as issuer_of
from issuance.ocf.containers import SIDE_FILE
from issuance.ocf.selectors import latest, package
from issuance.register.facts import LotStep
from issuance.register.selectors import lot_steps, movements
from issuance.securities.facts import SecurityFacts
from issuance.securities.selectors import securities
from portal.domain.money import format_amount

_CLASS_TYPES = {"common": "COMMON", "preferred": "PREFERRED"}
_OWN_FILES = {
    "stakeholders_files": "PortalStakeholders.ocf.json",
    "stock_classes_files": "PortalStockClasses.ocf.json",
    "transactions_files": "PortalTransactions.ocf.json",
}
_MONEY_SCALE = 2


@dataclass(slots=True)
class _Own:
    """What the register adds: OCF items by key of the manifest, and what goes beside."""

    items: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {key: [] for key in _OWN_FILES})
    beside: list[dict[str, Any]] = field(default_factory=list)


def write_package(issuer_id: UUID, *, at: datetime) -> dict[str, bytes]:
    """
    The files of the package by their names, the manifest first.

    raises  NoSuchIssuer
    """
    issuer, known = issuer_of(issuer_id), latest(issuer_id)
    imported = package(known.id) if known else None
    own = _register(issuer)
    files: dict[str, bytes] = {}
    manifest: dict[str, Any] = dict(imported.manifest) if imported else _manifest(issuer)
    if any(own.items.values()) or imported is None:
        manifest["as_of"] = at.astimezone(UTC).date().isoformat()
    manifest["generated_at"] = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    name = "Manifest.ocf.json"
    bodies = _imported_files(imported) if imported else {}
    for key, (kind, _) in FILES.items():
        entries = []
        for path, items in bodies.get(key, []):
            files[path] = _text({"file_type": kind, "items": items})
            entries.append({"filepath": f"./{path}", "md5": _md5(files[path])})
        if own.items.get(key):
            path = _OWN_FILES[key]
            files[path] = _text({"file_type": kind, "items": own.items[key]})
            entries.append({"filepath": f"./{path}", "md5": _md5(files[path])})
        if entries or key in REQUIRED_FILES or key in manifest:
            manifest[key] = entries
    side = _side(issuer, imported, own)
    return {name: _text(manifest), **files, SIDE_FILE: _text(side)}


def _imported_files(imported: Package) -> dict[str, list[tuple[str, list[Mapping[str, Any]]]]]:
    """
    Key of the manifest -> its files in order with their items, numbered by name so that none stands in the way
    of another or leads out of the package.
    """
    kinds = {kind: key for key, (_, objects) in FILES.items() for kind in objects}
    found: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for item in imported.items:
        key = kinds.get(item.type, "transactions_files")
        found.setdefault(key, {}).setdefault(item.file, []).append(item.body)
    names = {
        "financings_files": "Financings",
        "documents_files": "Documents",
        "valuations_files": "Valuations",
        "stock_plans_files": "StockPlans",
        "stock_legend_templates_files": "StockLegends",
        "stock_classes_files": "StockClasses",
        "vesting_terms_files": "VestingTerms",
        "transactions_files": "Transactions",
        "stakeholders_files": "Stakeholders",
    }
    return {
        key: [
            (f"{names[key]}{'' if place == 0 else place + 1}.ocf.json", items)
            for place, items in enumerate(files.values())
        ]
        for key, files in found.items()
    }


def _manifest(issuer: IssuerFacts) -> dict[str, Any]:
    """The manifest of an issuer that was never imported."""
    return {
        "ocf_version": VERSION,
        "file_type": "OCF_MANIFEST_FILE",
        "issuer": {
            "object_type": "ISSUER",
            "id": str(issuer.id),
            "legal_name": issuer.legal_name,
            "formation_date": issuer.created_at.date().isoformat(),
            "country_of_formation": issuer.country,
            "tax_ids": [],
            "comments": ["formation_date is the day of onboarding; the portal does not know the other."],
        },
    }


def _register(issuer: IssuerFacts) -> _Own:
    own, holders = _Own(), set[str]()
    for security in securities(issuer_ids=[issuer.id]):
        steps = lot_steps(security.id)
        if security.kind not in _CLASS_TYPES or security.scale > SCALE:
            own.beside.append(_beside(security, steps, whole=True))
            continue
        own.items["stock_classes_files"].append(_stock_class(security))
        stock = StockClass(str(security.id), security.code, security.scale, security.currency)
        own.items["transactions_files"].extend(transactions(stock, map(_step(security), steps)))
        own.beside.append(_beside(security, steps, whole=False))
        holders |= {step.holder for step in steps}
    own.items["stakeholders_files"] = _stakeholders(holders)
    return own


def _stakeholders(holders: Collection[str]) -> list[dict[str, Any]]:
    """Investors stand by their references: no name leaves the portal with a cap table."""
    ids = sorted(UUID(one.rpartition(":")[2]) for one in holders if one.startswith("investor:"))
    known = investors_by_id(ids)
    others = sorted(one for one in holders if not one.startswith("investor:"))
    people = [
        {
            "object_type": "STAKEHOLDER",
            "id": one.rpartition(":")[2],
            "name": {"legal_name": one},
            "stakeholder_type": "INSTITUTION",
        }
        for one in others
    ]
    return people + [
        {
            "object_type": "STAKEHOLDER",
            "id": str(one),
            "name": {"legal_name": known[one].reference},
            "stakeholder_type": "INDIVIDUAL" if known[one].kind == "natural" else "INSTITUTION",
            "issuer_assigned_id": known[one].reference,
        }
        for one in ids
    ]


def _stock_class(security: SecurityFacts) -> dict[str, Any]:
    limit = security.authorised
    body: dict[str, Any] = {
        "object_type": "STOCK_CLASS",
        "id": str(security.id),
        "name": security.name,
        "class_type": _CLASS_TYPES[security.kind],
        "default_id_prefix": f"{security.code}-",
        "initial_shares_authorized": "UNLIMITED"
        if limit is None
        else format_amount(limit, scale=security.scale),
        "votes_per_share": "1",
        "seniority": "1",
        "comments": ["votes_per_share and seniority are OCF's usual 1; the portal does not keep them."],
    }
    if security.par_minor is not None:
        amount = format_amount(security.par_minor, scale=_MONEY_SCALE)
        body["par_value"] = {"amount": amount, "currency": security.currency}
    return body


def _step(security: SecurityFacts) -> Any:
    def made(step: LotStep) -> Step:
        paid = ""
        if step.consideration_minor is not None and step.quantity < 0:
            shares = Decimal(-step.quantity).scaleb(-security.scale)
            each = Decimal(step.consideration_minor).scaleb(-_MONEY_SCALE) / shares
            paid = format(each.quantize(Decimal(1).scaleb(-SCALE), ROUND_HALF_EVEN), "f")
        return Step(
            movement=step.number,
            kind=step.kind,
            lot=str(step.lot_id),
            origin=str(step.origin_id or ""),
            holder=step.holder,
            quantity=step.quantity,
            day=step.effective_at.astimezone(UTC).date(),
            exemption=step.exemption,
            price="" if step.price_minor is None else format_amount(step.price_minor, scale=_MONEY_SCALE),
            reason=step.reason,
            consideration=paid,
        )

    return made


def _beside(security: SecurityFacts, steps: Iterable[LotStep], *, whole: bool) -> dict[str, Any]:
    """What of a security OCF has no place for; `whole`: the security itself has none."""
    body: dict[str, Any] = {
        "id": str(security.id),
        "code": security.code,
        "name": security.name,
        "kind": security.kind,
        "state": security.state,
        "scale": security.scale,
        "isin": security.isin,
        "token": security.token,
        "lots": [
            {"id": str(one.lot_id), "acquired_on": one.acquired_on.isoformat(), "exemption": one.exemption}
            for one in steps
            if one.quantity > 0
        ],
    }
    if whole:
        body["authorised"] = None if security.authorised is None else str(security.authorised)
        body["lot_steps"] = [
            {
                "movement": one.number,
                "kind": one.kind,
                "lot": str(one.lot_id),
                "holder": one.holder,
                "quantity": format_amount(one.quantity, scale=security.scale),
                "effective_at": one.effective_at.isoformat(),
            }
            for one in steps
        ]
    return body


def _side(issuer: IssuerFacts, imported: Package | None, own: _Own) -> dict[str, Any]:
    """The side file; what one import brought along is kept in it under its own name."""
    ids = [UUID(one["id"]) for one in own.beside]
    freezes = [
        one for one in movements(security_ids=ids, limit=100_000) if one.kind in ("freeze", "unfreeze")
    ]
    side: dict[str, Any] = dict(imported.side) if imported else {}
    side["portal"] = {
        "issuer": {"id": str(issuer.id), "lei": issuer.lei, "state": issuer.state},
        "securities": own.beside,
        "freezes": [
            {
                "security": str(one.security_id),
                "holder": one.source,
                "kind": one.kind,
                "quantity": None if one.quantity is None else str(one.quantity),
                "effective_at": one.effective_at.isoformat(),
            }
            for one in reversed(freezes)
        ],
    }
    return side


def _text(body: Mapping[str, Any]) -> bytes:
    return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode()


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
