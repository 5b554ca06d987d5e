"""Prices come, indices are defined and launched, rebalanced week by week, and subscribed to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils import timezone

from indices.domain.simulation import SECTORS, simulate
from indices.levels import selectors as levels
from indices.levels.services import advance
from indices.methodologies import services as methodologies
from indices.prices import selectors as price_facts
from indices.prices import services as prices
from indices.rebalances import selectors as rebalance_facts
from indices.rebalances import services as rebalances
from indices.subscriptions import services as subscriptions
from indices.subscriptions.dealing import deal
from portal.domain.actors import Actor
from portal.management.story.cast import TELLER, actor_of

if TYPE_CHECKING:
    from portal.management.story.plot import Story

WORKER = Actor.worker("indices")
DAY = timedelta(days=1)
# The tokens that the story's themes are about, where real prices are given.
THEMES = {
    "Layer 1": "BTC ETH BNB XRP SOL ADA TRX AVAX LTC BCH XLM HBAR SUI TON DOT NEAR ICP APT ETC ATOM".split(),
    "DeFi": "AAVE UNI LDO RUNE DYDX GMX COMP SNX MKR LRC INJ".split(),
    "AI": "FET GRT TAO RENDER OCEAN".split(),
    "Memecoin": "DOGE SHIB PEPE WIF BONK FLOKI".split(),
    "RWA": "ONDO POLYX CFG LINK".split(),
    "Gaming": "AXS SAND MANA GALA IMX".split(),
}


@dataclass(frozen=True, slots=True)
class Market:
    """Up to which day there are prices, and what they are."""

    last_day: date
    simulated: bool


def bring_prices(path: Path | None, *, seed: int, tell: Callable[[str], None]) -> Market:
    """Real prices from a file, or a market made up and marked as such."""
    at = timezone.now()
    if path is None:
        made = simulate(seed=seed, first=at.date() - timedelta(days=400), days=400)
        prices.import_simulation(market=made, actor=TELLER, at=at)
        sectors = {symbol: sector for sector, symbols in SECTORS.items() for symbol in symbols}
        tell(f"{len(made.symbols)} tokens of a simulated market, marked as simulated.")
    else:
        batch = prices.import_file(path=path, source=path.stem, actor=TELLER, at=at)
        known = {one.symbol for one in price_facts.assets()}
        sectors = {
            symbol: theme for theme, symbols in THEMES.items() for symbol in symbols if symbol in known
        }
        tell(f"{batch.accepted:,} daily prices of {len(known)} tokens from {path.name}.")
    prices.describe_assets(sectors=sectors, actor=TELLER, at=at)
    known_days = price_facts.span(known_by=at)
    if known_days is None:
        raise CommandError(f"There is not one usable price in {path}.")
    return Market(known_days[1], path is None)


def _large() -> dict[str, Any]:
    return {
        "theme": "Large caps",
        "universe": {},
        "screens": {"min_history_days": 90, "pegged_out": True},
        "selection": {"top": 10, "buffer": 2},
        "weighting": {"method": "cap", "cap_ppm": 250_000},
        "schedule": {"every": "week", "weekday": 6, "lag_days": 1},
        "fees": {"streaming_ppm": 9_500, "entry_bps": 0, "exit_bps": 20, "trading_bps": 10},
        "trading": {"minimum_minor": "100"},
        "dealing": {"cut_off": "16:00", "minimum_minor": "10000", "accredited_only": True},
    }


def _governed() -> dict[str, Any]:
    return {
        "theme": "DeFi",
        "universe": {"sectors": ["DeFi"]},
        "screens": {"min_history_days": 90},
        "selection": {"top": 5, "buffer": 1},
        "weighting": {"method": "cap", "cap_ppm": 300_000},
        "schedule": {"every": "week", "weekday": 6, "lag_days": 2},
        "approval": "four_eyes",
        "fees": {"streaming_ppm": 9_500, "entry_bps": 20, "exit_bps": 50, "trading_bps": 10},
        "trading": {"minimum_minor": "100"},
        "dealing": {"cut_off": "16:00", "minimum_minor": "10000", "accredited_only": True},
    }


PLANS = (
    (
        "LARGE10",
        "Large Cap 10",
        "The ten largest tokens by market capitalisation, none above a quarter.",
        _large,
    ),
    (
        "DEFI5",
        "DeFi Leaders",
        "Five lending and exchange protocols; each rebalance is signed by two people.",
        _governed,
    ),
)


def launch(story: "Story") -> None:
    """Two indices are defined and launched; the first investors order units."""
    clock, operator = story.clock, actor_of(story.house.operator)
    clock.days(1)
    for code, name, summary, document in PLANS:
        made = methodologies.define_index(
            code=code,
            name=name,
            summary=summary,
            document=document(),
            base_date=clock.today - timedelta(days=7),
            note="First version.",
            actor=operator,
            at=clock(),
        )
        methodologies.launch(index_id=made.id, actor=operator, at=clock())
        story.indices[code] = made.id
    clock.days(1, hour=1)
    turn_week(story, story.indices.values())
    for number, investor in enumerate(story.investors[:10]):
        code = "DEFI5" if number % 3 == 2 else "LARGE10"
        subscriptions.place_create(
            index_id=story.indices[code],
            investor_id=investor.id,
            amount_minor=2_500_000 + 125_000 * number,
            actor=investor.actor,
            at=clock(),
        )
    story.tell("Two indices are live; ten investors have ordered units.")


def run_weeks(story: "Story", market: Market) -> None:
    """Every Monday until the prices end, or the story comes near today: levels, signatures, trades, dealing."""
    clock, weeks = story.clock, 0
    end = min(market.last_day + DAY, timezone.now().date() - timedelta(days=5))
    while True:
        monday = clock.today + timedelta(days=7 - clock.today.weekday())
        clock.go_to(min(monday, end), 1)
        turn_week(story, story.indices.values())
        weeks += 1
        if monday >= end:
            break
    story.tell(f"{weeks} weeks of rebalances are done.")


def come_to_today(story: "Story", market: Market) -> None:
    """The last days up to now, and where the indices stand."""
    turn_week(story, story.indices.values())
    for code, index_id in story.indices.items():
        last = levels.last_level(index_id)
        told = "no level yet" if last is None else f"{last.level:.2f} on {last.day:%d %b %Y}"
        story.tell(f"{code}: {told}{' (simulated)' if market.simulated else ''}.")


def turn_week(story: "Story", index_ids: Iterable[UUID]) -> None:
    """What the workers do, with the signature of a second person where the rules ask for it."""
    clock = story.clock
    for index_id in index_ids:
        advance(index_id=index_id, actor=WORKER, at=clock())
        waiting = rebalance_facts.rebalances(index_id=index_id, states=["awaiting_approval"])
        for found in reversed(waiting):
            rebalances.decide(
                rebalance_id=found.id,
                approved=True,
                checker=actor_of(story.house.second_operator),
                note="Weights follow the rules.",
                at=clock(),
            )
        advance(index_id=index_id, actor=WORKER, at=clock())
        deal(index_id=index_id, actor=WORKER, at=clock())
