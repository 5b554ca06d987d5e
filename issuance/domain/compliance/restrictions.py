"""Rules about time and standstill: lock-ups, holding periods, the offering's window, freeze, pause."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from investors.domain.dates import add_months
from issuance.domain.compliance.eligibility import CHECKED
from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.rule import Rule
from issuance.domain.lots import Lot
from portal.domain.dates import told_day
from portal.domain.decision import Finding
from portal.domain.money import told_amount

RESTRICTED = ("506(b)", "506(c)", "4(a)(2)", "founder", "144A", "4(a)(7)")


def _free_from(facts: Facts, opens: Callable[[Lot], date | None]) -> tuple[int, date | None]:
    """How much of the sender's holding is free today, and the day enough of it will be (None: it never is)."""
    assert facts.sender is not None
    days = sorted((opens(lot) or date.min, lot.quantity) for lot in facts.sender.lots)
    free, needed, day = 0, 0, None
    for when, quantity in days:
        free += quantity if when <= facts.on else 0
        needed += quantity
        if needed >= facts.quantity and day is None:
            day = when
    return free, day


@dataclass(frozen=True, slots=True)
class HoldingPeriod(Rule):
    """
    Rule 144: restricted lots move only when held long enough, each lot by its own date.

    months            for issuers that do not report; reporting_months for those that do
    exemptions        lots sold under these are restricted
    """

    code: ClassVar[str] = "holding_period"
    title: ClassVar[str] = "Holding period of restricted securities"
    source: str = "17 CFR 230.144(d)(1)"
    as_of: date | None = CHECKED
    months: int = 12
    reporting_months: int = 6
    exemptions: tuple[str, ...] = RESTRICTED

    def check(self, facts: Facts) -> Finding:
        if facts.kind != "transfer" or facts.sender is None:
            return self.not_applicable("Asked of transfers between holders only.")
        months = self.reporting_months if facts.security.reporting else self.months

        def opens(lot: Lot) -> date | None:
            return add_months(lot.acquired_on, months) if lot.exemption in self.exemptions else None

        free, day = _free_from(facts, opens)
        scale = facts.security.scale
        text = f"{told_amount(free, scale=scale)} have been held for {months} months or are not restricted"
        if free < facts.quantity:
            return self.failed(
                f"{text}; {told_amount(facts.quantity, scale=scale)} were to move.",
                remedy=f"Move {told_amount(free, scale=scale)} now, or wait.",
                limit=free,
                used=facts.quantity,
                earliest_pass=day,
            )
        return self.passed(f"{text}.", limit=free, used=facts.quantity)


@dataclass(frozen=True, slots=True)
class LockUp(Rule):
    """
    A lock-up by contract, per lot: `days` from acquisition, and whatever day a lot itself names.
    """

    code: ClassVar[str] = "lock_up"
    title: ClassVar[str] = "Lock-up"
    source: str = "Terms of the security"
    as_of: date | None = CHECKED
    days: int | None = None

    def check(self, facts: Facts) -> Finding:
        if facts.kind != "transfer" or facts.sender is None:
            return self.not_applicable("Asked of transfers between holders only.")

        def opens(lot: Lot) -> date | None:
            general = lot.acquired_on + timedelta(days=self.days) if self.days is not None else None
            return max((day for day in (general, lot.locked_until) if day), default=None)

        free, day = _free_from(facts, opens)
        scale = facts.security.scale
        text = f"{told_amount(free, scale=scale)} are not locked up"
        if free < facts.quantity:
            return self.failed(
                f"{text}; {told_amount(facts.quantity, scale=scale)} were to move.",
                remedy=f"Move {told_amount(free, scale=scale)} now, or wait.",
                limit=free,
                used=facts.quantity,
                earliest_pass=day,
            )
        return self.passed(f"{text}.", limit=free, used=facts.quantity)


@dataclass(frozen=True, slots=True)
class OfferingWindow(Rule):
    """A subscription is made while its offering is open: from `opens_at`, before `closes_at`."""

    code: ClassVar[str] = "offering_window"
    title: ClassVar[str] = "Offering is open"
    source: str = "Terms of the offering"
    as_of: date | None = CHECKED

    def check(self, facts: Facts) -> Finding:
        offering = facts.offering
        if offering is None:
            return self.not_applicable("This is no subscription.")
        if facts.at < offering.opens_at:
            return self.failed(
                f"The offering opens on {told_day(offering.opens_at)}, {offering.opens_at:%H:%M} UTC.",
                remedy="Come back when it is open.",
                earliest_pass=offering.opens_at.date(),
            )
        if facts.at >= offering.closes_at:
            return self.failed(
                f"The offering closed on {told_day(offering.closes_at)}, {offering.closes_at:%H:%M} UTC.",
                remedy="Look for the issuer's next offering.",
            )
        return self.passed(
            f"The offering is open until {told_day(offering.closes_at)}, {offering.closes_at:%H:%M} UTC."
        )


@dataclass(frozen=True, slots=True)
class NotFrozen(Rule):
    """What is frozen, wholly or in part, does not move."""

    code: ClassVar[str] = "not_frozen"
    title: ClassVar[str] = "Not frozen"
    source: str = "Order on the register"
    as_of: date | None = CHECKED

    def check(self, facts: Facts) -> Finding:
        for party, side in ((facts.sender, "sender"), (facts.receiver, "receiver")):
            if party is not None and party.frozen:
                return self.failed(
                    f"The {side}'s holding is frozen.", remedy="Ask compliance which order stands behind it."
                )
        sender = facts.sender
        if sender is None or not sender.frozen_quantity:
            return self.passed("Nothing is frozen.")
        free, scale = sender.holding - sender.frozen_quantity, facts.security.scale
        text = f"{told_amount(sender.frozen_quantity, scale=scale)} of the holding are frozen"
        if facts.quantity > free:
            return self.failed(
                f"{text}; {told_amount(max(free, 0), scale=scale)} may move.",
                remedy=f"Move {told_amount(max(free, 0), scale=scale)} or less.",
                limit=max(free, 0),
                used=facts.quantity,
            )
        return self.passed(f"{text}; the rest is enough.", limit=free, used=facts.quantity)


@dataclass(frozen=True, slots=True)
class NotPaused(Rule):
    """Nothing moves while the security is paused."""

    code: ClassVar[str] = "not_paused"
    title: ClassVar[str] = "Not paused"
    source: str = "State of the security"
    as_of: date | None = CHECKED

    def check(self, facts: Facts) -> Finding:
        if facts.security.paused:
            return self.failed(
                f"{facts.security.code} is paused: nothing moves.", remedy="Wait until the issuer resumes it."
            )
        return self.passed("The security is not paused.")
