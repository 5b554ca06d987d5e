"""`manage.py witness --state FILE`: demands proof that nothing was rewritten since the last look."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.audit.witness import HistoryRewritten, look


class Command(BaseCommand):
    help = "Remembers the log's last head in a file and demands a consistency proof from it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--state", type=Path, required=True, help="where the last head is remembered")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seen = look(options["state"])
        except HistoryRewritten as error:
            raise CommandError(str(error), returncode=1) from error
        if seen.old_size:
            self.stdout.write(f"Consistent: {seen.old_size} → {seen.size} entries. Root {seen.root.hex()}.")
        else:
            self.stdout.write(f"First look: {seen.size} entries. Root {seen.root.hex()}.")
