"""`manage.py demo`: loads the demonstration by living it, service by service."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts import selectors as accounts
from portal.management.story import indices, plot


class Command(BaseCommand):
    help = "Drives the whole journey for invented issuers, investors and indices. Needs DEMO_MODE."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there is a house already"
        )
        parser.add_argument("--prices", type=Path, help="a Parquet or CSV file of real daily prices")
        parser.add_argument("--investors", type=int, default=40, help="how many investors (at least 10)")
        parser.add_argument("--seed", type=int, default=7, help="of amounts and of the simulated market")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_MODE:
            raise CommandError(
                "The demonstration is loaded only where DEMO_MODE is on; this is not such a place."
            )
        if self._settled():
            if options["if_empty"]:
                return
            raise CommandError(
                "There is a house here already. The story needs an empty database: stop the portal and remove var/."
            )
        if options["investors"] < 10:
            raise CommandError("The story needs at least 10 investors.")
        prices: Path | None = options["prices"]
        if prices is not None and not prices.is_file():
            raise CommandError(f"There is no file {prices}.")
        started = time.monotonic()

        def tell(sentence: str) -> None:
            self.stdout.write(f"  {time.monotonic() - started:5.1f} s  {sentence}")
            self.stdout.flush()

        market = indices.bring_prices(prices, seed=options["seed"], tell=tell)
        story = plot.begin(name=settings.SITE_NAME, until=market.last_day, seed=options["seed"], tell=tell)
        plot.raise_money(story, investor_count=options["investors"])
        indices.launch(story)
        plot.pay_dividends(story)
        indices.run_weeks(story, market)
        plot.leave_something_to_do(story)
        indices.come_to_today(story, market)
        tell("The demonstration is loaded.")

    @staticmethod
    def _settled() -> bool:
        try:
            accounts.house()
        except accounts.NoSuchOrganisation:
            return False
        return True
