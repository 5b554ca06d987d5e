"""Rules about time and standstill: lock-ups, holding periods, the offering's window, freeze, pause."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from issuance.domain.compliance.calendar import add_months
from issuance.domain.compliance.eligibility import CHECKED
from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.rule import LotRule, Rule, parameter
from issuance.domain.lots import Lot
from portal.domain.dates import told_day
from portal.domain.decision import Finding
from portal.domain.money import told_amount

RESTRICTED = ("506(b)", "506(c)", "4(a)(2)", "founder", "144A", "4(a)(7)", "Reg S-3")
PRIVATE_RESALE = ("144A", "4(a)(7)")
"""Exemptions of a resale that wait for no holding period."""


@dataclass(frozen=True, slots=True)
class HoldingPeriod(LotRule):
    """
    Rule 144: restricted lots move only when held long enough, each lot by its own date.

    months            for issuers that do not report; reporting_months for those that do
    exemptions        lots sold under these are restricted
    """

    code: ClassVar[str] = "holding_period"
    title: ClassVar[str] = "Holding period of restricted securities"
    source: str = "17 CFR 230.144(d)(1)"
    as_of: date | None = CHECKED
    months: int = parameter(12, "Months, where the issuer does not report", minimum=0, maximum=1200)
    reporting_months: int = parameter(6, "Months, where it does", minimum=0, maximum=1200)
    exemptions: tuple[str, ...] = parameter(RESTRICTED, "Lots sold under these are restricted")

    def check(self, facts: Facts) -> Finding:
        if facts.kind != "transfer" or facts.sender is None:
            return self.not_applicable("Asked of transfers between holders only.")
        if facts.resale in PRIVATE_RESALE:
            return self.not_applicable(
                lambda: f"A resale under {facts.resale} waits for no period; what is sold stays restricted."
            )
        return self.let_go(facts, f"have been held for {self._months(facts)} months or are not restricted")

    def binds(self, facts: Facts) -> bool:
        return facts.kind == "transfer" and facts.sender is not None and facts.resale not in PRIVATE_RESALE

    def opens(self, lot: Lot, facts: Facts) -> date | None:
        if lot.exemption not in self.exemptions:
            return None
        return add_months(lot.acquired_on, self._months(facts))

    def _months(self, facts: Facts) -> int:
        return self.reporting_months if facts.security.reporting else self.months


@dataclass(frozen=True, slots=True)
class LockUp(LotRule):
    """
    A lock-up by contract, per lot: `days` from acquisition, and whatever day a lot itself names.
    """

    code: ClassVar[str] = "lock_up"
    title: ClassVar[str] = "Lock-up"
    source: str = "Terms of the security"
    as_of: date | None = CHECKED
    days: int | None = parameter(
        None, "Days from acquisition; empty: only a lot's own day", minimum=0, maximum=36_500
    )

    def check(self, facts: Facts) -> Finding:
        if facts.kind != "transfer" or facts.sender is None:
            return self.not_applicable("Asked of transfers between holders only.")
        return self.let_go(facts, "are not locked up")

    def opens(self, lot: Lot, facts: Facts) -> date | None:
        if self.days is None:
            return lot.locked_until
        general = lot.acquired_on + timedelta(days=self.days)
        return general if lot.locked_until is None else max(general, lot.locked_until)


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
            lambda: (
                f"The offering is open until {told_day(offering.closes_at)}, {offering.closes_at:%H:%M} UTC."
            )
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

        def text() -> str:
            return f"{told_amount(sender.frozen_quantity, scale=scale)} of the holding are frozen"

        if facts.quantity > free:
            return self.failed(
                f"{text()}; {told_amount(max(free, 0), scale=scale)} may move.",
                remedy=f"Move {told_amount(max(free, 0), scale=scale)} or less.",
                limit=max(free, 0),
                used=facts.quantity,
            )
        return self.passed(lambda: f"{text()}; the rest is enough.", limit=free, used=facts.quantity)


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
