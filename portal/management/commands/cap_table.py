"""Holdings per class and holder of one issuer, now or at the end of a past day."""

import csv
import io
import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuance.issuers.facts import IssuerFacts
from issuance.ocf.tables import Row, Table, table_of
from portal.management.choices import issuer_named

HEAD = (
    "security",
    "holder",
    "quantity",
    "share_ppm",
    "kind",
    "security_name",
    "holder_name",
    "currency",
)
_SHAPE = """
The JSON is one object. Quantities are decimal text.

  issuer, issuer_name, as_of
  holdings             class -> holder -> quantity: stock and the portal's own securities
  equity_compensation  plan -> holder -> quantity still held: options, RSUs, SARs
  warrants             "WARRANT" -> holder -> quantity; "" where a warrant has no number
  convertibles         "SAFE", "NOTE", ... -> holder -> currency -> amount
  rows                 the same line by line, with names and share of the class in millionths
  classes              security, name, authorised ("" is unlimited), outstanding
  pools                plan, name, reserved, available

class and plan are OCF's id where they were imported, else the portal's code of the security; holder is OCF's id of
the stakeholder where he was imported, else investor:<uuid>. A day is taken at its end, in UTC.
"""


class Command(BaseCommand):
    help = f"Who holds how much of each of an issuer's securities.\n{_SHAPE}"

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--issuer", required=True, help="its id, LEI, legal name, or OCF id")
        parser.add_argument("--as-of", help="a day such as 2026-11-23: as it stood at the end of it, in UTC")
        parser.add_argument("--format", choices=("json", "csv", "table"), default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        issuer, at = issuer_named(options["issuer"]), self._instant(options["as_of"])
        table = table_of(issuer.id, as_of=at)
        if options["format"] == "csv":
            self.stdout.write(_csv(table), ending="")
        elif options["format"] == "table":
            self.stdout.write(_plain(table))
        else:
            told = _told(issuer, at or timezone.now(), table)
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))

    def _instant(self, text: str | None) -> datetime | None:
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
            end = datetime.combine(day, time.min, UTC) + timedelta(days=1) - timedelta(microseconds=1)
        except (ValueError, OverflowError) as error:
            raise CommandError(f"{text[:30]!r} is not a day such as 2026-11-23.") from error
        return None if end >= timezone.now() else end


def _told(issuer: IssuerFacts, at: datetime, table: Table) -> dict[str, Any]:
    convertibles: dict[str, dict[str, dict[str, str]]] = {}
    for row in table.of("convertible"):
        convertibles.setdefault(row.security, {}).setdefault(row.holder, {})[row.currency] = row.quantity
    return {
        "issuer": str(issuer.id),
        "issuer_name": issuer.legal_name,
        "as_of": at.isoformat(),
        "holdings": _nested(table.of("stock")),
        "equity_compensation": _nested(table.of("equity_compensation")),
        "warrants": _nested(table.of("warrant")),
        "convertibles": convertibles,
        "rows": [
            {name: value for name, value in asdict(row).items() if name not in ("units", "scale")}
            for row in table.rows
        ],
        "classes": [asdict(one) for one in table.classes],
        "pools": [asdict(one) for one in table.pools],
    }


def _nested(rows: list[Row]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.security, {})[row.holder] = row.quantity
    return found


def _cells(row: Row) -> tuple[str, ...]:
    return tuple(str(getattr(row, name)) for name in HEAD)


def _csv(table: Table) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(_cells(row) for row in table.rows)
    return lines.getvalue()


def _plain(table: Table) -> str:
    """Columns as wide as they need to be, for reading."""
    lines = [("Class", "Holder", "Quantity", "Share")]
    for row in table.rows:
        share = f"{row.share_ppm // 10_000}.{row.share_ppm % 10_000:04d} %"
        quantity = f"{row.quantity} {row.currency}".strip()
        lines.append((row.security_name, row.holder_name or row.holder, quantity, share))
    wide = [max(len(line[place]) for line in lines) for place in range(4)]
    return "\n".join(
        f"{a:<{wide[0]}}  {b:<{wide[1]}}  {c:>{wide[2]}}  {d:>{wide[3]}}" for a, b, c, d in lines
    )
