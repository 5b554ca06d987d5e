"""Writes of profiles: each change is versioned with who and why, and told to the trail without the values."""

import secrets
import uuid
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from investors.domain.entities import ENTITY_FORMS, OWNERS_FROM_PPM
from investors.domain.identifiers import checked_identifier, checked_lei, country_code
from investors.domain.profile_values import checked_day, checked_phone, checked_text
from investors.profiles.facts import InvestorFacts, OpenedRevision, PersonalData, ProfileInput
from investors.profiles.models import Investor, RelatedPerson
from investors.profiles.ownership import has_large_owner, owner_named, refuse_misplaced
from investors.profiles.selectors import NoSuchInvestor, investor_facts, open_row
from investors.profiles.snapshot import locked, opened_revisions, revise
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid, NotFound

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_IDENTITY = {
    "kind",
    "country",
    "legal_name",
    "born_or_formed",
    "identifier",
    "identifier_kind",
    "entity_form",
}
_LIMITS = {"legal_name": 200, "address": 500}


class AlreadyAnInvestor(Conflict):
    """One person signs in for one investor."""

    code = "already-an-investor"


class NothingChanged(Invalid):
    code = "nothing-changed"


class ReasonMissing(Invalid):
    """Personal data is opened only for a stated reason."""

    code = "reason-missing"


class NoSuchRelatedPerson(NotFound):
    code = "no-such-related-person"


def create_investor(
    *,
    kind: str,
    country: str,
    actor: Actor,
    at: datetime,
    user_id: UUID | None = None,
    us_person: bool | None = None,
) -> InvestorFacts:
    """
    Open an empty profile.

    kind       natural | joint | entity
    country    ISO 3166-1 alpha-2 of residence or organisation
    us_person  as certified; everyone in the US is one; unknown counts as one
    raises     AlreadyAnInvestor when this person has one
    """
    if kind not in Investor.Kind.values:
        raise Invalid(f"The kind is one of {', '.join(Investor.Kind.values)}.", field="kind")
    place = country_code(country)
    certified = place == "US" or us_person is not False
    with transaction.atomic():
        row = Investor(
            id=uuid.uuid4(),
            reference="INV-" + "".join(secrets.choice(_ALPHABET) for _ in range(6)),
            user_id=user_id,
            kind=kind,
            country=place,
            us_person=certified,
            created_at=at,
            identity_changed_at=at,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as clash:
            if "user_id" not in str(clash):
                raise
            raise AlreadyAnInvestor(
                "You already have an investor profile.", next_step="Continue with the profile you have."
            ) from clash
        revision = revise(row, changed=("kind", "country", "us_person"), actor=actor, reason="opened", at=at)
        record(
            actor=actor,
            action="investor.opened",
            subject=f"investor:{row.pk}",
            at=at,
            kind=kind,
            country=place,
            us_person=certified,
            rows=essences(row, revision),
        )
    return investor_facts(row)


def update_profile(
    *, investor_id: UUID, profile: ProfileInput, reason: str, actor: Actor, at: datetime
) -> InvestorFacts:
    """
    Change what is given and leave the rest. A change of identity after a KYC decision asks for a new look at it
    (see claims_of).

    raises  NoSuchInvestor, NothingChanged, Invalid naming the field
    """
    with transaction.atomic():
        row = locked(investor_id)
        before = open_row(row)
        changed = _apply(row, before, profile, today=at.date())
        if not changed:
            raise NothingChanged("Nothing in the profile differs from what is stored.")
        row.version += 1
        if _IDENTITY & set(changed):
            row.identity_changed_at = at
        row.save()
        revision = revise(row, changed=changed, actor=actor, reason=reason, at=at)
        record(
            actor=actor,
            action="investor.profile_changed",
            subject=f"investor:{row.pk}",
            reason=reason,
            at=at,
            version=row.version,
            changed=list(changed),
            rows=essences(row, revision),
        )
    return investor_facts(row)


def save_own_profile(*, user_id: UUID, profile: ProfileInput, actor: Actor, at: datetime) -> InvestorFacts:
    """
    Save what a person says of himself, opening his profile the first time: then kind and country must be given.
    Saying the same again changes nothing.

    raises  as create_investor and update_profile
    """
    with transaction.atomic():
        own = Investor.objects.filter(user_id=user_id).first()
        if own is None:
            own_facts = create_investor(
                kind=profile.kind or "",
                country=profile.country or "",
                us_person=profile.us_person,
                user_id=user_id,
                actor=actor,
                at=at,
            )
        else:
            own_facts = investor_facts(own)
        try:
            return update_profile(
                investor_id=own_facts.id, profile=profile, reason="by the investor", actor=actor, at=at
            )
        except NothingChanged:
            return own_facts


def reveal(*, investor_id: UUID, reason: str, actor: Actor, at: datetime) -> PersonalData:
    """
    Open an investor's personal data to an officer; leaves an event with the reason.

    raises  ReasonMissing, NoSuchInvestor
    """
    if len(reason.strip()) < 5:
        raise ReasonMissing("Say why you need to see personal data; the reason is kept.", field="reason")
    with transaction.atomic():
        row = Investor.objects.filter(pk=investor_id).first()
        if row is None:
            raise NoSuchInvestor("There is no investor with this id.")
        record(
            actor=actor,
            action="investor.personal_data_opened",
            subject=f"investor:{row.pk}",
            reason=reason.strip(),
            at=at,
            fields=["address", "born_or_formed", "identifier", "legal_name", "mailing_address", "phone"],
        )
        return open_row(row)


def reveal_history(*, investor_id: UUID, reason: str, actor: Actor, at: datetime) -> list[OpenedRevision]:
    """
    Open every version of a profile to an officer, newest first, with what each changed; leaves an event with the reason.

    raises  ReasonMissing, NoSuchInvestor
    """
    with transaction.atomic():
        reveal(investor_id=investor_id, reason=reason, actor=actor, at=at)
        return opened_revisions(investor_id)


def add_related_person(
    *,
    investor_id: UUID,
    role: str,
    name: str,
    country: str,
    actor: Actor,
    at: datetime,
    born: str = "",
    ownership_ppm: int | None = None,
    is_entity: bool = False,
    owner_reference: str = "",
    title: str = "",
    identifier_kind: str = "none",
    identifier: str = "",
) -> UUID:
    """
    Name a person behind the investor.

    role             joint_holder | beneficial_owner | control_person | signatory
    born             ISO date, or "" where unknown
    ownership_ppm    for a beneficial owner: parts per million of the entity
    is_entity        the owner is one itself; owner_reference: of its own profile, where it invests here
    title            by what right he signs or controls, such as "Trustee"
    raises           NoSuchInvestor, TooMuchOwned, OwnersInCircle, Invalid naming the field
    """
    with transaction.atomic():
        row = locked(investor_id)
        refuse_misplaced(row, role, ownership_ppm, is_entity=is_entity or bool(owner_reference.strip()))
        owner = owner_named(row, owner_reference, name=name) if is_entity or owner_reference.strip() else None
        place = country_code(country)
        entity = owner.kind == Investor.Kind.ENTITY if owner else is_entity
        person = RelatedPerson(
            id=uuid.uuid4(),
            investor=row,
            role=role,
            country=place,
            ownership_ppm=ownership_ppm if role == RelatedPerson.Role.BENEFICIAL_OWNER else None,
            is_entity=entity,
            owner=owner,
            title=title.strip() and checked_text(title, "title", 80),
            name=checked_text(name, "name", 200, letters=True),
            born=checked_day(born, today=at.date(), field="born", person=not entity) if born else "",
            identifier_kind=identifier_kind,
            identifier=checked_identifier(
                kind=identifier_kind,
                value=identifier,
                country=place,
                investor_kind="entity" if entity else "natural",
            ),
            added_at=at,
        )
        person.save(force_insert=True)
        if (person.ownership_ppm or 0) >= OWNERS_FROM_PPM:
            row.no_large_owner = False
        row.version, row.identity_changed_at = row.version + 1, at
        row.save(update_fields=["version", "identity_changed_at", "no_large_owner"])
        revision = revise(row, changed=(f"{role} added",), actor=actor, reason="", at=at)
        record(
            actor=actor,
            action="investor.related_person_added",
            subject=f"investor:{row.pk}",
            at=at,
            related_person=str(person.pk),
            role=role,
            ownership_ppm=person.ownership_ppm,
            rows=essences(row, person, revision),
        )
    return person.pk


def end_related_person(*, related_person_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """
    A person stands behind the investor no more; the row stays.

    raises  NoSuchRelatedPerson
    """
    with transaction.atomic():
        person = RelatedPerson.objects.select_for_update().filter(pk=related_person_id, ended_at=None).first()
        if person is None:
            raise NoSuchRelatedPerson("There is no such person in force.")
        row = locked(person.investor_id)
        person.ended_at = at
        person.save(update_fields=["ended_at"])
        row.version += 1
        row.identity_changed_at = at
        row.save(update_fields=["version", "identity_changed_at"])
        revision = revise(row, changed=(f"{person.role} ended",), actor=actor, reason=reason, at=at)
        record(
            actor=actor,
            action="investor.related_person_ended",
            subject=f"investor:{row.pk}",
            reason=reason,
            at=at,
            related_person=str(person.pk),
            rows=essences(row, person, revision),
        )


def _apply(row: Investor, before: PersonalData, profile: ProfileInput, *, today: date) -> tuple[str, ...]:
    """Write what differs onto the row; the names of changed fields in a stable order."""
    wanted = _checked(row, before, profile, today=today)
    old = {
        "legal_name": before.legal_name,
        "born_or_formed": before.born_or_formed.isoformat() if before.born_or_formed else "",
        "identifier": before.identifier,
        "address": before.address,
        "mailing_address": before.mailing_address,
        "phone": before.phone,
    }
    changed = []
    for name, value in wanted.items():
        if value == (old[name] if name in old else getattr(row, name)):
            continue
        changed.append(name)
        setattr(row, name, value)
    return tuple(changed)


def _checked(row: Investor, before: PersonalData, profile: ProfileInput, *, today: date) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if profile.kind is not None:
        if profile.kind not in Investor.Kind.values:
            raise Invalid(f"The kind is one of {', '.join(Investor.Kind.values)}.", field="kind")
        wanted["kind"] = profile.kind
    if profile.country is not None:
        wanted["country"] = country_code(profile.country)
    if profile.tax_countries is not None:
        codes = {country_code(code, field="tax_countries") for code in profile.tax_countries}
        if not 1 <= len(codes) <= 8:
            raise Invalid("Name between one and eight tax residences.", field="tax_countries")
        wanted["tax_countries"] = sorted(codes)
    place = wanted.get("country", row.country)
    if profile.us_person is not None or place == "US":
        wanted["us_person"] = place == "US" or bool(profile.us_person)
    if profile.politically_exposed is not None:
        wanted["politically_exposed"] = profile.politically_exposed
    if profile.expected_minor is not None:
        if not 0 <= profile.expected_minor < 10**15:
            raise Invalid(
                "What you expect to invest must lie between 0 and 10 trillion.", field="expected_minor"
            )
        wanted["expected_minor"] = profile.expected_minor
    kind = wanted.get("kind", row.kind)
    return (
        wanted | _private(row, before, profile, kind, place, today) | _entity_facts(row, profile, kind=kind)
    )


def _private(
    row: Investor, before: PersonalData, profile: ProfileInput, kind: str, place: str, today: date
) -> dict[str, Any]:
    """What lies sealed."""
    wanted: dict[str, Any] = {}
    for name, most in _LIMITS.items():
        given = getattr(profile, name)
        if given is not None:
            wanted[name] = checked_text(given, name, most, letters=name == "legal_name")
    if profile.born_or_formed is not None:
        person = kind != Investor.Kind.ENTITY
        wanted["born_or_formed"] = checked_day(
            profile.born_or_formed, today=today, field="born_or_formed", person=person
        )
    if profile.identifier is not None or profile.identifier_kind is not None:
        given = profile.identifier_kind
        number_kind = given if given is not None else row.identifier_kind
        value = profile.identifier if profile.identifier is not None else before.identifier
        wanted["identifier_kind"] = number_kind
        wanted["identifier"] = checked_identifier(
            kind=number_kind, value=value, country=place, investor_kind=kind
        )
    if profile.mailing_address is not None:
        given = profile.mailing_address
        wanted["mailing_address"] = checked_text(given, "mailing_address", 500) if given.strip() else ""
    if profile.phone is not None:
        wanted["phone"] = checked_phone(profile.phone)
    return wanted


def _entity_facts(row: Investor, profile: ProfileInput, *, kind: str) -> dict[str, Any]:
    """What only an entity has; a profile that becomes a person's loses it."""
    people = {person.role: person for person in row.related_persons.filter(ended_at=None)}
    if kind != row.kind and people:
        raise Invalid(
            "People are named behind this investor. Remove them before you change who invests.", field="kind"
        )
    if kind != Investor.Kind.ENTITY:
        return {"entity_form": "", "no_large_owner": False, "lei": ""}
    wanted: dict[str, Any] = {}
    if profile.entity_form is not None:
        if profile.entity_form not in ENTITY_FORMS:
            raise Invalid(f"The form is one of {', '.join(ENTITY_FORMS.values())}.", field="entity_form")
        wanted["entity_form"] = profile.entity_form
    if profile.no_large_owner is not None:
        if profile.no_large_owner and has_large_owner(row):
            raise Invalid(
                "An owner of 25 % or more is named. Remove him before you say that there is none.",
                field="no_large_owner",
            )
        wanted["no_large_owner"] = profile.no_large_owner
    if profile.lei is not None:
        wanted["lei"] = checked_lei(profile.lei)
    return wanted
