"""`manage.py prepare`: brings the database to the present version of the program, as the owner of its tables."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from portal.runtime import privileges
from portal.runtime.ownership import OwnerUnknown, as_owner


class Command(BaseCommand):
    help = "Migrates, makes the cache's table where it needs one, and sets the application's privileges."

    requires_system_checks: list[str] = []  # pages are no business of the database's

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with as_owner(os.environ.get("DATABASE_OWNER_URL", "")):
                self.check(tags=[Tags.database], databases=["default"])
                call_command("migrate", verbosity=options["verbosity"], interactive=False, skip_checks=True)
                call_command("createcachetable", verbosity=0)
                with transaction.atomic(), connection.cursor() as cursor:
                    privileges.apply(cursor, role=settings.DATABASE_APP_ROLE)
        except OwnerUnknown as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write("The database is ready.")
