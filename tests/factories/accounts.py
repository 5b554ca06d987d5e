"""People and organisations for tests, made through the services."""

from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client
from django.utils import timezone

from portal.accounts import selectors, services
from portal.accounts.facts import OrganisationFacts, UserFacts
from portal.accounts.models import User
from portal.domain.actors import Actor
from portal.domain.roles import OrganisationKind, Role

SETUP = Actor.worker("tests")
LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple 7"
_number = count(1)


def actor(person: UserFacts) -> Actor:
    return Actor(
        kind="user", id=str(person.id), label=person.name, origin="203.0.113.7", session="0123456789abcdef"
    )


def person(
    name: str = "", *, email: str = "", password: str | None = None, at: datetime = LONG_AGO
) -> UserFacts:
    """Somebody who has signed up and confirmed the address. Without a password unless one is given: hashing is slow."""
    n = next(_number)
    return services.register_user(
        email=email or f"person{n}@somewhere.example",
        name=name or f"Person {n}",
        password=password,
        actor=SETUP,
        at=at,
    )


def house() -> OrganisationFacts:
    try:
        return selectors.house()
    except selectors.NoSuchOrganisation:
        return services.create_organisation(
            kind=OrganisationKind.HOUSE, name="Aldermoor", actor=SETUP, at=LONG_AGO
        )


def issuer(name: str = "") -> OrganisationFacts:
    return services.create_organisation(
        kind=OrganisationKind.ISSUER, name=name or f"Issuer {next(_number)}", actor=SETUP, at=LONG_AGO
    )


def grant(who: UserFacts, role: Role, organisation: OrganisationFacts) -> UUID:
    return services.grant_role(
        user_id=who.id, organisation_id=organisation.id, role=role, actor=SETUP, at=LONG_AGO
    ).id


def member(
    role: Role, organisation: OrganisationFacts | None = None, *, password: str | None = None
) -> UserFacts:
    """Somebody with this role: in the given organisation, in the house, or in a new issuer. An investor has none."""
    made = person(f"Some {role.label}", password=password)
    if role.organisation_kind is None:
        return made
    if organisation is None:
        organisation = house() if role.organisation_kind is OrganisationKind.HOUSE else issuer()
    grant(made, role, organisation)
    return made


class Shown:
    """Ways of signing in, as allauth writes them into the session."""

    password = {"method": "password"}
    totp = {"method": "mfa", "type": "totp"}
    passkey = {"method": "mfa", "type": "webauthn", "passwordless": True}


def sign_in(client: Client, who: UserFacts, *shown: dict, at: datetime | None = None) -> Client:
    """
    Sign in as `who` having shown these (a passkey, unless told otherwise) at this moment (now).

        sign_in(client, officer)                        two factors
        sign_in(client, officer, Shown.password)        one
    """
    client.force_login(User.objects.get(pk=who.id))
    seconds = (at or timezone.now()).timestamp()
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**one, "at": seconds} for one in shown or (Shown.passkey,)
    ]
    session["account_authentication_methods_user"] = str(who.id)
    session.save()
    return client
