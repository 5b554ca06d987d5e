"""`manage.py reseal`: seals personal data, second factors and documents anew by the newest of FIELD_KEYS."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.accounts.fields import keyring
from portal.accounts.resealing import reseal_columns, reseal_second_factors
from portal.documents.resealing import reseal_files
from portal.domain.actors import Actor
from portal.runtime.ownership import OwnerUnknown, as_owner


class Command(BaseCommand):
    help = (
        "After a new key was put before the others in FIELD_KEYS: seals everything anew. May be broken off and run "
        "again. The old key may go once this says that nothing is left and old backups are not needed."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--chunk", type=int, default=500, help="rows in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["chunk"] <= 10_000:
            raise CommandError("--chunk lies between 1 and 10,000.")
        actor, newest = Actor.worker("reseal"), keyring().newest
        shut: list[str] = []
        try:
            with as_owner(os.environ.get("DATABASE_OWNER_URL", "")):
                rows: dict[str, int] = {}
                for part in reseal_columns(actor=actor, at=timezone.now(), chunk=options["chunk"]):
                    rows[part.table] = rows.get(part.table, 0) + part.rows
                    shut += [f"{part.table} {one}" for one in part.shut]
                factors = reseal_second_factors(actor=actor, at=timezone.now())
                rows[factors.table] = factors.rows
                shut += [f"{factors.table} {one}" for one in factors.shut]
                files, unread = reseal_files(actor=actor, at=timezone.now(), key_id=newest)
        except OwnerUnknown as error:
            raise CommandError(str(error)) from error
        for table, count in rows.items():
            self.stdout.write(f"{table}: {count} rows sealed anew")
        self.stdout.write(f"documents: {files} files sealed anew")
        shut += [f"document {one}" for one in unread]
        for one in shut:
            self.stderr.write(f"{one} could not be opened by any key given and stays as it is.")
        if shut:
            raise CommandError(f"{len(shut)} are not sealed by key {newest}. Keep the older keys.")
        self.stdout.write(f"Everything is sealed by key {newest}; older keys are needed for backups only.")
