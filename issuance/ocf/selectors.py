"""Reads of the imported histories."""

import json
from typing import Any
from uuid import UUID

from issuance.domain.ocf_objects import Item, Package
from issuance.ocf.facts import ImportFacts
from issuance.ocf.models import OcfImport, OcfObject
from portal.accounts.fields import unseal
from portal.domain.canonical import fingerprint
from portal.domain.errors import NotFound


class NoSuchImport(NotFound):
    """There is no import with this id, or none that the reader may know of."""

    code = "no-such-import"


def latest(issuer_id: UUID) -> ImportFacts | None:
    """The import that counts: an issuer's newest; None where nothing was imported."""
    found = OcfImport.objects.select_related("issuer").filter(issuer_id=issuer_id).order_by("-number").first()
    return None if found is None else import_facts(found)


def imports(issuer_id: UUID) -> list[ImportFacts]:
    """All imports of an issuer, newest first."""
    return [
        import_facts(one) for one in OcfImport.objects.select_related("issuer").filter(issuer_id=issuer_id)
    ]


def issuer_imported_as(ocf_issuer_id: str) -> UUID | None:
    """The issuer whose company has this id in its OCF package."""
    found = OcfImport.objects.filter(ocf_issuer_id=ocf_issuer_id).order_by("-imported_at").first()
    return None if found is None else found.issuer_id


def package(import_id: UUID) -> Package:
    """
    The whole package as it came in.

    raises  NoSuchImport
    """
    found = OcfImport.objects.filter(pk=import_id).first()
    if found is None:
        raise NoSuchImport("There is no import with this id.")
    rows = OcfObject.objects.filter(imported=found).order_by("number")
    items = tuple(Item(row.file, row.number, _body(row)) for row in rows.iterator(chunk_size=2_000))
    return Package(
        manifest=_opened(found.manifest, f"ocf_import.manifest:{found.pk}"),
        items=items,
        manifest_file=found.manifest_file,
        side=_opened(found.side, f"ocf_import.side:{found.pk}"),
    )


def changed_objects(import_id: UUID) -> list[str]:
    """Ids of objects whose JSON is not what its hash says; empty when all agrees."""
    rows = OcfObject.objects.filter(imported_id=import_id)
    return [row.object_id for row in rows if fingerprint(_body(row)) != row.sha256]


def _body(row: OcfObject) -> Any:
    return _opened(row.body, f"ocf_object.body:{row.pk}")


def _opened(sealed: str, context: str) -> Any:
    return json.loads(unseal(sealed, context=context))


def import_facts(row: OcfImport, *, replayed: bool = False) -> ImportFacts:
    return ImportFacts(
        id=row.pk,
        issuer_id=row.issuer_id,
        issuer_name=row.issuer.legal_name,
        number=row.number,
        ocf_issuer_id=row.ocf_issuer_id,
        objects=row.objects_count,
        sha256=row.sha256,
        imported_at=row.imported_at,
        replayed=replayed,
    )
