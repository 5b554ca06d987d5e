"""Reads: who somebody is, what they may act for, where they are signed in."""

from collections.abc import Iterable
from importlib import import_module
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from portal.accounts.facts import (
    DemoPerson,
    MembershipFacts,
    OrganisationFacts,
    Principal,
    SessionFacts,
    UserFacts,
)
from portal.accounts.models import Membership, Organisation, User
from portal.domain.errors import NotFound
from portal.domain.roles import OrganisationKind, Role

DEMO_EMAIL_ENDING = ".example"
"""Top-level name reserved for examples (RFC 2606): no such address belongs to anybody."""


class NoSuchPerson(NotFound):
    code = "no-such-person"


class NoSuchOrganisation(NotFound):
    code = "no-such-organisation"


def principal_of(user: User | AnonymousUser) -> Principal:
    """Whom permissions judge, read afresh: an ended membership counts from the next request on."""
    if not isinstance(user, User) or not user.is_active:
        return Principal()
    held = Membership.objects.filter(user=user, ended_at=None).values_list("role", "organisation_id")
    roles = frozenset((Role(role), organisation_id) for role, organisation_id in held)
    in_house = any(role.organisation_kind is OrganisationKind.HOUSE for role, _ in roles)
    return Principal(user_id=user.pk, roles=roles, investor=not in_house)


def user(user_id: UUID) -> UserFacts:
    """raises  NoSuchPerson"""
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise NoSuchPerson("There is no person with this id.")
    return _user_facts(found)


def user_by_email(email: str) -> UserFacts | None:
    found = User.objects.filter(email__iexact=email.strip()).first()
    return None if found is None else _user_facts(found)


def users(user_ids: Iterable[UUID]) -> dict[UUID, UserFacts]:
    """Facts by id, for pages that show names; unknown ids are left out."""
    return {found.pk: _user_facts(found) for found in User.objects.filter(pk__in=list(user_ids))}


def organisation(organisation_id: UUID) -> OrganisationFacts:
    """raises  NoSuchOrganisation"""
    found = Organisation.objects.filter(pk=organisation_id).first()
    if found is None:
        raise NoSuchOrganisation("There is no organisation with this id.")
    return _organisation_facts(found)


def organisations(*, kind: OrganisationKind | str | None = None) -> list[OrganisationFacts]:
    found = Organisation.objects.order_by("name", "pk")
    if kind is not None:
        found = found.filter(kind=str(kind))
    return [_organisation_facts(one) for one in found]


def house() -> OrganisationFacts:
    """
    The organisation that runs the portal.

    raises  NoSuchOrganisation before it has been created
    """
    found = Organisation.objects.filter(kind=OrganisationKind.HOUSE.value).first()
    if found is None:
        raise NoSuchOrganisation(
            "The house has not been set up yet.", next_step="Run the setup or demo command."
        )
    return _organisation_facts(found)


def memberships(
    *, user_id: UUID | None = None, organisation_id: UUID | None = None, ended: bool = False
) -> list[MembershipFacts]:
    """Memberships in force (with `ended`, all), oldest first."""
    found = Membership.objects.select_related("organisation").order_by("created_at", "pk")
    if user_id is not None:
        found = found.filter(user_id=user_id)
    if organisation_id is not None:
        found = found.filter(organisation_id=organisation_id)
    if not ended:
        found = found.filter(ended_at=None)
    return [membership_facts(one) for one in found]


def members(*, role: Role, organisation_id: UUID | None = None) -> list[UserFacts]:
    """Active people who hold this role now, oldest membership first."""
    held = Membership.objects.filter(role=role.value, ended_at=None, user__is_active=True)
    if organisation_id is not None:
        held = held.filter(organisation_id=organisation_id)
    return [_user_facts(one.user) for one in held.select_related("user").order_by("created_at", "pk")]


def has_second_factor(user_id: UUID) -> bool:
    """True when a device (app or passkey) is set up, whatever this session has shown."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user_id=user_id, type__in=kinds).exists()


def sessions(user_id: UUID) -> list[SessionFacts]:
    """Where this person is signed in, most recently seen first."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    return [
        SessionFacts(
            id=one.pk,
            address=one.ip,
            browser=one.user_agent,
            signed_in_at=one.created_at,
            last_seen_at=one.last_seen_at,
        )
        for one in UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at", "-pk")
        if store.exists(one.session_key)
    ]


def demo_people() -> list[DemoPerson]:
    """
    Whom the sign-in page offers in demonstration mode: of each role the first person whose address ends in
    .example; nobody when the mode is off.
    """
    if not settings.DEMO_MODE:
        return []
    offered: dict[Role, DemoPerson] = {}
    held = Membership.objects.filter(
        ended_at=None, user__is_active=True, user__email__endswith=DEMO_EMAIL_ENDING
    ).select_related("user", "organisation")
    for one in held.order_by("created_at", "user__email"):
        offered.setdefault(Role(one.role), _demo_person(one.user, Role(one.role), one.organisation.name))
    free = User.objects.filter(is_active=True, email__endswith=DEMO_EMAIL_ENDING).exclude(
        memberships__ended_at=None, memberships__isnull=False
    )
    investor = free.order_by("created_at", "email").first()
    if investor is not None:
        offered[Role.INVESTOR] = _demo_person(investor, Role.INVESTOR, "")
    return [offered[role] for role in Role if role in offered]


def membership_facts(one: Membership) -> MembershipFacts:
    return MembershipFacts(
        id=one.pk,
        user_id=one.user_id,
        organisation_id=one.organisation_id,
        organisation_kind=OrganisationKind(one.organisation.kind),
        organisation_name=one.organisation.name,
        role=Role(one.role),
        created_at=one.created_at,
        ended_at=one.ended_at,
    )


def _user_facts(one: User) -> UserFacts:
    return UserFacts(id=one.pk, email=one.email, name=one.name, is_active=one.is_active)


def _organisation_facts(one: Organisation) -> OrganisationFacts:
    return OrganisationFacts(id=one.pk, kind=OrganisationKind(one.kind), name=one.name)


def _demo_person(person: User, role: Role, organisation_name: str) -> DemoPerson:
    return DemoPerson(
        user_id=person.pk, email=person.email, name=person.name, role=role, organisation=organisation_name
    )
