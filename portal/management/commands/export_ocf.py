"""Write an issuer's cap table as an Open Cap Table package."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuance.ocf.containers import zipped
from issuance.ocf.services import export_package
from portal.domain.actors import Actor
from portal.management.choices import issuer_named

ACTOR = Actor(kind="system", id="manage.py export_ocf", label="export_ocf")


class Command(BaseCommand):
    help = (
        "Exports an issuer's cap table in the Open Cap Table Format 1.2.0: into a new or empty folder, or into one "
        "zip archive where PATH ends in .zip. What OCF has no place for goes into portal-side.json beside it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--issuer", required=True, help="its id, LEI, legal name, or OCF id")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        issuer = issuer_named(options["issuer"])
        files = export_package(issuer_id=issuer.id, actor=ACTOR, at=timezone.now())
        try:
            if path.suffix.lower() == ".zip":
                path.write_bytes(zipped(files))
            else:
                path.mkdir(parents=True, exist_ok=True)
                if any(path.iterdir()):
                    raise CommandError(f"{path} is not empty; nothing was written.")
                for name, content in files.items():
                    (path / name).write_bytes(content)
        except OSError as broken:
            raise CommandError(f"{path} cannot be written: {broken.strerror}.") from broken
        self.stdout.write(f"{len(files)} files of {issuer.legal_name} in {path}.")
