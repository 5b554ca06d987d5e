"""The ZIP of everything held about one investor: a JSON file for each part, the documents as they were stored."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from investors.closure import ports
from investors.profiles.facts import InvestorFacts
from portal.documents import services as documents
from portal.documents.selectors import documents_of
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Refused

MOST_BYTES = 200 * 2**20
"""Documents beyond this are named in the export but not put into it: they are on the page of documents."""
_SAFE_INTEGER = 2**53 - 1


def archive(investor: InvestorFacts, *, actor: Actor, at: datetime) -> bytes:
    """
    A ZIP with data/<part>.json, documents/<id>-<filename>, and contents.json, which lists each file with its SHA-256.

    Amounts and quantities are whole numbers of the smallest unit, as they stand in the ledger. Reading the documents
    leaves a record for each.
    """
    made, contents = io.BytesIO(), []
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bundle:
        for collect in ports.sections():
            part = collect(investor)
            content = json.dumps(plain(part.data), indent=1, ensure_ascii=False).encode()
            _put(bundle, f"data/{part.name}.json", content, at)
            contents.append(_line(f"data/{part.name}.json", part.about, content))
        contents += _documents(bundle, investor, actor, at)
        told = {
            "investor": investor.reference,
            "made_at": plain(at),
            "units": "Amounts and quantities are whole numbers of the smallest unit; times are UTC.",
            "files": contents,
        }
        _put(bundle, "contents.json", json.dumps(told, indent=1, ensure_ascii=False).encode(), at)
    return made.getvalue()


def plain(value: Any) -> Any:
    """What JSON knows of a value: ids, days and exact numbers become text, integers too large for a double as well."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _SAFE_INTEGER else str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, UUID | Decimal | float):
        return str(value)
    if isinstance(value, Iterable):
        return [plain(one) for one in value]
    return str(value)


def _documents(
    bundle: zipfile.ZipFile, investor: InvestorFacts, actor: Actor, at: datetime
) -> list[dict[str, Any]]:
    lines, total = [], 0
    for one in documents_of(investor.owner):
        path = f"documents/{one.id}-{one.filename}"
        about = f"{one.kind}, handed in on {one.created_at:%Y-%m-%d}"
        if total + one.size > MOST_BYTES:
            lines.append(
                {"file": "", "about": f"{about}; too large, see the page of documents", "id": str(one.id)}
            )
            continue
        try:
            content = documents.read(document_id=one.id, actor=actor, at=at)
        except Refused as damaged:
            lines.append({"file": "", "about": f"{about}; {damaged.message}", "id": str(one.id)})
            continue
        total += one.size
        _put(bundle, path, content, at)
        lines.append(_line(path, about, content))
    return lines


def _put(bundle: zipfile.ZipFile, path: str, content: bytes, at: datetime) -> None:
    entry = zipfile.ZipInfo(path, date_time=at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    bundle.writestr(entry, content)


def _line(path: str, about: str, content: bytes) -> dict[str, Any]:
    return {"file": path, "about": about, "bytes": len(content), "sha256": sha256_hex(content)}
