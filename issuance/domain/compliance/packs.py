"""
Exemptions as packs of rules, each with its citation and the day it was checked. A sale by the issuer under an
exemption adds the rules of its pack to those of the security; a resale may rely on one of its own.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from issuance.domain.compliance.eligibility import CHECKED, AccreditedRequired, StandingRequired
from issuance.domain.compliance.exemptions import (
    CrowdfundingInvestment,
    NonAccreditedBuyers,
    OffshoreBuyer,
    RaisedLimit,
    RegAInvestment,
    SeasonedClass,
)
from issuance.domain.compliance.holders import BeneficialOwners
from issuance.domain.compliance.rule import Rule
from portal.domain.errors import Invalid


class UnknownRule(Invalid):
    """A rule set names a rule, a parameter of one, or an exemption that is not in the catalogue."""

    code = "unknown-rule"


SALES: Mapping[str, tuple[str, Callable[[], list[Rule]]]] = MappingProxyType(
    {
        "506(c)": ("Rule 506(c)", lambda: [AccreditedRequired(verified=True, on=("issue",))]),
        "506(b)": ("Rule 506(b)", lambda: [NonAccreditedBuyers()]),
        "Reg S": ("Regulation S", lambda: [OffshoreBuyer()]),
        "Reg S-1": ("Regulation S, category 1", lambda: [OffshoreBuyer()]),
        "Reg S-2": ("Regulation S, category 2", lambda: [OffshoreBuyer(source="17 CFR 230.903(b)(2)")]),
        "Reg S-3": (
            "Regulation S, category 3",
            lambda: [OffshoreBuyer(source="17 CFR 230.903(b)(3)", certified=True)],
        ),
        "Reg A": ("Regulation A, tier 2", lambda: [RegAInvestment(), RaisedLimit()]),
        "Reg CF": (
            "Regulation Crowdfunding",
            lambda: [
                CrowdfundingInvestment(),
                RaisedLimit(source="17 CFR 227.100(a)(1)", exemption="Reg CF", minor=5_000_000_00),
            ],
        ),
    }
)
"""Exemption of a sale by the issuer -> what people call it, and the rules it adds."""

RESALES: Mapping[str, tuple[str, Callable[[], list[Rule]]]] = MappingProxyType(
    {
        "144A": (
            "Rule 144A",
            lambda: [
                StandingRequired(
                    source="17 CFR 230.144A(d)(1)", status="qualified_institutional_buyer", on=("transfer",)
                )
            ],
        ),
        "4(a)(7)": (
            "Section 4(a)(7)",
            lambda: [
                AccreditedRequired(source="Securities Act 4(d)(1)", verified=False, on=("transfer",)),
                SeasonedClass(),
            ],
        ),
    }
)
"""Exemption that a transfer may rely on instead of Rule 144 -> what people call it, and the rules it adds."""


def exemption_pack(exemption: str) -> list[Rule]:
    """
    The rules that an exemption adds to a sale, or to a resale, under it.

    exemption  a key of SALES or RESALES
    raises     UnknownRule for another
    """
    found = SALES.get(exemption) or RESALES.get(exemption)
    if found is None:
        raise UnknownRule(
            f"{exemption!r} is not an exemption on record.",
            field="exemption",
            next_step=f"Known: {', '.join([*SALES, *RESALES])}.",
        )
    return found[1]()


def private_fund_limit() -> Rule:
    """Section 3(c)(1): at most 100 beneficial owners."""
    return BeneficialOwners()


def venture_fund_limit() -> Rule:
    """Section 3(c)(1)(C): 250 owners for a qualifying venture capital fund of no more than $12,000,000."""
    return BeneficialOwners(
        source="Investment Company Act 3(c)(1)(C); 17 CFR 270.3c-7 since 2024-09-30",
        as_of=CHECKED,
        owners=250,
        capital_minor=12_000_000_00,
    )


def purchasers_fund() -> Rule:
    """Section 3(c)(7): qualified purchasers only, at the purchase."""
    return StandingRequired()
