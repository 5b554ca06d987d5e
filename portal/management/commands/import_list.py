"""Import a sanctions or PEP list: one file, one command."""

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from investors.domain.lists.formats import FORMS
from investors.screening import services
from portal.domain.actors import Actor
from portal.domain.errors import Refused

ACTOR = Actor(kind="system", id="manage.py import_list", label="import_list")


class Command(BaseCommand):
    help = "Imports a published list and has every investor compared with it. " + " ".join(
        f"{key}: {form.label}." for key, form in FORMS.items()
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=sorted(FORMS))
        parser.add_argument("path", type=Path)
        parser.add_argument("--source", default="", help="whose list; the form's own unless given")
        parser.add_argument("--date", type=date.fromisoformat, help="of the list, where the file has none")
        parser.add_argument("--aliases", type=Path, help="OFAC's alt.csv, where it is apart")

    def handle(self, *args: Any, **options: Any) -> None:
        with ExitStack() as opened:
            try:
                content = opened.enter_context(options["path"].open("rb"))
                aliases = opened.enter_context(options["aliases"].open("rb")) if options["aliases"] else None
            except OSError as error:
                raise CommandError(f"{error.filename} cannot be read: {error.strerror}") from error
            try:
                made = services.import_list(
                    source=options["source"],
                    list_date=options["date"],
                    content=content,
                    form=options["kind"],
                    aliases=aliases,
                    actor=ACTOR,
                    at=timezone.now(),
                )
            except Refused as refused:
                told = [refused.message, *refused.reasons, refused.next_step]
                raise CommandError("\n".join(line for line in told if line)) from refused
        for remark in made.remarks:
            self.stderr.write(remark)
        self.stdout.write(
            f"{made.source}, list of {made.list_date}: {made.parties} entries, {made.names} names. "
            "Every investor is compared with them now."
        )
