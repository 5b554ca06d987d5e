"""Rules that count: investments, holdings, holders of record, supply. None is unlimited, never 0."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from issuance.domain.compliance.eligibility import CHECKED
from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.rule import Rule, parameter
from portal.domain.decision import Finding
from portal.domain.money import told_amount

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class MinimumInvestment(Rule):
    """A subscription is worth at least `minor` minor units; the offering's own minimum counts too."""

    code: ClassVar[str] = "minimum_investment"
    rising: ClassVar[bool] = True
    title: ClassVar[str] = "Minimum investment"
    source: str = "Terms of the offering"
    as_of: date | None = CHECKED
    minor: int | None = parameter(None, "Minor units (cents); empty: only the offering's own", minimum=0)

    def check(self, facts: Facts) -> Finding:
        asked = facts.amount_minor
        floors = [self.minor, facts.offering.min_investment_minor if facts.offering else None]
        known = [floor for floor in floors if floor is not None]
        if asked is None or not known:
            return self.not_applicable("No minimum is set.")
        floor = max(known)

        def text() -> str:
            return (
                f"{told_amount(asked, scale=2)} is asked for; the minimum is {told_amount(floor, scale=2)}."
            )

        if asked < floor:
            return self.failed(
                text,
                remedy=f"Ask for {told_amount(floor, scale=2)} or more.",
                limit=floor,
                used=asked,
            )
        return self.passed(text, limit=floor, used=asked)


@dataclass(frozen=True, slots=True)
class MaximumInvestment(Rule):
    """A subscription is worth at most the offering's maximum for one investor."""

    code: ClassVar[str] = "maximum_investment"
    title: ClassVar[str] = "Maximum investment"
    source: str = "Terms of the offering"
    as_of: date | None = CHECKED
    minor: int | None = parameter(None, "Minor units (cents); empty: only the offering's own", minimum=0)

    def check(self, facts: Facts) -> Finding:
        asked = facts.amount_minor
        caps = [self.minor, facts.offering.max_investment_minor if facts.offering else None]
        known = [cap for cap in caps if cap is not None]
        if asked is None or not known:
            return self.not_applicable("No maximum is set.")
        cap = min(known)

        def text() -> str:
            return f"{told_amount(asked, scale=2)} is asked for; the maximum is {told_amount(cap, scale=2)}."

        if asked > cap:
            return self.failed(
                text, remedy=f"Ask for {told_amount(cap, scale=2)} or less.", limit=cap, used=asked
            )
        return self.passed(text, limit=cap, used=asked)


@dataclass(frozen=True, slots=True)
class MaximumHolding(Rule):
    """
    What one holder may have of the class, with what he has asked for and not got yet.

    quantity  smallest units; None is unlimited
    ppm       millionths of what is outstanding after the movement (of the authorised number where `of_authorised`)
    """

    code: ClassVar[str] = "maximum_holding"
    title: ClassVar[str] = "Maximum holding"
    source: str = "Terms of the security"
    as_of: date | None = CHECKED
    quantity: int | None = parameter(None, "Smallest units; empty is unlimited", minimum=0)
    ppm: int | None = parameter(None, "Millionths of the class; 100000 is 10 %", minimum=0, maximum=PPM)
    of_authorised: bool = parameter(False, "Of the authorised number rather than of what is outstanding")

    def check(self, facts: Facts) -> Finding:
        party = facts.receiver
        if party is None:
            return self.not_applicable("Nobody receives securities here.")
        caps = [cap for cap in (self.quantity, self._share(facts)) if cap is not None]
        if not caps:
            return self.not_applicable("No maximum holding is set.")
        scale, cap = facts.security.scale, min(caps)
        after = party.holding + party.pending + facts.quantity

        def text() -> str:
            return (
                f"The holding would be {told_amount(after, scale=scale)}; "
                f"one holder may have {told_amount(cap, scale=scale)}."
            )

        if after > cap:
            room = max(cap - party.holding - party.pending, 0)
            return self.failed(
                text, remedy=f"Ask for {told_amount(room, scale=scale)} or less.", limit=cap, used=after
            )
        return self.passed(text, limit=cap, used=after)

    def _share(self, facts: Facts) -> int | None:
        if self.ppm is None:
            return None
        security = facts.security
        if self.of_authorised:
            return None if security.authorised is None else security.authorised * self.ppm // PPM
        grows = facts.quantity if facts.kind == "issue" else 0
        return (security.issued + security.pending + grows) * self.ppm // PPM


def joins(facts: Facts) -> int:
    """1 when the receiver becomes a holder by this; one who is already counted as pending does not count twice."""
    party = facts.receiver
    return int(party is not None and party.holding == 0 and party.pending == 0)


def leaves(facts: Facts) -> int:
    """1 when the sender gives everything away and so frees his place."""
    sender = facts.sender
    if sender is None or (facts.receiver and sender.holder == facts.receiver.holder):
        return 0
    return int(sender.holding == facts.quantity and sender.pending == 0)


@dataclass(frozen=True, slots=True)
class HolderLimit(Rule):
    """
    Holders of record of the class after the movement, counted right when a seller sells everything.

    holders        at most so many in all; None is unlimited
    non_accredited at most so many that are not accredited; None is unlimited
    """

    code: ClassVar[str] = "holder_limit"
    title: ClassVar[str] = "Holders of record"
    source: str = "Exchange Act 12(g)(1)(A)"
    as_of: date | None = CHECKED
    holders: int | None = parameter(1999, "Holders of record at most; empty is unlimited", minimum=0)
    non_accredited: int | None = parameter(499, "Of them not accredited; empty is unlimited", minimum=0)

    def check(self, facts: Facts) -> Finding:
        if facts.receiver is None:
            return self.not_applicable("Nobody receives securities here.")
        if self.holders is None and self.non_accredited is None:
            return self.not_applicable("No limit on holders is set.")
        counted = facts.security.counted
        come, gone = joins(facts), leaves(facts)
        after = counted.holders + come - gone
        if self.holders is not None and come and after > self.holders:
            return self._over(after, self.holders, "holders of record", facts)
        plain_comes = come and not facts.receiver.accredited
        plain_goes = gone and facts.sender is not None and not facts.sender.accredited
        plain = counted.non_accredited + int(bool(plain_comes)) - int(bool(plain_goes))
        if self.non_accredited is not None and plain_comes and plain > self.non_accredited:
            return self._over(plain, self.non_accredited, "holders of record who are not accredited", facts)
        return self.passed(lambda: self._room(after, plain), limit=self.holders, used=after)

    def _room(self, after: int, plain: int) -> str:
        """The sentence of a pass; it warns at the last place, because the law's number is one above the limit."""
        allowed = "any number" if self.holders is None else f"{self.holders:,}"
        full = after == self.holders or plain == self.non_accredited
        last = " No place is left." if full else ""
        return f"Would make {after:,} holders of record; this security allows {allowed}.{last}"

    def _over(self, after: int, limit: int, whom: str, facts: Facts) -> Finding:
        return self.failed(
            f"Would make {after:,} {whom}; this security allows {limit:,}.",
            remedy="A place becomes free when a holder sells everything.",
            limit=limit,
            used=after,
        )


@dataclass(frozen=True, slots=True)
class Supply(Rule):
    """What is outstanding, with what is subscribed for, never passes the authorised number."""

    code: ClassVar[str] = "supply"
    title: ClassVar[str] = "Authorised number"
    source: str = "Articles of the issuer"
    as_of: date | None = CHECKED

    def check(self, facts: Facts) -> Finding:
        security = facts.security
        if facts.kind != "issue":
            return self.not_applicable("Nothing is issued here.")
        if security.authorised is None:
            return self.not_applicable("The number authorised is unlimited.")
        after = security.issued + security.pending + facts.quantity
        authorised = security.authorised

        def text() -> str:
            return (
                f"Would make {told_amount(after, scale=security.scale)} outstanding or subscribed; "
                f"{told_amount(authorised, scale=security.scale)} are authorised."
            )

        if after > authorised:
            room = max(authorised - security.issued - security.pending, 0)
            return self.failed(
                text,
                remedy=f"Ask for {told_amount(room, scale=security.scale)} or less.",
                limit=authorised,
                used=after,
            )
        return self.passed(text, limit=authorised, used=after)


@dataclass(frozen=True, slots=True)
class OfferingCapacity(Rule):
    """Where the offering serves first come, first served, nobody can ask for more than is left."""

    code: ClassVar[str] = "offering_capacity"
    title: ClassVar[str] = "Still to be had"
    source: str = "Terms of the offering"
    as_of: date | None = CHECKED

    def check(self, facts: Facts) -> Finding:
        if facts.offering is None:
            return self.not_applicable("This is no subscription.")
        left = facts.offering.remaining
        if left is None:
            return self.not_applicable("More may be asked for than there is; it is then allotted pro rata.")
        scale = facts.security.scale

        def text() -> str:
            return (
                f"{told_amount(left, scale=scale)} are left; "
                f"{told_amount(facts.quantity, scale=scale)} were asked for."
            )

        if facts.quantity > left:
            remedy = (
                f"Ask for {told_amount(left, scale=scale)} or less."
                if left
                else "Everything is subscribed; a place becomes free when somebody withdraws."
            )
            return self.failed(text, remedy=remedy, limit=left, used=facts.quantity)
        return self.passed(text, limit=left, used=facts.quantity)


@dataclass(frozen=True, slots=True)
class CashAvailable(Rule):
    """The buyer's free cash covers what he asks for."""

    code: ClassVar[str] = "cash_available"
    title: ClassVar[str] = "Cash to pay with"
    source: str = "Terms of the offering"
    as_of: date | None = CHECKED

    def check(self, facts: Facts) -> Finding:
        if facts.cash_minor is None or facts.amount_minor is None:
            return self.not_applicable("Nothing is paid from a cash account here.")
        needed, cash = facts.amount_minor, facts.cash_minor

        def text() -> str:
            return (
                f"{told_amount(needed, scale=2)} are needed; "
                f"{told_amount(cash, scale=2)} are free in the cash account."
            )

        # Limit and used are printed as units of the security, so money stands in the sentence alone.
        if needed > cash:
            gap = told_amount(needed - cash, scale=2)
            return self.failed(
                text,
                remedy=f"Pay in {gap} or more under Cash, or ask for less.",
            )
        return self.passed(text)
