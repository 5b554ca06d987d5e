"""The house and the people who work in it."""

from dataclasses import dataclass

from portal.accounts import services
from portal.accounts.facts import OrganisationFacts, UserFacts
from portal.domain.actors import Actor
from portal.domain.roles import OrganisationKind, Role
from portal.funding.services import define_currencies
from portal.management.story.clock import Clock

TELLER = Actor.worker("demonstration")


def actor_of(person: UserFacts) -> Actor:
    return Actor(kind="user", id=str(person.id), label=person.name)


@dataclass(frozen=True, slots=True)
class House:
    organisation: OrganisationFacts
    officer: UserFacts
    second_officer: UserFacts
    operator: UserFacts
    second_operator: UserFacts
    auditor: UserFacts


def person(name: str, email: str, clock: Clock) -> UserFacts:
    return services.register_user(email=email, name=name, actor=TELLER, at=clock())


def found_house(name: str, clock: Clock) -> House:
    """The house, its currencies, and one person for each of its roles (two where four eyes are needed)."""
    place = services.create_organisation(kind=OrganisationKind.HOUSE, name=name, actor=TELLER, at=clock())
    define_currencies(actor=TELLER, at=clock())
    staff = {}
    for key, full_name, role in (
        ("officer", "Mara Lindqvist", Role.COMPLIANCE_OFFICER),
        ("second_officer", "Tomas Berger", Role.COMPLIANCE_OFFICER),
        ("operator", "Noor Haddad", Role.OPERATOR),
        ("second_operator", "Pavel Sorokin", Role.OPERATOR),
        ("auditor", "Grace Adeyemi", Role.AUDITOR),
    ):
        email = f"{full_name.split()[0].lower()}@aldermoor.example"
        staff[key] = person(full_name, email, clock)
        services.grant_role(
            user_id=staff[key].id, organisation_id=place.id, role=role, actor=TELLER, at=clock()
        )
    return House(place, **staff)
