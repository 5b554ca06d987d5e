"""
The standings beside "accredited": qualified purchaser, qualified institutional buyer, person outside the United
States, and professional client in the EU; each as findings over what the evidence shows.

Amounts are whole US cents unless said otherwise. Here "not less than" is the rule's word: the limit itself passes.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from investors.domain.accreditation import against, not_negative, threshold, usd
from investors.domain.bases import BASES, CHECKED
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.errors import Invalid

Institution = Literal["institution", "dealer", "bank"]

EU_TRADES_A_QUARTER = 10
EU_PORTFOLIO_CENTS = 500_000_00
EU_TESTS_NEEDED = 2


def qualified_purchaser_test(
    *, investments: int, acquisition_debt: int, institution: bool, formed_to_buy: bool, on: date
) -> Finding:
    """
    Investments, less the debt taken up to acquire them, of at least the limit at the time of the purchase.

    institution    acting for its own account or for other qualified purchasers: the larger limit
    formed_to_buy  an entity formed for this purchase does not count, unless each owner is a qualified purchaser
    raises         Invalid for a negative amount
    source         15 USC 80a-2(a)(51)(A); 17 CFR 270.2a51-1(e) (debt), 270.2a51-3(a) (formed for the purpose)
    """
    not_negative(investments, "investments")
    not_negative(acquisition_debt, "acquisition_debt")
    limit = threshold("qualified-purchaser-institution" if institution else "qualified-purchaser-person", on)
    net = investments - acquisition_debt
    if formed_to_buy:
        return against(
            limit,
            used=net,
            passed=False,
            message="The entity was formed for the specific purpose of acquiring the securities offered.",
            remedy="Show that every beneficial owner is a qualified purchaser (17 CFR 270.2a51-3(a)).",
        )
    return against(
        limit,
        used=net,
        passed=net >= limit.amount,
        message=f"Investments less the debt taken up for them are {usd(net)}; they must be at least {usd(limit.amount)}.",
        remedy="Later statements that show more, or another standing.",
    )


def institutional_buyer_test(
    *, securities: int, kind: Institution, net_worth: int | None, on: date
) -> Decision:
    """
    Securities of unaffiliated issuers owned or invested on a discretionary basis, and a bank's net worth.

    securities  on a day within 16 months before the sale (18 for a foreign buyer); not the buyer's own, not those of
                its affiliates, no bank deposits, repurchase agreements or swaps
    net_worth   audited; asked of banks and savings institutions only
    raises      Invalid for a negative amount
    source      17 CFR 230.144A(a)(1)(i), (ii), (vi), (a)(2)
    """
    not_negative(securities, "securities")
    limit = threshold("institutional-buyer-dealer" if kind == "dealer" else "institutional-buyer", on)
    findings = [
        against(
            limit,
            used=securities,
            passed=securities >= limit.amount,
            message=f"{usd(securities)} of securities are shown; there must be at least {usd(limit.amount)}.",
            remedy="Later statements that show more.",
        )
    ]
    if kind == "bank":
        bank = threshold("institutional-buyer-bank", on)
        shown = net_worth if net_worth is not None else 0
        findings.append(
            against(
                bank,
                used=shown,
                passed=net_worth is not None and net_worth >= bank.amount,
                message=f"Audited net worth of {usd(shown)} is shown; a bank needs at least {usd(bank.amount)}.",
                remedy="The latest audited annual financial statements.",
            )
        )
    return Decision.of(findings, rule_set="144A(a)(1)")


@dataclass(frozen=True, slots=True)
class Abroad:
    """
    What decides whether somebody is outside the United States.

    country                    of residence, or of organisation for an entity; ISO 3166-1 alpha-2
    us_account                 the purchase is for the account or benefit of a US person
    formed_by_us_persons       an entity that US persons formed mainly to invest in unregistered securities
    owned_by_accredited_people such an entity is owned by accredited investors who are no natural persons
    us_fiduciary_or_agency     an estate or trust with a US executor or trustee, a US agency or branch, or an account
                               that a US dealer or fiduciary holds at discretion
    """

    country: str
    us_account: bool = False
    formed_by_us_persons: bool = False
    owned_by_accredited_people: bool = False
    us_fiduciary_or_agency: bool = False


def outside_the_us_test(abroad: Abroad) -> Decision:
    """Each test of Regulation S' definition, so that whoever fails hears which. source  17 CFR 230.902(k)"""
    if len(abroad.country) != 2:
        raise Invalid("The country is a code of two letters.", field="country")
    formed = abroad.formed_by_us_persons and not abroad.owned_by_accredited_people
    return Decision.of(
        (
            _said(
                "not-resident",
                abroad.country.upper() != "US",
                f"Resident or organised in {abroad.country.upper()}.",
                "Who lives in the United States or is organised there cannot buy under Regulation S.",
            ),
            _said(
                "no-us-account",
                not abroad.us_account,
                "Not for the account or benefit of a US person."
                if not abroad.us_account
                else "The purchase is for the account or benefit of a US person.",
                "The person who benefits buys in his own name, under another exemption.",
            ),
            _said(
                "not-formed-by-us-persons",
                not formed,
                "Not formed by US persons to invest in unregistered securities."
                if not formed
                else "US persons formed the entity to invest in unregistered securities.",
                "Show that accredited investors who are no natural persons own it (17 CFR 230.902(k)(1)(viii)).",
            ),
            _said(
                "no-us-fiduciary",
                not abroad.us_fiduciary_or_agency,
                "No US fiduciary, agency, branch or discretionary account."
                if not abroad.us_fiduciary_or_agency
                else "A US fiduciary, agency, branch or discretionary account is involved.",
                "Compliance looks at the exceptions of 17 CFR 230.902(k)(2).",
            ),
        ),
        rule_set="902(k)",
    )


def eu_professional_test(
    *, trades: tuple[int, int, int, int], portfolio_cents: int, years_in_sector: int
) -> Decision:
    """
    At least two of three: on average ten trades of significant size a quarter over the last four quarters; a
    portfolio of more than 500,000 euros; one year in a professional position in the sector.

    trades           of significant size, one figure for each of the last four quarters
    portfolio_cents  financial instruments and deposits, in euro cents
    years_in_sector  whole years
    raises           Invalid for a negative figure
    source           Directive 2014/65/EU, Annex II, section II.1
    """
    for count in trades:
        not_negative(count, "trades")
    not_negative(portfolio_cents, "portfolio")
    not_negative(years_in_sector, "years_in_sector")
    source = BASES["EU-elective"].source
    tests = (
        ("trades", sum(trades), EU_TRADES_A_QUARTER * 4, sum(trades) >= EU_TRADES_A_QUARTER * 4, "trades in four quarters"),
        ("portfolio", portfolio_cents, EU_PORTFOLIO_CENTS, portfolio_cents > EU_PORTFOLIO_CENTS, "euro cents of portfolio"),
        ("years-in-sector", years_in_sector, 1, years_in_sector >= 1, "years in the sector"),
    )  # fmt: skip
    met = [name for name, _, _, passed, _ in tests if passed]
    single = tuple(
        Finding(
            name,
            Outcome.PASSED if passed else Outcome.NOT_APPLICABLE,
            f"{used:,} {what}; {'more than ' if name == 'portfolio' else ''}{limit:,} count.",
            source=source,
            as_of=CHECKED,
            limit=limit,
            used=used,
        )
        for name, used, limit, passed, what in tests
    )
    enough = len(met) >= EU_TESTS_NEEDED
    both = Finding(
        "two-of-three",
        Outcome.PASSED if enough else Outcome.FAILED,
        f"{len(met)} of the three tests {'is' if len(met) == 1 else 'are'} met; two are needed.",
        source=source,
        as_of=CHECKED,
        limit=EU_TESTS_NEEDED,
        used=len(met),
        remedy="" if enough else "Evidence for a second test; else the client stays a retail client.",
    )
    return Decision.of((*single, both), rule_set="EU-elective")


def _said(rule: str, passed: bool, message: str, remedy: str) -> Finding:
    return Finding(
        rule,
        Outcome.PASSED if passed else Outcome.FAILED,
        message,
        source=BASES["902(k)"].source,
        as_of=CHECKED,
        remedy="" if passed else remedy,
    )
