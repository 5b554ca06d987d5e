"""Taking an OCF package in: all of it or nothing."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from issuance.domain.ocf_objects import Item
from issuance.issuers.models import Issuer
from issuance.issuers.selectors import NoSuchIssuer
from issuance.issuers.services import apply
from issuance.ocf.facts import ImportFacts
from issuance.ocf.models import OcfImport, OcfObject
from issuance.ocf.reader import Reading
from issuance.ocf.selectors import import_facts
from issuance.ocf.writer import write_package
from issuance.securities.models import Security
from portal.accounts.fields import seal
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import fingerprint, sha256_hex
from portal.domain.errors import Conflict, Invalid

BATCH = 2_000


class FaultyPackage(Invalid):
    """The package has faults; each is among the reasons with its file and object."""

    code = "ocf-faulty"


class AnotherIssuer(Conflict):
    """The package is of a company that another issuer on the portal stands for."""

    code = "ocf-another-issuer"


class KeptHere(Conflict):
    """The package has a class that this portal's own register keeps."""

    code = "ocf-kept-here"


def import_package(
    *, reading: Reading, issuer_id: UUID | None = None, actor: Actor, at: datetime
) -> ImportFacts:
    """
    Take a package in as the history of an issuer; the newest import of an issuer counts.

    issuer_id  None: the issuer that this package's company was imported as before, or else a new one, which
               compliance still has to review before it issues anything here
    raises     FaultyPackage with every fault, NoSuchIssuer, AnotherIssuer, KeptHere, Invalid
    """
    if reading.faults:
        count = len(reading.faults)
        raise FaultyPackage(
            f"The package has {count} fault{'' if count == 1 else 's'}; nothing was imported.",
            field="file",
            reasons=[str(fault) for fault in reading.faults],
        )
    with transaction.atomic():
        _not_from_here(reading)
        issuer = _issuer(reading.package.issuer, issuer_id, actor, at)
        last = OcfImport.objects.filter(issuer=issuer).order_by("-number").first()
        if last is not None and last.sha256 == reading.sha256:
            return import_facts(last, replayed=True)
        made = _keep(reading, issuer, last.number + 1 if last else 1, actor, at)
        record(
            actor=actor,
            action="ocf.imported",
            subject=f"ocf_import:{made.pk}",
            organisation=issuer.pk,
            at=at,
            number=made.number,
            objects=made.objects_count,
            sha256=made.sha256,
        )
    return import_facts(made)


def export_package(*, issuer_id: UUID, actor: Actor, at: datetime) -> dict[str, bytes]:
    """
    The issuer's cap table as OCF files by name; who took it is kept, for it names people.

    raises  NoSuchIssuer
    """
    with transaction.atomic():
        files = write_package(issuer_id, at=at)
        record(
            actor=actor,
            action="ocf.exported",
            subject=f"issuer:{issuer_id}",
            organisation=issuer_id,
            at=at,
            files=len(files),
            sha256=sha256_hex(b"".join(files.values())),
        )
    return files


def _not_from_here(reading: Reading) -> None:
    """An export holds what the register keeps; taken in again, it would count twice."""
    own = {str(key) for key in Security.objects.values_list("pk", flat=True)}
    for item in reading.package.of("STOCK_CLASS"):
        if item.id in own:
            raise KeptHere(
                f"The class {item.id} is a security of this portal, whose register says who holds it.",
                field="file",
                next_step="Import the package on another installation.",
            )


def _issuer(company: Mapping[str, Any], issuer_id: UUID | None, actor: Actor, at: datetime) -> Issuer:
    known = OcfImport.objects.filter(ocf_issuer_id=company["id"]).order_by("-imported_at").first()
    if issuer_id is None and known is None:
        issuer_id = apply(
            legal_name=str(company["legal_name"])[:200],
            country=str(company["country_of_formation"]),
            actor=actor,
            at=at,
        ).id
    wanted = issuer_id or known.issuer_id  # type: ignore[union-attr]
    found = Issuer.objects.select_for_update().filter(pk=wanted).first()
    if found is None:
        raise NoSuchIssuer("There is no issuer with this id.")
    if known is not None and known.issuer_id != found.pk:
        raise AnotherIssuer(
            f"The company {str(company['id'])[:80]} of this package was imported as the issuer {known.issuer_id}.",
            field="issuer",
        )
    own = OcfImport.objects.filter(issuer=found).exclude(ocf_issuer_id=company["id"]).first()
    if own is not None:
        raise AnotherIssuer(
            f"{found.legal_name} has the history of the company {own.ocf_issuer_id}; this package is of another.",
            field="issuer",
        )
    return found


def _keep(reading: Reading, issuer: Issuer, number: int, actor: Actor, at: datetime) -> OcfImport:
    key, package = uuid4(), reading.package
    made = OcfImport.objects.create(
        pk=key,
        issuer=issuer,
        number=number,
        ocf_issuer_id=package.issuer["id"],
        manifest_file=package.manifest_file[:300],
        manifest=_sealed(package.manifest, f"ocf_import.manifest:{key}"),
        side=_sealed(package.side, f"ocf_import.side:{key}"),
        sha256=reading.sha256,
        objects_count=len(package.items),
        imported_at=at,
        imported_by=str(actor),
    )
    OcfObject.objects.bulk_create((_row(made, item) for item in package.items), batch_size=BATCH)
    return made


def _row(made: OcfImport, item: Item) -> OcfObject:
    key = uuid4()
    return OcfObject(
        pk=key,
        imported=made,
        number=item.number,
        file=item.file[:300],
        object_type=item.type,
        object_id=item.id,
        body=_sealed(item.body, f"ocf_object.body:{key}"),
        sha256=fingerprint(item.body),
    )


def _sealed(body: Mapping[str, Any], context: str) -> str:
    return seal(json.dumps(body, ensure_ascii=False, separators=(",", ":")), context=context)
