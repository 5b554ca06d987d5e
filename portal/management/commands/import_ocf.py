"""Take an Open Cap Table package in: a folder, a zip archive, or a single file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuance.ocf.reader import read_path
from issuance.ocf.services import import_package
from portal.domain.actors import Actor
from portal.domain.errors import Refused
from portal.management.choices import issuer_named

ACTOR = Actor(kind="system", id="manage.py import_ocf", label="import_ocf")


class Command(BaseCommand):
    help = (
        "Imports an Open Cap Table Format 1.2.0 package: all of it, or nothing. Each fault is written with its file "
        "and object, one to a line, and the exit code is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path",
            type=Path,
            help="a folder, a zip archive, a manifest beside its files, or a list of OCF files",
        )
        parser.add_argument(
            "--issuer",
            help="the issuer on this portal whose history it is: its id, LEI or legal name; without it the one that "
            "the company was imported as before, or a new one, which compliance has yet to review",
        )
        parser.add_argument("--check", action="store_true", help="only look for faults; import nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        issuer = issuer_named(options["issuer"]) if options["issuer"] else None
        try:
            reading = read_path(options["path"], today=at.date().isoformat())
            for note in reading.notes:
                self.stderr.write(f"Note: {note}")
            if options["check"] and not reading.faults:
                self.stdout.write(f"{len(reading.package.items)} objects, no faults. Nothing was imported.")
                return
            made = import_package(
                reading=reading, issuer_id=issuer.id if issuer else None, actor=ACTOR, at=at
            )
        except Refused as refused:
            lines = [refused.message, *refused.reasons, refused.next_step]
            raise CommandError("\n".join(line for line in lines if line)) from refused
        done = "were known already; nothing changed" if made.replayed else "imported"
        self.stdout.write(f"{made.objects} objects {done}.")
        self.stdout.write(f"Issuer: {made.issuer_id} {made.issuer_name}")
