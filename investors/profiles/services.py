"""Writes of profiles: each change is versioned with who and why, and told to the trail without the values."""

import secrets
import uuid
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from investors.domain.identifiers import checked_identifier, country_code
from investors.profiles.facts import InvestorFacts, PersonalData, ProfileInput
from investors.profiles.models import Investor, RelatedPerson, Revision
from investors.profiles.selectors import NoSuchInvestor, investor_facts, open_row
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json
from portal.domain.errors import Conflict, Invalid, NotFound

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_IDENTITY = {"kind", "country", "legal_name", "born_or_formed", "identifier", "identifier_kind"}
_LIMITS = {"legal_name": 200, "address": 500}


class AlreadyAnInvestor(Conflict):
    """One person signs in for one investor."""

    code = "already-an-investor"


class NothingChanged(Invalid):
    code = "nothing-changed"


class ReasonMissing(Invalid):
    """Personal data is opened only for a stated reason."""

    code = "reason-missing"


class TooMuchOwned(Invalid):
    """Shares of one entity add up to more than the whole."""

    code = "too-much-owned"


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
        revision = _revise(row, changed=("kind", "country", "us_person"), actor=actor, reason="opened", at=at)
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
        row = _locked(investor_id)
        before = open_row(row)
        changed = _apply(row, before, profile, today=at.date())
        if not changed:
            raise NothingChanged("Nothing in the profile differs from what is stored.")
        row.version += 1
        if _IDENTITY & set(changed):
            row.identity_changed_at = at
        row.save()
        revision = _revise(row, changed=changed, actor=actor, reason=reason, at=at)
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
            fields=["address", "born_or_formed", "identifier", "legal_name"],
        )
        return open_row(row)


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
) -> UUID:
    """
    Name a person behind the investor.

    role           joint_holder | beneficial_owner | control_person | signatory
    born           ISO date, or "" where unknown
    ownership_ppm  for a beneficial owner: parts per million of the entity
    raises         NoSuchInvestor, TooMuchOwned, Invalid naming the field
    """
    with transaction.atomic():
        row = _locked(investor_id)
        _check_related(row, role, ownership_ppm)
        person = RelatedPerson(
            id=uuid.uuid4(),
            investor=row,
            role=role,
            country=country_code(country),
            ownership_ppm=ownership_ppm if role == RelatedPerson.Role.BENEFICIAL_OWNER else None,
            name=_text(name, "name", 200),
            born=_day(born, today=at.date()) if born else "",
            added_at=at,
        )
        person.save(force_insert=True)
        row.version += 1
        row.identity_changed_at = at
        row.save(update_fields=["version", "identity_changed_at"])
        revision = _revise(row, changed=(f"{role} added",), actor=actor, reason="", at=at)
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
        row = _locked(person.investor_id)
        person.ended_at = at
        person.save(update_fields=["ended_at"])
        row.version += 1
        row.identity_changed_at = at
        row.save(update_fields=["version", "identity_changed_at"])
        revision = _revise(row, changed=(f"{person.role} ended",), actor=actor, reason=reason, at=at)
        record(
            actor=actor,
            action="investor.related_person_ended",
            subject=f"investor:{row.pk}",
            reason=reason,
            at=at,
            related_person=str(person.pk),
            rows=essences(row, person, revision),
        )


def _locked(investor_id: UUID) -> Investor:
    row = Investor.objects.select_for_update().filter(pk=investor_id).first()
    if row is None:
        raise NoSuchInvestor("There is no investor with this id.")
    if row.closed_at is not None:
        raise Conflict(f"This investor was closed on {row.closed_at:%d %b %Y}; nothing can change any more.")
    return row


def _apply(row: Investor, before: PersonalData, profile: ProfileInput, *, today: date) -> tuple[str, ...]:
    """Write what differs onto the row; the names of changed fields in a stable order."""
    wanted = _checked(row, before, profile, today=today)
    old = {
        "legal_name": before.legal_name,
        "born_or_formed": before.born_or_formed.isoformat() if before.born_or_formed else "",
        "identifier": before.identifier,
        "address": before.address,
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
    for name, most in _LIMITS.items():
        given = getattr(profile, name)
        if given is not None:
            wanted[name] = _text(given, name, most)
    if profile.born_or_formed is not None:
        wanted["born_or_formed"] = _day(profile.born_or_formed, today=today)
    if profile.identifier is not None or profile.identifier_kind is not None:
        kind = profile.identifier_kind if profile.identifier_kind is not None else row.identifier_kind
        value = profile.identifier if profile.identifier is not None else before.identifier
        wanted["identifier_kind"] = kind
        wanted["identifier"] = checked_identifier(
            kind=kind, value=value, country=place, investor_kind=wanted.get("kind", row.kind)
        )
    return wanted


def _text(value: str, field: str, most: int) -> str:
    text = " ".join(value.split())
    label = field.replace("_", " ").capitalize()
    if not text:
        raise Invalid(f"{label} is empty.", field=field)
    if len(text) > most:
        raise Invalid(f"{label} has {len(text)} characters; at most {most} are possible.", field=field)
    if not text.isprintable():
        raise Invalid(f"{label} contains characters that cannot be shown.", field=field)
    return text


def _day(text: str, *, today: date, field: str = "born_or_formed") -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("The date is not one of the calendar; write it as 1980-12-31.", field=field) from None
    if day > today:
        raise Invalid(f"{day.isoformat()} lies in the future.", field=field)
    if day.year < 1850:
        raise Invalid(f"{day.isoformat()} lies too far back.", field=field)
    return day.isoformat()


def _check_related(row: Investor, role: str, ownership_ppm: int | None) -> None:
    if role not in RelatedPerson.Role.values:
        raise Invalid(f"The role is one of {', '.join(RelatedPerson.Role.values)}.", field="role")
    if (role == RelatedPerson.Role.JOINT_HOLDER) != (row.kind == Investor.Kind.JOINT):
        raise Invalid(
            "A joint holder stands beside joint holders only; owners and signatories behind an entity.",
            field="role",
        )
    if role != RelatedPerson.Role.BENEFICIAL_OWNER:
        return
    if ownership_ppm is None or not 0 < ownership_ppm <= 1_000_000:
        raise Invalid("A beneficial owner owns more than 0 % and at most 100 %.", field="ownership")
    others = row.related_persons.filter(role=role, ended_at=None).values_list("ownership_ppm", flat=True)
    total = sum(ppm or 0 for ppm in others) + ownership_ppm
    if total > 1_000_000:
        raise TooMuchOwned(
            f"The owners would hold {total / 10_000:.4f} % together; 100 % is the whole.", field="ownership"
        )


def _revise(row: Investor, *, changed: tuple[str, ...], actor: Actor, reason: str, at: datetime) -> Revision:
    data = open_row(row)
    # The salt keeps the hash of this text, which stands in the trail, from telling what the text says.
    snapshot = {
        "_salt": secrets.token_hex(16),
        "kind": row.kind,
        "country": row.country,
        "tax_countries": list(row.tax_countries),
        "us_person": row.us_person,
        "politically_exposed": row.politically_exposed,
        "expected_minor": str(row.expected_minor),
        "legal_name": data.legal_name,
        "born_or_formed": data.born_or_formed.isoformat() if data.born_or_formed else "",
        "identifier_kind": row.identifier_kind,
        "identifier": data.identifier,
        "address": data.address,
        "related_persons": [
            {
                "id": str(person.pk),
                "name": person.name,
                "born": person.born,
                "country": person.country,
            }
            for person in row.related_persons.order_by("pk")
        ],
    }
    return Revision.objects.create(
        investor=row,
        version=row.version,
        changed=list(changed),
        snapshot=canonical_json(snapshot).decode(),
        actor=str(actor),
        actor_label=actor.label,
        reason=reason,
        at=at,
    )
