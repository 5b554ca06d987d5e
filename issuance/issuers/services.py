"""Onboarding of issuers: one applies, a compliance officer reviews."""

from datetime import datetime
from uuid import UUID

import pycountry
from django.db import IntegrityError, transaction

from issuance.domain.identifiers import check_lei
from issuance.issuers.facts import IssuerFacts
from issuance.issuers.models import LIFECYCLE, Issuer
from issuance.issuers.selectors import NoSuchIssuer, issuer_facts
from portal.accounts.services import create_organisation, grant_role
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid
from portal.domain.roles import Role


class LeiTaken(Conflict):
    """Another issuer on the portal has this LEI."""

    code = "lei-taken"


class NoReason(Invalid):
    """A refusal or a suspension is told with its reason."""

    code = "no-reason"


def apply(
    *,
    legal_name: str,
    country: str,
    lei: str = "",
    applicant_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> IssuerFacts:
    """
    Apply to issue on the portal. Makes the issuer's organisation; nothing can be issued before the review.

    country       ISO 3166-1 alpha-2
    lei           checked where given
    applicant_id  the person who becomes the organisation's first administrator
    raises        Invalid, NotAnIdentifier, LeiTaken
    """
    known_as = " ".join(legal_name.split())
    if not known_as or len(known_as) > 200:
        raise Invalid("The legal name has 1 to 200 characters.", field="legal_name")
    if pycountry.countries.get(alpha_2=country) is None:
        raise Invalid(f"{country[:20]!r} is not a country code of ISO 3166-1 such as US.", field="country")
    number = check_lei(lei) if lei else ""
    with transaction.atomic():
        place = create_organisation(kind="issuer", name=known_as, actor=actor, at=at)
        row = Issuer(
            pk=place.id,
            organisation_id=place.id,
            legal_name=known_as,
            country=country,
            lei=number,
            created_at=at,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as clash:
            raise LeiTaken(
                f"An issuer with the LEI {number} is on the portal already.", field="lei"
            ) from clash
        if applicant_id is not None:
            grant_role(
                user_id=applicant_id, organisation_id=place.id, role=Role.ISSUER_ADMIN, actor=actor, at=at
            )
        record(
            actor=actor,
            action="issuer.applied",
            subject=f"issuer:{row.pk}",
            organisation=row.pk,
            at=at,
            country=country,
            lei=number,
        )
    return issuer_facts(row)


def approve(*, issuer_id: UUID, note: str = "", actor: Actor, at: datetime) -> IssuerFacts:
    """Approve an issuer after review. Raises NoSuchIssuer, NotAllowedNow."""
    return _review(issuer_id, "approve", note=note, actor=actor, at=at)


def refuse(*, issuer_id: UUID, note: str, actor: Actor, at: datetime) -> IssuerFacts:
    """Refuse an application, with the reason. Raises NoSuchIssuer, NotAllowedNow, NoReason."""
    return _review(issuer_id, "refuse", note=note, actor=actor, at=at)


def suspend(*, issuer_id: UUID, note: str, actor: Actor, at: datetime) -> IssuerFacts:
    """Stop an issuer from issuing anything new. Raises NoSuchIssuer, NotAllowedNow, NoReason."""
    return _review(issuer_id, "suspend", note=note, actor=actor, at=at)


def _review(issuer_id: UUID, event: str, *, note: str, actor: Actor, at: datetime) -> IssuerFacts:
    reason = note.strip()
    if event != "approve" and not reason:
        raise NoReason("Write why; the issuer reads it.", field="note")
    with transaction.atomic():
        row = Issuer.objects.select_for_update().filter(pk=issuer_id).first()
        if row is None:
            raise NoSuchIssuer("There is no issuer with this id.")
        before = row.state
        row.state = LIFECYCLE.after(before, event)
        row.review_note, row.reviewed_by, row.reviewed_at = reason, str(actor), at
        row.save(update_fields=["state", "review_note", "reviewed_by", "reviewed_at"])
        record(
            actor=actor,
            action=f"issuer.{row.state}",
            subject=f"issuer:{row.pk}",
            organisation=row.pk,
            reason=reason,
            before={"state": before},
            after={"state": row.state},
            at=at,
        )
    return issuer_facts(row)
