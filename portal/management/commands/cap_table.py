"""Holdings per class and holder of one issuer, now or at the end of a past day."""

import csv
import io
import json
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from issuance.issuers.facts import IssuerFacts
from issuance.issuers.selectors import issuers
from issuance.register.selectors import cap_table_of
from issuance.securities.selectors import securities
from portal.domain.money import format_amount


class Command(BaseCommand):
    help = "Who holds how much of each of an issuer's securities. Quantities are decimal text."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--issuer", required=True, help="its id, LEI, or legal name")
        parser.add_argument("--as-of", help="a day such as 2026-11-23: as it stood at the end of it, in UTC")
        parser.add_argument("--format", choices=("json", "csv"), default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        issuer, at = self._issuer(options["issuer"]), self._instant(options["as_of"])
        table = cap_table_of(issuer.id, as_of=at)
        scales = {one.code: one.scale for one in securities(issuer_ids=[issuer.id])}
        rows = [
            (
                one.security,
                line.holder,
                format_amount(line.quantity, scale=scales[one.security]),
                line.share_ppm,
            )
            for one in table.classes
            for line in one.lines
        ]
        if options["format"] == "csv":
            lines = io.StringIO()
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(("security", "holder", "quantity", "share_ppm"))
            writer.writerows(rows)
            self.stdout.write(lines.getvalue(), ending="")
            return
        holdings: dict[str, dict[str, str]] = {}
        for code, holder, quantity, _ in rows:
            holdings.setdefault(code, {})[holder] = quantity
        told = {
            "issuer": str(issuer.id),
            "as_of": (at or datetime.now(UTC)).isoformat(),
            "holdings": holdings,
        }
        self.stdout.write(json.dumps(told, indent=2))

    def _issuer(self, text: str) -> IssuerFacts:
        found = [
            one
            for one in issuers()
            if text in (str(one.id), one.lei) or text.casefold() == one.legal_name.casefold()
        ]
        if len(found) != 1:
            state = "No issuer" if not found else f"{len(found)} issuers"
            raise CommandError(f"{state} with the id, LEI or name {text[:60]!r}.")
        return found[0]

    def _instant(self, text: str | None) -> datetime | None:
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
            end = datetime.combine(day, time.min, UTC) + timedelta(days=1) - timedelta(microseconds=1)
        except (ValueError, OverflowError) as error:
            raise CommandError(f"{text[:30]!r} is not a day such as 2026-11-23.") from error
        return None if end >= datetime.now(UTC) else end
