"""Rules that count owners: beneficial owners of a private fund with look-through, holders by country."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from issuance.domain.compliance.eligibility import CHECKED, COUNTRY
from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.limits import joins, leaves
from issuance.domain.compliance.needs import EVER, Needs
from issuance.domain.compliance.rule import Rule, parameter
from portal.domain.decision import Finding
from portal.domain.errors import Invalid
from portal.domain.money import told_amount

LOOKED_THROUGH = r"investor:[0-9a-f-]{36}=[1-9][0-9]{0,5}"


@dataclass(frozen=True, slots=True)
class BeneficialOwners(Rule):
    """
    Section 3(c)(1): a private fund has at most so many beneficial owners. A holder of record counts as one, or as
    many as were found when it was looked through: a fund with a tenth of the votes, or one formed for the purpose.

    owners         at most so many
    capital_minor  a qualifying venture capital fund may not have raised more, in minor units; None asks nothing
    look_through   "investor:<uuid>=<owners>" for each holder that is looked through
    """

    code: ClassVar[str] = "beneficial_owners"
    title: ClassVar[str] = "Beneficial owners"
    source: str = "Investment Company Act 3(c)(1)"
    as_of: date | None = CHECKED
    owners: int = parameter(100, "Beneficial owners at most", minimum=0)
    capital_minor: int | None = parameter(None, "Raised at most, in minor units; empty: any sum", minimum=0)
    look_through: tuple[str, ...] = parameter(
        (), "investor:<id>=<owners>, one for each", pattern=LOOKED_THROUGH
    )

    def __post_init__(self) -> None:
        named = [line.partition("=")[0] for line in self.look_through]
        if len(set(named)) != len(named):
            raise Invalid("A holder is looked through once.", field="look_through")

    def needs(self) -> Needs:
        return Needs(raised=EVER if self.capital_minor is not None else 0, named=frozenset(self._counted()))

    def _counted(self) -> dict[str, int]:
        return {line.partition("=")[0]: int(line.partition("=")[2]) for line in self.look_through}

    def check(self, facts: Facts) -> Finding:
        receiver, sender = facts.receiver, facts.sender
        if receiver is None:
            return self.not_applicable("Nobody receives securities here.")
        weights = self._counted() if self.look_through else {}
        come = joins(facts) * weights.get(receiver.holder, 1)
        gone = leaves(facts) * weights.get(sender.holder, 1) if sender else 0
        hidden = sum(weights[holder] - 1 for holder in facts.security.present if holder in weights)
        after = facts.security.counted.holders + hidden + come - gone
        if come and after > self.owners:
            return self.failed(
                f"Would make {after:,} beneficial owners; this fund may have {self.owners:,}.",
                remedy="A place becomes free when a holder sells everything.",
                limit=self.owners,
                used=after,
            )
        if self.capital_minor is not None and facts.kind == "issue":
            raised = sum(one.amount for one in facts.security.raised) + (facts.amount_minor or 0)
            if raised > self.capital_minor:
                return self.failed(
                    f"Would make {told_amount(raised, scale=2)} raised; a qualifying venture capital fund may have "
                    f"{told_amount(self.capital_minor, scale=2)}.",
                    remedy="Ask for less, or let the fund count 100 owners.",
                    limit=self.owners,
                    used=after,
                )
        return self.passed(
            lambda: f"Would make {after:,} beneficial owners; this fund may have {self.owners:,}.",
            limit=self.owners,
            used=after,
        )


@dataclass(frozen=True, slots=True)
class CountryHolders(Rule):
    """
    Holders of record who live in one country after the movement: such as fewer than 150 in a member state of the EU.

    holders    at most so many in each
    countries  these countries; empty: every country
    """

    code: ClassVar[str] = "country_holders"
    title: ClassVar[str] = "Holders by country"
    source: str = "Regulation (EU) 2017/1129, article 1(4)(b)"
    as_of: date | None = CHECKED
    holders: int = parameter(149, "Holders at most in each country", minimum=0)
    countries: tuple[str, ...] = parameter((), "These countries; empty: every country", pattern=COUNTRY)

    def check(self, facts: Facts) -> Finding:
        receiver, sender = facts.receiver, facts.sender
        if receiver is None:
            return self.not_applicable("Nobody receives securities here.")
        country = receiver.country
        if self.countries and country not in self.countries:
            return self.not_applicable(lambda: f"Holders in {', '.join(self.countries)} are counted.")
        come = joins(facts)
        gone = leaves(facts) if sender and sender.country == country else 0
        after = facts.security.counted.by_country.get(country, 0) + come - gone

        def text() -> str:
            where = country or "an unknown country"
            return f"Would make {after:,} holders in {where}; this security allows {self.holders:,}."

        if come and after > self.holders:
            return self.failed(
                text,
                remedy="A place becomes free when a holder there sells everything.",
                limit=self.holders,
                used=after,
            )
        return self.passed(text, limit=self.holders, used=after)
