"""What the rest of the portal may know of people and organisations: plain, frozen values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.domain.roles import OrganisationKind, Role


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    id: UUID
    user_id: UUID
    organisation_id: UUID
    organisation_kind: OrganisationKind
    organisation_name: str
    role: Role
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    id: UUID
    kind: OrganisationKind
    name: str


@dataclass(frozen=True, slots=True)
class UserFacts:
    id: UUID
    email: str
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Principal:
    """
    Who asks, as far as permissions care.

    user_id   None for somebody who is not signed in
    roles     (role, organisation id) of every membership in force
    investor  signed in, active, and without a role in the house (whoever decides on investors is not one)
    """

    user_id: UUID | None = None
    roles: frozenset[tuple[Role, UUID]] = frozenset()
    investor: bool = False

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def needs_second_factor(self) -> bool:
        return any(role.needs_second_factor for role, _ in self.roles)

    def holds(self, *roles: Role) -> bool:
        """True when any of these roles is held, wherever."""
        return any(role in roles for role, _ in self.roles)

    def holds_in(self, organisation_id: UUID, *roles: Role) -> bool:
        return any(role in roles and where == organisation_id for role, where in self.roles)

    def organisations(self, *roles: Role) -> frozenset[UUID]:
        """Ids of the organisations in which any of these roles (all, when none is named) is held."""
        return frozenset(where for role, where in self.roles if not roles or role in roles)


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """One signed-in browser of a person. `id` is public; the session key never leaves the room."""

    id: int
    address: str
    browser: str
    signed_in_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person whom the sign-in page offers in demonstration mode."""

    user_id: UUID
    email: str
    name: str
    role: Role
    organisation: str
