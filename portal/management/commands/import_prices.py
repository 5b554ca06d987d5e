"""Replace the simulated market by real prices: one file, one command."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from indices.prices import services
from portal.domain.actors import Actor
from portal.domain.errors import Refused

ACTOR = Actor(kind="system", id="manage.py import_prices", label="import_prices")


class Command(BaseCommand):
    help = (
        "Imports daily closes from a Parquet or CSV file: columns date, symbol, close and, where they exist, "
        "market_cap_usd, circulating_supply, known_at; or a file of Coin Metrics (PriceUSD), an export of CoinGecko "
        "(snapped_at), or daily candles of an exchange (open_time)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--source", default="", help="who observed them; the file's name unless given")
        parser.add_argument(
            "--symbol", default="", help="the token, where the file is of one and its name does not say which"
        )
        parser.add_argument(
            "--known",
            choices=["assumed", "stated", "arrival"],
            default="assumed",
            help="when the prices became known: assumed ten minutes after each close (kept with the import as an "
            "assumption), stated by the file's column known_at, or on arrival: now",
        )
        parser.add_argument(
            "--skip-faulty", action="store_true", help="take the good rows; the others are named and left out"
        )
        parser.add_argument(
            "--sectors", type=Path, help="a CSV file with columns symbol and sector (or category)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["path"])
        try:
            batch = services.import_file(
                path=path,
                source=options["source"] or path.stem,
                actor=ACTOR,
                at=timezone.now(),
                known=options["known"],
                skip_faulty=options["skip_faulty"],
                symbol=options["symbol"],
                progress=self._progress,
            )
            if options["sectors"]:
                services.describe_assets(
                    sectors=_sectors(Path(options["sectors"])), actor=ACTOR, at=timezone.now()
                )
        except Refused as refused:
            raise CommandError("\n".join([refused.message, *refused.reasons, refused.next_step])) from refused
        for fault in batch.faults[:20]:
            self.stderr.write(f"line {fault['line']}, {fault['field']}: {fault['message']}")
        self.stdout.write(
            f"{path.name}: {batch.accepted} prices taken in, {batch.unchanged} known already, "
            f"{batch.outranked} outranked, {batch.refused} refused."
        )

    def _progress(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total} prices")


def _sectors(path: Path) -> dict[str, str]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeError) as error:
        raise CommandError(f"{path.name} cannot be read as CSV: {error}") from error
    found = {row.get("symbol") or "": row.get("sector") or row.get("category") or "" for row in rows}
    return {symbol: sector[:40] for symbol, sector in found.items() if symbol and sector}
