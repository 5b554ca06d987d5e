"""Rules about how holders may move what they have: minimum holding, whole positions, volume, blackouts, approval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from issuance.domain.compliance.calendar import add_months
from issuance.domain.compliance.eligibility import CHECKED, MOVEMENTS, SIDES
from issuance.domain.compliance.facts import Dated, Facts
from issuance.domain.compliance.needs import NOTHING, Needs
from issuance.domain.compliance.rule import Rule, parameter
from portal.domain.dates import told_day
from portal.domain.decision import Finding
from portal.domain.money import told_amount

PPM = 1_000_000
OFFICER, ADMIN = "compliance_officer", "issuer_admin"
APPROVERS = {OFFICER: "compliance officer", ADMIN: "administrator of the issuer"}


@dataclass(frozen=True, slots=True)
class MinimumHolding(Rule):
    """
    Nobody holds less than this, or nothing: the receiver has at least so much afterwards (side "receiver"); the
    sender keeps at least so much or gives everything away (side "sender").

    quantity  smallest units; None is no minimum
    ppm       millionths of what is outstanding after the movement (of the authorised number where `of_authorised`),
              rounded up; the larger of the two counts
    """

    code: ClassVar[str] = "minimum_holding"
    title: ClassVar[str] = "Minimum holding"
    source: str = "Terms of the security"
    as_of: date | None = CHECKED
    quantity: int | None = parameter(None, "Smallest units; empty is no minimum", minimum=0)
    ppm: int | None = parameter(None, "Millionths of the class; 10000 is 1 %", minimum=0, maximum=PPM)
    of_authorised: bool = parameter(False, "Of the authorised number rather than of what is outstanding")
    side: str = parameter("receiver", "Whose holding", choices=SIDES)

    def check(self, facts: Facts) -> Finding:
        party = facts.receiver if self.side == "receiver" else facts.sender
        if party is None:
            return self.not_applicable(lambda: f"There is no {self.side} here.")
        floors = [floor for floor in (self.quantity, self._share(facts)) if floor is not None]
        if not floors:
            return self.not_applicable("No minimum holding is set.")
        floor, scale = max(floors), facts.security.scale
        if self.side == "sender":
            after = party.holding - facts.quantity
            if after == 0:
                return self.passed("Everything is given away.", limit=floor, used=0)
            remedy = f"Move everything, or keep {told_amount(floor, scale=scale)} or more."
        else:
            after = party.holding + party.pending + facts.quantity
            remedy = f"Ask for {told_amount(max(floor - after + facts.quantity, 0), scale=scale)} or more."

        def text() -> str:
            return (
                f"The {self.side} would have {told_amount(after, scale=scale)}; "
                f"the least is {told_amount(floor, scale=scale)}."
            )

        if after < floor:
            return self.failed(text, remedy=remedy, limit=floor, used=after)
        return self.passed(text, limit=floor, used=after)

    def _share(self, facts: Facts) -> int | None:
        security = facts.security
        if self.ppm is None:
            return None
        if self.of_authorised:
            return None if security.authorised is None else -(-security.authorised * self.ppm // PPM)
        grows = {"issue": facts.quantity, "redeem": -facts.quantity}.get(facts.kind, 0)
        return -(-(security.issued + security.pending + grows) * self.ppm // PPM)


@dataclass(frozen=True, slots=True)
class WholePosition(Rule):
    """A holding is given away whole or not at all."""

    code: ClassVar[str] = "whole_position"
    title: ClassVar[str] = "Whole position only"
    source: str = "Terms of the security"
    as_of: date | None = CHECKED
    on: tuple[str, ...] = parameter(("transfer",), "Asked of these movements", choices=MOVEMENTS)

    def check(self, facts: Facts) -> Finding:
        sender = facts.sender
        if sender is None or facts.kind not in self.on:
            return self.not_applicable(lambda: f"Not asked of a movement of kind {facts.kind}.")
        scale = facts.security.scale
        if facts.quantity == sender.holding:
            return self.passed("The whole position moves.", limit=sender.holding, used=facts.quantity)
        return self.failed(
            f"{told_amount(facts.quantity, scale=scale)} of {told_amount(sender.holding, scale=scale)} were to move; "
            "this security moves in whole positions only.",
            remedy=f"Move all {told_amount(sender.holding, scale=scale)}.",
            limit=sender.holding,
            used=facts.quantity,
        )


def _earliest(past: Sequence[tuple[date, int]], on: date, used: int, limit: int) -> date | None:
    """The first day on which enough of the past no longer counts; `past` is (day it drops out, units)."""
    for day, units in sorted(past):
        if day > on:
            used -= units
            if used <= limit:
                return day
    return None


@dataclass(frozen=True, slots=True)
class SenderVolume(Rule):
    """
    What one holder gives away by transfers within a rolling window of days, this movement among it.

    days      a movement of day d counts on d and the days - 1 days after it
    quantity  smallest units; ppm: millionths of what is outstanding; the smaller of the two counts
    """

    code: ClassVar[str] = "sender_volume"
    title: ClassVar[str] = "Volume of a sender"
    source: str = "Terms of the security"
    as_of: date | None = CHECKED
    days: int = parameter(30, "Days of the window", minimum=1, maximum=3660)
    quantity: int | None = parameter(None, "Smallest units in the window; empty is unlimited", minimum=0)
    ppm: int | None = parameter(None, "Millionths of the class in the window", minimum=0, maximum=PPM)

    def needs(self) -> Needs:
        return Needs(sent=self.days)

    def check(self, facts: Facts) -> Finding:
        sender = facts.sender
        if facts.kind != "transfer" or sender is None:
            return self.not_applicable("Asked of transfers between holders only.")
        share = None if self.ppm is None else facts.security.issued * self.ppm // PPM
        caps = [cap for cap in (self.quantity, share) if cap is not None]
        if not caps:
            return self.not_applicable("No limit on volume is set.")
        cap, window = min(caps), timedelta(days=self.days)
        past = [(one.on + window, one.amount) for one in sender.sent if one.on + window > facts.on]
        return _volume(self, facts, cap, past, f"within {self.days} days")


def _volume(rule: Rule, facts: Facts, cap: int, past: list[tuple[date, int]], within: str) -> Finding:
    before = sum(units for _, units in past)
    used, scale = before + facts.quantity, facts.security.scale

    def text() -> str:
        return f"Would make {told_amount(used, scale=scale)} {within}; {told_amount(cap, scale=scale)} are allowed."

    if used <= cap:
        return rule.passed(text, limit=cap, used=used)
    return rule.failed(
        text,
        remedy=f"Move {told_amount(max(cap - before, 0), scale=scale)} or less, or wait.",
        limit=cap,
        used=used,
        earliest_pass=_earliest(past, facts.on, used, cap),
    )


@dataclass(frozen=True, slots=True)
class AffiliateVolume(Rule):
    """
    Rule 144(e)(1): what an affiliate of the issuer sells within three months, this movement among it: the greater of
    a share of the class and the average weekly volume.

    weeks  over how many weeks before the sale the volume is averaged. None: the share alone counts, which is right
           for a class that is traded on no exchange, because only reported volume counts; a number takes the
           transfers of this register as that volume
    """

    code: ClassVar[str] = "affiliate_volume"
    title: ClassVar[str] = "Volume of an affiliate"
    source: str = "17 CFR 230.144(e)(1)"
    as_of: date | None = CHECKED
    ppm: int = parameter(10_000, "Millionths of the class; 10000 is 1 %", minimum=0, maximum=PPM)
    weeks: int | None = parameter(None, "Weeks of volume averaged; empty: not traded", minimum=1, maximum=52)
    months: int = parameter(3, "Months of the window", minimum=1, maximum=120)

    def needs(self) -> Needs:
        return Needs(sent=self.months * 31 + 1, traded=7 * self.weeks + 1 if self.weeks else 0)

    def check(self, facts: Facts) -> Finding:
        sender = facts.sender
        if facts.kind != "transfer" or sender is None:
            return self.not_applicable("Asked of transfers between holders only.")
        if not (sender.affiliate or any(lot.affiliate for lot in sender.lots)):
            return self.not_applicable("The sender is no affiliate of the issuer.")
        if facts.resale:
            return self.not_applicable(lambda: f"The resale relies on {facts.resale}, not on Rule 144.")
        cap = max(facts.security.issued * self.ppm // PPM, self._weekly(facts))
        past = [(add_months(one.on, self.months), one.amount) for one in sender.sent]
        counting = [one for one in past if one[0] > facts.on]
        return _volume(self, facts, cap, counting, f"by this affiliate within {self.months} months")

    def _weekly(self, facts: Facts) -> int:
        if self.weeks is None:
            return 0
        since = facts.on - timedelta(weeks=self.weeks)
        traded: tuple[Dated, ...] = facts.security.traded
        return sum(one.amount for one in traded if since <= one.on < facts.on) // self.weeks


@dataclass(frozen=True, slots=True)
class Blackout(Rule):
    """Nothing of these kinds moves from the first day to the last, both among them."""

    code: ClassVar[str] = "blackout"
    title: ClassVar[str] = "Blackout window"
    source: str = "Trading policy of the issuer"
    as_of: date | None = CHECKED
    first: date | None = parameter(None, "First day; empty: since ever")  # noqa: RUF009 - a field, as `field` itself makes
    last: date | None = parameter(None, "Last day; empty: until further notice")  # noqa: RUF009
    on: tuple[str, ...] = parameter(("transfer",), "Asked of these movements", choices=MOVEMENTS)
    affiliates_only: bool = parameter(False, "Binds affiliates of the issuer alone")

    def check(self, facts: Facts) -> Finding:
        if facts.kind not in self.on or (self.first is None and self.last is None):
            return self.not_applicable("No blackout binds this movement.")
        if self.affiliates_only and not any(
            party and (party.affiliate or any(lot.affiliate for lot in party.lots))
            for party in (facts.sender, facts.receiver)
        ):
            return self.not_applicable("Neither side is an affiliate of the issuer.")
        begun = self.first is None or self.first <= facts.on
        over = self.last is not None and self.last < facts.on
        if not begun or over:
            return self.passed("No blackout is on.")
        if self.last is None:
            return self.failed(
                "A blackout is on until further notice.", remedy="Wait until the issuer lifts it."
            )
        return self.failed(
            f"A blackout is on until {told_day(self.last)}.",
            remedy="Wait until it is over.",
            earliest_pass=self.last + timedelta(days=1) if self.last < date.max else None,
        )


@dataclass(frozen=True, slots=True)
class PreApproval(Rule):
    """
    Somebody in a named role approved exactly this movement beforehand; an approval is used up by it.

    above  asked for more than so many smallest units only
    """

    code: ClassVar[str] = "pre_approval"
    title: ClassVar[str] = "Approval beforehand"
    source: str = "Terms of the security"
    as_of: date | None = CHECKED
    role: str = parameter(OFFICER, "Who approves", choices=APPROVERS)
    on: tuple[str, ...] = parameter(("transfer",), "Asked of these movements", choices=MOVEMENTS)
    above: int = parameter(0, "Asked for more than so many smallest units only", minimum=0)

    def needs(self) -> Needs:
        return Needs(approvals=frozenset({self.role})) if self.on else NOTHING

    def check(self, facts: Facts) -> Finding:
        if facts.kind not in self.on or facts.quantity <= self.above:
            return self.not_applicable("No approval beforehand is asked for here.")
        who = APPROVERS[self.role]
        if self.role in facts.approved_by:
            return self.passed(lambda: f"A {who} approved exactly this movement.")
        return self.failed(
            f"No {who} has approved exactly this movement, or the approval is used up.",
            remedy=f"Ask for approval first; a {who} who did not ask decides.",
        )
