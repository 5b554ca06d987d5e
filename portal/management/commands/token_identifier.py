"""Compute a token identifier anew: of a token on this portal, or of a record in a file, by anyone."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import rfc8785
from django.core.management.base import BaseCommand, CommandError

from issuance.assets.selectors import recompute
from issuance.domain.identifiers import differences, token_identifier
from portal.domain.errors import Refused


class Command(BaseCommand):
    help = "Compute a token identifier anew and show what changed where it differs. Exit 1 when it does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("identifier", nargs="?", default="", help="64 hexadecimal digits, of this portal")
        parser.add_argument("--file", type=Path, help="a record: JSON with asset, documents and terms")
        parser.add_argument("--against", type=Path, help="with --file: another record to compare it with")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"]:
            self._of_file(options["file"], options["against"], options["identifier"])
        elif options["identifier"]:
            self._of_portal(options["identifier"])
        else:
            raise CommandError("Give an identifier, or a record by --file.")

    def _of_portal(self, identifier: str) -> None:
        try:
            again = recompute(identifier)
        except Refused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"identifier     {again.identifier}")
        self.stdout.write(f"record kept    {again.stored_record}  {'agrees' if again.intact else 'DIFFERS'}")
        self.stdout.write(f"as of today    {again.today}  {'agrees' if again.unchanged else 'differs'}")
        for one in again.differences:
            self.stdout.write(f"  {one.path}: {one.before!r} -> {one.after!r}")
        if not (again.intact and again.unchanged):
            raise SystemExit(1)

    def _of_file(self, path: Path, against: Path | None, expected: str) -> None:
        record = self._read(path)
        try:
            found = token_identifier(record["asset"], record["documents"], record["terms"])
        except (Refused, rfc8785.CanonicalizationError, TypeError) as error:
            raise CommandError(f"{path}: {getattr(error, 'message', error)}") from error
        self.stdout.write(found)
        changed = differences(self._read(against), record) if against else []
        for one in changed:
            self.stdout.write(f"  {one.path}: {one.before!r} -> {one.after!r}")
        if changed or (expected and expected != found):
            raise SystemExit(1)

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            record = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise CommandError(f"{path} cannot be read as JSON: {error}") from error
        parts = {"asset": dict, "documents": list, "terms": dict}
        for name, kind in parts.items():
            if not isinstance(record, dict) or not isinstance(record.get(name), kind):
                raise CommandError(f"{path} has no {name}.")
        found: dict[str, Any] = record
        return found
