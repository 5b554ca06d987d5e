"""Rules that single exemptions ask for: who may buy, how much, how much is raised, and where the securities may go on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from issuance.domain.compliance.calendar import add_months
from issuance.domain.compliance.conduct import PPM
from issuance.domain.compliance.eligibility import CHECKED
from issuance.domain.compliance.facts import Dated, Facts, Party
from issuance.domain.compliance.needs import Needs
from issuance.domain.compliance.rule import LotRule, Rule, parameter
from issuance.domain.lots import Lot
from portal.domain.dates import told_day
from portal.domain.decision import Finding
from portal.domain.money import told_amount

FAMILY = ("family", "inheritance", "divorce")
"""Causes for which 17 CFR 230.501(a)(4) of Regulation Crowdfunding lets securities go within the year."""
REG_S_LOTS = {"Reg S": 3, "Reg S-1": 1, "Reg S-2": 2, "Reg S-3": 3}
"""Exemption of a lot -> category of Rule 903; one sold without a category is treated as the strictest."""


def us_person(party: Party) -> bool:
    """In the United States, by his certification or his country; one of whom nothing is known is taken to be."""
    return party.claims is None or party.claims.us_person or party.country == "US"


@dataclass(frozen=True, slots=True)
class NonAccreditedBuyers(Rule):
    """
    Rule 506(b)(2)(i): no more than so many purchasers who are not accredited in any window of so many calendar days,
    over all sales of the issuer under it, and none at all unless the offering furnishes what Rule 502(b) asks for.

    days  a purchase of day d counts on d and the days - 1 days after it
    """

    code: ClassVar[str] = "non_accredited_buyers"
    title: ClassVar[str] = "Purchasers who are not accredited"
    source: str = "17 CFR 230.506(b)(2)(i)"
    as_of: date | None = CHECKED
    limit: int = parameter(35, "Purchasers at most", minimum=0)
    days: int = parameter(90, "Calendar days of the window", minimum=1, maximum=3660)

    def needs(self) -> Needs:
        return Needs(purchases=self.days)

    def check(self, facts: Facts) -> Finding:
        receiver, offering = facts.receiver, facts.offering
        if receiver is None or facts.kind != "issue":
            return self.not_applicable("Asked of sales by the issuer only.")
        if receiver.accredited:
            return self.passed("The purchaser is accredited; any number of those may buy.", limit=self.limit)
        gaps = receiver.claims.accreditation_missing if receiver.claims else ()
        how = " ".join(gap.how_to_get_it for gap in gaps) or "Send evidence under Accreditation."
        if offering is None or not offering.admits_others:
            return self.failed(
                " ".join(gap.what for gap in gaps) or "No accreditation is on record for this day.",
                remedy=how,
            )
        window = timedelta(days=self.days)
        last: dict[str, date] = {}
        for one in facts.security.purchases:
            if one.exemption == "506(b)":
                last[one.holder] = max(one.on, last.get(one.holder, one.on))
        counting = {holder: day + window for holder, day in last.items() if day + window > facts.on}
        used = len(counting.keys() | {receiver.holder})

        def text() -> str:
            return (
                f"Would make {used} purchasers who are not accredited within {self.days} days; "
                f"{self.limit} are allowed."
            )

        if used <= self.limit or receiver.holder in counting:
            return self.passed(text, limit=self.limit, used=used)
        free = sorted(counting.values())[used - self.limit - 1 : used - self.limit]
        return self.failed(
            text,
            remedy=f"Wait, or become accredited: {how}",
            limit=self.limit,
            used=used,
            earliest_pass=free[0] if free else None,
        )


def _paid(past: Iterable[Dated], exemption: str, on: date, months: int) -> list[tuple[date, int]]:
    """(day it no longer counts, minor units) of what was paid under an exemption and still counts."""
    rows = [(add_months(one.on, months), one.amount) for one in past if one.exemption == exemption]
    return [row for row in rows if row[0] > on]


def _frees(past: list[tuple[date, int]], over: int) -> date | None:
    """The first day on which so much of the past no longer counts."""
    for day, amount in sorted(past):
        over -= amount
        if over <= 0:
            return day
    return None


@dataclass(frozen=True, slots=True)
class RegAInvestment(Rule):
    """
    Rule 251(d)(2)(i)(C), tier 2: whoever is not accredited pays no more than a tenth of the greater of his yearly
    income and net worth (of an entity: revenue and net assets), as he told them for this purchase.
    """

    code: ClassVar[str] = "reg_a_investment"
    title: ClassVar[str] = "Regulation A investment limit"
    source: str = "17 CFR 230.251(d)(2)(i)(C)"
    as_of: date | None = CHECKED
    ppm: int = parameter(100_000, "Millionths of the greater of income and net worth", minimum=0, maximum=PPM)

    def needs(self) -> Needs:
        return Needs(bought=366)

    def check(self, facts: Facts) -> Finding:
        party, asked = facts.receiver, facts.amount_minor
        if party is None or facts.kind != "issue" or asked is None:
            return self.not_applicable("Asked of purchases from the issuer only.")
        if party.accredited:
            return self.not_applicable("The purchaser is accredited: no limit.")
        known = [sum_ for sum_ in (party.income_minor, party.net_worth_minor) if sum_ is not None]
        if not known:
            return self.failed(
                "Neither yearly income nor net worth was told for this purchase.",
                remedy="Tell yearly income and net worth when you subscribe.",
            )
        cap = max(*known, 0) * self.ppm // PPM
        past = _paid(party.bought, "Reg A", facts.on, 12)
        return _invested(self, asked, past, cap, "under Regulation A within 12 months")


@dataclass(frozen=True, slots=True)
class CrowdfundingInvestment(Rule):
    """
    Rule 100(a)(2) of Regulation Crowdfunding: what one who is not accredited pays for securities of any issuer under it
    within twelve months. Is income or net worth below the threshold: the greater of the floor and `small_ppm` of the
    greater of the two; else `large_ppm` of the greater, and never more than the threshold. Who told neither has the floor.
    """

    code: ClassVar[str] = "crowdfunding_investment"
    title: ClassVar[str] = "Crowdfunding investment limit"
    source: str = "17 CFR 227.100(a)(2)"
    as_of: date | None = CHECKED
    threshold_minor: int = parameter(124_000_00, "Threshold and highest limit, in minor units", minimum=0)
    floor_minor: int = parameter(2_500_00, "Lowest limit, in minor units", minimum=0)
    small_ppm: int = parameter(50_000, "Millionths below the threshold", minimum=0, maximum=PPM)
    large_ppm: int = parameter(100_000, "Millionths from the threshold on", minimum=0, maximum=PPM)
    months: int = parameter(12, "Months of the window", minimum=1, maximum=120)

    def needs(self) -> Needs:
        return Needs(bought=self.months * 31 + 1)

    def check(self, facts: Facts) -> Finding:
        party, asked = facts.receiver, facts.amount_minor
        if party is None or facts.kind != "issue" or asked is None:
            return self.not_applicable("Asked of purchases from the issuer only.")
        if party.accredited:
            return self.not_applicable("The purchaser is accredited: no limit.")
        past = _paid(party.bought, "Reg CF", facts.on, self.months)
        cap = self.cap(party.income_minor, party.net_worth_minor)
        return _invested(self, asked, past, cap, f"under Regulation Crowdfunding within {self.months} months")

    def cap(self, income: int | None, worth: int | None) -> int:
        """Minor units that one may invest in the window."""
        low, high = sorted((max(income or 0, 0), max(worth or 0, 0)))
        if low < self.threshold_minor:
            return max(self.floor_minor, high * self.small_ppm // PPM)
        return min(high * self.large_ppm // PPM, self.threshold_minor)


def _invested(rule: Rule, asked: int, past: list[tuple[date, int]], cap: int, within: str) -> Finding:
    before = sum(amount for _, amount in past)
    used = before + asked

    def text() -> str:
        return f"Would make {told_amount(used, scale=2)} {within}; the limit is {told_amount(cap, scale=2)}."

    if used <= cap:
        return rule.passed(text)
    room = told_amount(max(cap - before, 0), scale=2)
    alone = asked <= cap
    return rule.failed(
        text, remedy=f"Ask for {room} or less.", earliest_pass=_frees(past, used - cap) if alone else None
    )


@dataclass(frozen=True, slots=True)
class RaisedLimit(Rule):
    """What an issuer raises under one exemption within twelve months, over all its securities."""

    code: ClassVar[str] = "raised_limit"
    title: ClassVar[str] = "Ceiling of the exemption"
    source: str = "17 CFR 230.251(a)(2)"
    as_of: date | None = CHECKED
    exemption: str = parameter(
        "Reg A", "Exemption", choices={"Reg A": "Regulation A", "Reg CF": "Crowdfunding"}
    )
    minor: int = parameter(75_000_000_00, "Raised at most, in minor units", minimum=0)
    months: int = parameter(12, "Months of the window", minimum=1, maximum=120)

    def needs(self) -> Needs:
        return Needs(raised=self.months * 31 + 1)

    def check(self, facts: Facts) -> Finding:
        offering, asked = facts.offering, facts.amount_minor
        if offering is None or offering.exemption != self.exemption or asked is None:
            return self.not_applicable(lambda: f"Nothing is raised under {self.exemption} here.")
        past = _paid(facts.security.raised, self.exemption, facts.on, self.months)
        return _invested(
            self, asked, past, self.minor, f"raised under {self.exemption} in {self.months} months"
        )


@dataclass(frozen=True, slots=True)
class CrowdfundingLock(LotRule):
    """
    Rule 501 of Regulation Crowdfunding: lots sold under it stay where they are for a year, unless they go to an
    accredited investor, back to the issuer, or in the family, by inheritance or divorce.
    """

    code: ClassVar[str] = "crowdfunding_lock"
    title: ClassVar[str] = "One-year lock of crowdfunded lots"
    source: str = "17 CFR 227.501(a)"
    as_of: date | None = CHECKED
    months: int = parameter(12, "Months from purchase", minimum=0, maximum=1200)

    def check(self, facts: Facts) -> Finding:
        if facts.kind != "transfer" or facts.sender is None:
            return self.not_applicable("Asked of transfers between holders only.")
        if not self.binds(facts):
            return self.not_applicable("The receiver is accredited, or it stays in the family.")
        return self.let_go(
            facts, f"were bought {self.months} months ago or not under Regulation Crowdfunding"
        )

    def binds(self, facts: Facts) -> bool:
        if facts.kind != "transfer" or facts.sender is None or facts.cause in FAMILY:
            return False
        return facts.receiver is not None and not facts.receiver.accredited

    def opens(self, lot: Lot, facts: Facts) -> date | None:
        return add_months(lot.acquired_on, self.months) if lot.exemption == "Reg CF" else None


@dataclass(frozen=True, slots=True)
class FlowBack(LotRule):
    """
    Rules 903 and 904: lots sold under Regulation S do not go to a person in the United States before their
    distribution compliance period is over. Category 1 has none.

    category_2_days     for lots of category 2, and of category 3 where the security is debt
    category_3_months   for equity of category 3; reporting_months where the issuer reports
    debt                the security is debt
    """

    code: ClassVar[str] = "flow_back"
    title: ClassVar[str] = "Flow-back under Regulation S"
    source: str = "17 CFR 230.903(b)"
    as_of: date | None = CHECKED
    category_2_days: int = parameter(
        40, "Days of category 2, and of debt in category 3", minimum=0, maximum=3660
    )
    category_3_months: int = parameter(12, "Months of equity in category 3", minimum=0, maximum=1200)
    reporting_months: int = parameter(6, "Months of it, where the issuer reports", minimum=0, maximum=1200)
    debt: bool = parameter(False, "The security is debt")

    def check(self, facts: Facts) -> Finding:
        if facts.kind != "transfer" or facts.sender is None:
            return self.not_applicable("Asked of transfers between holders only.")
        if not self.binds(facts):
            return self.not_applicable("The receiver is outside the United States.")
        return self.let_go(facts, "are past the distribution compliance period or not of Regulation S")

    def binds(self, facts: Facts) -> bool:
        receiver = facts.receiver
        return (
            facts.kind == "transfer"
            and facts.sender is not None
            and receiver is not None
            and us_person(receiver)
        )

    def opens(self, lot: Lot, facts: Facts) -> date | None:
        category = REG_S_LOTS.get(lot.exemption, 1)
        if category == 1:
            return None
        if category == 2 or self.debt:
            return lot.acquired_on + timedelta(days=self.category_2_days)
        months = self.reporting_months if facts.security.reporting else self.category_3_months
        return add_months(lot.acquired_on, months)


@dataclass(frozen=True, slots=True)
class OffshoreBuyer(Rule):
    """
    Rule 903(a): the buyer is no person of the United States.

    certified  it rests on a determination from his certification, as category 3 asks
    """

    code: ClassVar[str] = "offshore_buyer"
    title: ClassVar[str] = "Buyer outside the United States"
    source: str = "17 CFR 230.903(a)"
    as_of: date | None = CHECKED
    certified: bool = parameter(False, "A determination from his certification is on record")

    def check(self, facts: Facts) -> Finding:
        party = facts.receiver
        if party is None:
            return self.not_applicable("Nobody receives securities here.")
        if us_person(party):
            return self.failed(
                "The buyer is a person of the United States, or nothing is known of him.",
                remedy="It is sold outside the United States only.",
            )
        found = party.claims.standing("non_us_person") if party.claims else None
        if self.certified and found is None:
            return self.failed(
                "No determination as person outside the United States is on record for this day.",
                remedy="Open Accreditation and certify under “Person outside the United States”.",
            )
        if found is None:
            return self.passed(lambda: f"The buyer lives in {party.country}.")
        until = found.until
        return self.passed(
            lambda: f"Determined to be outside the United States; good until {told_day(until)}."
        )


@dataclass(frozen=True, slots=True)
class SeasonedClass(Rule):
    """Section 4(d)(9) for a resale under 4(a)(7): the class has been outstanding for so many days."""

    code: ClassVar[str] = "seasoned_class"
    title: ClassVar[str] = "Class is outstanding long enough"
    source: str = "Securities Act 4(d)(9)"
    as_of: date | None = CHECKED
    days: int = parameter(90, "Days since the first issue", minimum=0, maximum=36_500)

    def needs(self) -> Needs:
        return Needs(first=True)

    def check(self, facts: Facts) -> Finding:
        if facts.kind != "transfer":
            return self.not_applicable("Asked of transfers between holders only.")
        first = facts.security.first_issued_on
        if first is None:
            return self.failed(
                "Nothing of this class has been issued yet.", remedy="Wait for the first issue."
            )
        age, day = (facts.on - first).days, first + timedelta(days=self.days)
        if age < self.days:
            return self.failed(
                f"The class has been outstanding for {age} days; {self.days} are asked for.",
                remedy=f"Wait until {told_day(day)}.",
                limit=self.days,
                used=age,
                earliest_pass=day,
            )
        return self.passed(
            lambda: f"The class has been outstanding for {age} days.", limit=self.days, used=age
        )
