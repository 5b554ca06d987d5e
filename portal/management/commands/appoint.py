"""`manage.py appoint ada@example.com operator`: how a new installation gets its first people."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from portal.accounts import selectors, services
from portal.accounts.facts import OrganisationFacts, UserFacts
from portal.domain.actors import Actor
from portal.domain.errors import Refused
from portal.domain.roles import GRANTABLE, OrganisationKind, Role

ACTOR = Actor(kind="system", id="manage.py appoint", label="manage.py appoint")


class Command(BaseCommand):
    help = "Gives a person a role; makes the person, and the house, where they do not exist yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("role", choices=[role.value for role in GRANTABLE])
        parser.add_argument("--name", default="", help="the person's name, if new")
        parser.add_argument(
            "--organisation", type=UUID, help="the issuer's organisation; house roles need none"
        )

    def handle(
        self, *args: Any, email: str, role: str, name: str, organisation: UUID | None, **options: Any
    ) -> None:
        wanted = Role(role)
        try:
            with transaction.atomic():
                place = self._place(wanted, organisation)
                person = self._person(email, name)
                services.grant_role(
                    user_id=person.id,
                    organisation_id=place.id,
                    role=wanted,
                    actor=ACTOR,
                    at=timezone.now(),
                    reason="appointed from the command line",
                )
        except Refused as refused:
            raise CommandError(f"{refused.message} {refused.next_step}".strip()) from refused
        self.stdout.write(
            f"{person.email} is {wanted.label} of {place.name}. Whoever has no password yet sets one at "
            f"{settings.SITE_URL}/accounts/password/reset/ and is then asked for a second factor."
        )

    def _place(self, role: Role, organisation: UUID | None) -> OrganisationFacts:
        if organisation is not None:
            return selectors.organisation(organisation)
        if role.organisation_kind is OrganisationKind.ISSUER:
            raise CommandError(
                f"Say of which issuer: --organisation ID. {role.label.capitalize()} is a role of one."
            )
        houses = selectors.organisations(kind=OrganisationKind.HOUSE)
        return (
            houses[0]
            if houses
            else services.create_organisation(
                kind=OrganisationKind.HOUSE, name=settings.SITE_NAME, actor=ACTOR, at=timezone.now()
            )
        )

    def _person(self, email: str, name: str) -> UserFacts:
        return selectors.user_by_email(email) or services.register_user(
            email=email, name=name, actor=ACTOR, at=timezone.now()
        )
