"""`manage.py sequence`: gives audit events their place in the log, second by second, until it is stopped."""

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from portal.audit.sequencer import Sequencer, seal_all

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Seals audit events into the transparency log and signs each new head."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two looks")
        parser.add_argument("--once", action="store_true", help="seal what waits, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        sequencer = Sequencer()
        while True:
            try:
                seal_all(sequencer, at=timezone.now())
            except DatabaseError:
                if options["once"]:
                    raise
                log.exception("sealing failed; trying again")
                connection.close()
            if options["once"]:
                return
            time.sleep(options["every"])
