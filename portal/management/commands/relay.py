"""`manage.py relay`: carries outbox messages to the broker until it is stopped."""

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from kombu.exceptions import KombuError

from portal.outbox.relay import relay_due

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Carries outbox messages to the broker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every", type=float, default=0.25, help="seconds between two looks at an empty outbox"
        )
        parser.add_argument("--once", action="store_true", help="send what is due, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            try:
                while relay_due():
                    pass
            except (DatabaseError, KombuError, OSError):
                if options["once"]:
                    raise
                log.exception("relaying failed; trying again")
                connection.close()
                time.sleep(1)
            if options["once"]:
                return
            time.sleep(options["every"])
