"""What happens in the story, in order."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from issuance.corporate_actions.facts import DividendFacts
from issuance.offerings.facts import OfferingFacts
from portal.management.story import banking, dividends, investors, issuances, people
from portal.management.story.cast import House, found_house
from portal.management.story.clock import Clock
from portal.management.story.investors import Investor
from portal.management.story.issuances import Issuer

Tell = Callable[[str], None]
SPAN = timedelta(days=100)


@dataclass
class Story:
    """What the story has brought forth so far."""

    clock: Clock
    tell: Tell
    house: House
    chance: random.Random
    investors: list[Investor] = field(default_factory=list)
    issuers: dict[str, Issuer] = field(default_factory=dict)
    offerings: dict[str, OfferingFacts] = field(default_factory=dict)
    dividends: dict[str, DividendFacts] = field(default_factory=dict)
    indices: dict[str, UUID] = field(default_factory=dict)

    @property
    def hero(self) -> Investor:
        return self.investors[0]


def begin(*, name: str, until: date, seed: int, tell: Tell) -> Story:
    """The house is founded a hundred days before the last day that has prices."""
    clock = Clock(timezone.now() - timedelta(days=3650))
    clock.go_to(until - SPAN)
    tell(f"The story begins on {clock.today:%d %b %Y}.")
    house = found_house(name, clock)
    investors.import_sample_list(house, clock)
    return Story(clock, tell, house, random.Random(seed))  # noqa: S311  a repeatable story, not a secret


def raise_money(story: Story, *, investor_count: int) -> None:
    """Three issuers come; the investors are admitted and subscribe; the offerings close and pay."""
    clock = story.clock
    for key, plan in (
        ("harborview", people.HARBORVIEW),
        ("castellan", people.CASTELLAN),
        ("fjordlight", people.FJORDLIGHT),
    ):
        story.issuers[key] = issuances.onboard(plan, story.house, clock)
        story.tell(f"{plan.legal_name} is on board; {plan.code} is tokenized.")
    clock.days(1)
    for number, who in enumerate(people.investors(investor_count)):
        story.investors.append(investors.admit(who, 60_000_000, story.house, clock))
        if number % 10 == 9:
            story.tell(f"{number + 1} of {investor_count} investors are admitted.")
    banking.verify_account(story.hero, story.hero.user.name, story.house, clock)
    clock.days(2)
    for key, issuer in story.issuers.items():
        name = f"{issuer.plan.security_name}, first round"
        story.offerings[key] = issuances.offer(issuer, name, issuer.plan.offered, 14, clock)
    for number, investor in enumerate(story.investors):
        _subscribe(story, number, investor)
    story.tell("Subscriptions are in; Harborview is oversubscribed.")
    for key, issuer in story.issuers.items():
        story.offerings[key] = issuances.close(story.offerings[key], issuer, clock)
        story.tell(f"{issuer.plan.legal_name}: the offering is {story.offerings[key].state}.")


def _subscribe(story: Story, number: int, investor: Investor) -> None:
    """Everybody takes some of Harborview, half of them Castellan, a third Fjordlight; in whole prices."""
    wanted = {"harborview": 12_500_000 + 25_000 * story.chance.randrange(0, 200)}
    if number % 2 == 0:
        wanted["castellan"] = 640 * story.chance.randrange(800, 9_000)
    if number % 3 == 0:
        wanted["fjordlight"] = 100_000 * story.chance.randrange(5, 120)
    for key, amount in wanted.items():
        issuances.subscribe(story.offerings[key], investor, amount, story.clock)


def pay_dividends(story: Story) -> None:
    """Two dividends are paid in the story's time."""
    clock = story.clock
    for key, name, pot in (
        ("harborview", "Rent of the quarter", 5_000_001),
        ("fjordlight", "Revenue of the quarter", 3_217_489),
    ):
        clock.days(3, hour=8)
        issuer = story.issuers[key]
        made = dividends.declare(issuer, name, pot, clock)
        dividends.entitle(made, issuer, clock)
        dividends.approve(made, issuer, clock)
        paid = dividends.pay(made, clock)
        story.dividends[key] = paid
        story.tell(f"{issuer.plan.legal_name} has paid a dividend to {paid.holders} holders.")


def leave_something_to_do(story: Story) -> None:
    """
    What a newcomer finds waiting: an open offering he can subscribe to, an investor to decide on, a dividend that
    a second person has to approve, and one that the workers pay as soon as they run.
    """
    clock = story.clock
    clock.go_to(timezone.now().date() - timedelta(days=3))
    if banking.import_statement(story.hero, story.hero.user.name, story.house, clock):
        story.tell("A bank statement is imported: one transfer is credited, another waits in suspense.")
    juniper = issuances.onboard(people.JUNIPER, story.house, clock)
    story.issuers["juniper"] = juniper
    story.offerings["juniper"] = issuances.offer(juniper, "Class A units, first round", 30_000, 45, clock)
    for investor in story.investors[:8]:
        investors.accredit(investor, story.house, clock)
    for investor in story.investors[1:8]:
        amount = 5_000 * story.chance.randrange(200, 900)
        issuances.subscribe(story.offerings["juniper"], investor, amount, clock)
    newcomer = investors.sign_up(people.NEWCOMER, clock)
    investors.hand_in(newcomer, clock)
    # Whom the sign-in page offers as an issuer's admin finds one that his colleague has made and he may sign.
    harborview, castellan = story.issuers["harborview"], story.issuers["castellan"]
    waiting = dividends.declare(harborview, "Rent of the next quarter", 5_100_000, clock, harborview.checker)
    by_workers = dividends.declare(castellan, "First dividend of Series A", 1_250_000, clock)
    story.dividends["waiting"] = dividends.entitle(waiting, harborview, clock, harborview.checker)
    entitled = dividends.entitle(by_workers, castellan, clock)
    clock.go_to(entitled.payment_date, 7)
    story.dividends["by_workers"] = dividends.approve(entitled, castellan, clock)
    story.tell(
        "A dividend waits for its second signature, another for the workers; Juniper Street Lofts is open."
    )
