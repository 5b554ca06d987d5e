"""
How accreditation was verified, and for how long a sale may rely on it: the methods, and the two clocks.

There is no general "certificate of accreditation". The evidence clock says how old a paper may be at the sale; the
re-use clock says for how long the issuer that verified may rely on it again, each time with a fresh representation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal

from investors.domain.bases import CHECKED, of_status
from investors.domain.dates import add_months, add_years
from portal.domain.dates import told_day
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.errors import Invalid

EVIDENCE_MONTHS = 3
REUSE_YEARS = 5
REPRESENTATION_DAYS = 30
"""
House policy. The rule wants the representation "at the time of sale"; a subscription closes some days after it was
signed, so one that old still counts, and a later closing asks for a new one.
"""

Clock = Literal["paper", "tax-years", "representation"]


@dataclass(frozen=True, slots=True)
class Method:
    """
    One way to verify.

    verified   a reasonable step to verify in the sense of Rule 506(c)
    bases      the paragraphs it can support; empty for any
    kinds      who can use it; the listed safe harbours are for natural persons only
    evidence   kinds of paper that must be among the evidence
    clock      paper: three months from the oldest paper; tax-years: through the year after the later tax year;
               representation: as long as the representation is fresh
    one_issuer only the issuer who sold before may use it
    """

    code: str
    label: str
    source: str
    verified: bool
    kinds: frozenset[str]
    bases: frozenset[str]
    evidence: tuple[str, ...]
    clock: Clock
    one_issuer: bool = False


EVIDENCE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "tax_form": "IRS form that reports income (W-2, 1099, K-1, 1040)",
        "income_expectation": "Written representation of the income expected this year",
        "asset_statement": "Statement of bank, brokerage or other assets",
        "consumer_report": "Consumer report of a nationwide agency",
        "liability_representation": "Written representation that all liabilities are disclosed",
        "professional_letter": "Letter of a broker-dealer, adviser, attorney or CPA",
        "financial_statement": "Balance sheet or audited financial statements",
        "licence_record": "Public record of a licence (BrokerCheck, IAPD)",
        "owner_list": "List of equity owners",
        "investor_representation": "Written representation of being accredited",
        "financing_representation": "Written representation that the minimum is not financed by a third party",
        "earlier_holding": "Record of a purchase from this issuer as an accredited investor before 23 September 2013",
        "purchaser_representation": "Written representation of being a qualified purchaser",
        "buyer_representation": "Written representation of being a qualified institutional buyer",
        "non_us_certificate": "Written certificate of not being a US person and not buying for one",
        "professional_request": "Written request to be treated as a professional client, with the warning understood",
        "other": "Other paper",
    }
)

_PEOPLE, _ALL = frozenset({"natural", "joint"}), frozenset({"natural", "joint", "entity"})
ACCREDITED = of_status("accredited")
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.code: method
        for method in (
            Method(
                "income_documents",
                "Tax forms of two years (A)",
                "17 CFR 230.506(c)(2)(ii)(A)",
                True,
                _PEOPLE,
                frozenset({"501(a)(6)"}),
                ("tax_form", "income_expectation"),
                "tax-years",
            ),
            Method(
                "net_worth_documents",
                "Statements, consumer report and representation (B)",
                "17 CFR 230.506(c)(2)(ii)(B)",
                True,
                _PEOPLE,
                frozenset({"501(a)(5)"}),
                ("asset_statement", "consumer_report", "liability_representation"),
                "paper",
            ),
            Method(
                "professional_letter",
                "Letter of a broker-dealer, adviser, attorney or CPA (C)",
                "17 CFR 230.506(c)(2)(ii)(C)",
                True,
                _PEOPLE,
                frozenset({"501(a)(5)", "501(a)(6)"}),
                ("professional_letter",),
                "paper",
            ),
            Method(
                "earlier_investor",
                "Bought from this issuer before 23 September 2013 and certifies (D)",
                "17 CFR 230.506(c)(2)(ii)(D)",
                True,
                _PEOPLE,
                ACCREDITED,
                ("earlier_holding", "investor_representation"),
                "representation",
                one_issuer=True,
            ),
            Method(
                "minimum_investment",
                "High minimum investment with representations (staff letter)",
                "SEC staff letter to Latham & Watkins, 2025-03-12",
                True,
                _ALL,
                ACCREDITED,
                ("investor_representation", "financing_representation"),
                "representation",
            ),
            Method(
                "principles_based",
                "Officer's assessment of the facts",
                "17 CFR 230.506(c)(2)(i)",
                True,
                _ALL,
                frozenset(),
                (),
                "paper",
            ),
            Method(
                "self_certification",
                "The investor's own statement, for offerings without solicitation",
                "17 CFR 230.501(a) (reasonable belief), 230.506(b)",
                False,
                _ALL,
                ACCREDITED,
                ("investor_representation",),
                "representation",
            ),
            Method(
                "purchaser_documents",
                "Statements of the investments and representation",
                "17 CFR 270.2a51-1(h) (reasonable belief)",
                True,
                _ALL,
                of_status("qualified_purchaser"),
                ("asset_statement", "purchaser_representation"),
                "paper",
            ),
            Method(
                "buyer_documents",
                "Financial statements or public record, and representation",
                "17 CFR 230.144A(d)(1)",
                True,
                frozenset({"entity"}),
                of_status("qualified_institutional_buyer"),
                ("financial_statement", "buyer_representation"),
                "paper",
            ),
            Method(
                "non_us_certificate",
                "Certificate of not being a US person",
                "17 CFR 230.903(b)(3)(iii)(B)(1)",
                True,
                _ALL,
                of_status("non_us_person"),
                ("non_us_certificate",),
                "representation",
            ),
            Method(
                "professional_assessment",
                "Request, papers and the officer's assessment",
                "Directive 2014/65/EU, Annex II, section II.2",
                True,
                _ALL,
                of_status("eu_professional_client"),
                ("professional_request", "asset_statement"),
                "paper",
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Paper:
    """One piece of evidence: its kind, the day it is dated, and for tax forms the year it reports."""

    kind: str
    dated: date
    tax_year: int | None = None


def method_for(code: str) -> Method:
    """raises  Invalid when there is no such method"""
    method = METHODS.get(code)
    if method is None:
        raise Invalid(f"There is no method {code!r}; choose one of {', '.join(METHODS)}.", field="method")
    return method


def evidence_until(method: Method, papers: Sequence[Paper]) -> date | None:
    """
    Evidence clock: the last day of a sale that this evidence supports. None where the method's clock is the
    representation alone.

    raises  Invalid when the method needs papers and there are none
    """
    if method.clock == "representation":
        return None
    if not papers:
        raise Invalid("No evidence is given.", field="evidence", source=method.source)
    if method.clock == "tax-years":
        years = [
            paper.tax_year for paper in papers if paper.kind == "tax_form" and paper.tax_year is not None
        ]
        if not years:
            raise Invalid(
                "A tax form must say which year it reports.", field="evidence", source=method.source
            )
        return date(max(years) + 1, 12, 31)
    return add_months(min(paper.dated for paper in papers), EVIDENCE_MONTHS)


def reuse_until(verified_on: date) -> date:
    """Re-use clock: the last day the same issuer may rely on an earlier verification."""
    return add_years(verified_on, REUSE_YEARS)


def representation_until(represented_on: date) -> date:
    """The last day a written representation counts as made at the time of the sale."""
    return represented_on + timedelta(days=REPRESENTATION_DAYS)


def evidence_clock(*, method: Method, papers: Sequence[Paper], sale_on: date) -> Finding:
    """Is the evidence fresh enough for a sale on that day, and not dated after it?"""
    until = evidence_until(method, papers)
    if until is None:
        return Finding(
            "evidence-clock", Outcome.NOT_APPLICABLE, "This method rests on representations, not papers."
        )
    late = [paper for paper in papers if paper.dated > sale_on]
    if late:
        latest = max(paper.dated for paper in late)
        return Finding(
            "evidence-clock",
            Outcome.FAILED,
            f"A paper is dated {told_day(latest)}, after the sale on {told_day(sale_on)}.",
            source=method.source,
            as_of=CHECKED,
            earliest_pass=latest,
            remedy="Use papers dated on or before the sale.",
        )
    if sale_on > until:
        return Finding(
            "evidence-clock",
            Outcome.FAILED,
            f"The evidence supports a sale until {told_day(until)}; this one is on {told_day(sale_on)}.",
            source=method.source,
            as_of=CHECKED,
            remedy="Newer evidence, or re-use by the same issuer with a fresh representation.",
        )
    return Finding(
        "evidence-clock",
        Outcome.PASSED,
        f"The evidence supports a sale until {told_day(until)}.",
        source=method.source,
        as_of=CHECKED,
    )


def representation_clock(*, represented_on: date | None, sale_on: date) -> Finding:
    """Was a written representation given, not after the sale and fresh enough to be "at the time of" it?"""
    if represented_on is not None and represented_on <= sale_on <= representation_until(represented_on):
        return Finding(
            "representation-clock",
            Outcome.PASSED,
            f"Represented in writing on {told_day(represented_on)}.",
            source="17 CFR 230.506(c)(2)(ii)(E)",
            as_of=CHECKED,
            limit=REPRESENTATION_DAYS,
            used=(sale_on - represented_on).days,
        )
    given = f"the last one is of {told_day(represented_on)}" if represented_on else "there is none"
    return Finding(
        "representation-clock",
        Outcome.FAILED,
        f"A written representation at the time of the sale is needed; {given}.",
        source="17 CFR 230.506(c)(2)(ii)(E)",
        as_of=CHECKED,
        limit=REPRESENTATION_DAYS,
        used=(sale_on - represented_on).days if represented_on else None,
        remedy="The investor confirms in writing that he still is accredited.",
    )


def reuse_clock(
    *, verified_on: date, same_issuer: bool, represented_on: date | None, sale_on: date
) -> Decision:
    """
    May this issuer rely on an earlier verification: same issuer, within five years, with a fresh representation?

    source  17 CFR 230.506(c)(2)(ii)(E), effective 2021-03-15 (Release 33-10884)
    """
    until, source = reuse_until(verified_on), "17 CFR 230.506(c)(2)(ii)(E)"
    issuer = Finding(
        "same-issuer",
        Outcome.PASSED if same_issuer else Outcome.FAILED,
        "The same issuer verified earlier."
        if same_issuer
        else "Another issuer verified; its verification cannot be re-used.",
        source=source,
        as_of=CHECKED,
        remedy="" if same_issuer else "Verify anew for this issuer.",
    )
    in_time = verified_on <= sale_on <= until
    years = Finding(
        "five-years",
        Outcome.PASSED if in_time else Outcome.FAILED,
        f"Verified on {told_day(verified_on)}; may be re-used until {told_day(until)}.",
        source=source,
        as_of=CHECKED,
        earliest_pass=verified_on if sale_on < verified_on else None,
        remedy="" if in_time else "Verify anew with current evidence.",
    )
    return Decision.of((issuer, years, representation_clock(represented_on=represented_on, sale_on=sale_on)))


def completeness(*, method: Method, basis: str, kind: str, papers: Sequence[Paper], on: date) -> Decision:
    """
    Everything a determination by this method must have, before any judgement of the amounts: the method fits the
    basis and the investor, each needed kind of paper is there, tax forms cover the two most recent years, and the
    evidence is fresh on the day of the decision.
    """
    fits = (not method.bases or basis in method.bases) and kind in method.kinds
    findings = [
        Finding(
            "method-fits",
            Outcome.PASSED if fits else Outcome.FAILED,
            f"{method.label} {'can' if fits else 'cannot'} support {basis} for a{'n entity' if kind == 'entity' else ' natural person'}.",
            source=method.source,
            as_of=CHECKED,
            remedy="" if fits else "Choose the principles-based method and say why the facts convince.",
        )
    ]
    present = {paper.kind for paper in papers}
    lacking = [EVIDENCE_KINDS[needed] for needed in method.evidence if needed not in present]
    if not method.evidence and not papers:
        lacking = ["at least one paper"]
    findings.append(
        Finding(
            "evidence-complete",
            Outcome.FAILED if lacking else Outcome.PASSED,
            f"Missing: {'; '.join(lacking)}."
            if lacking
            else "Every paper that the method asks for is there.",
            source=method.source,
            as_of=CHECKED,
            limit=len(method.evidence),
            used=len(method.evidence) - len(lacking) if method.evidence else len(papers),
            remedy="Ask the investor for the missing papers." if lacking else "",
        )
    )
    if method.clock == "tax-years":
        findings.append(_tax_years(method, papers, on))
    if papers and (method.clock != "tax-years" or findings[-1].outcome is Outcome.PASSED):
        findings.append(evidence_clock(method=method, papers=papers, sale_on=on))
    return Decision.of(findings, rule_set=f"{basis} by {method.code}")


def _tax_years(method: Method, papers: Sequence[Paper], on: date) -> Finding:
    shown = {paper.tax_year for paper in papers if paper.kind == "tax_form"}
    lacking = [str(year) for year in (on.year - 2, on.year - 1) if year not in shown]
    return Finding(
        "two-tax-years",
        Outcome.FAILED if lacking else Outcome.PASSED,
        f"No tax form for {' and '.join(lacking)}."
        if lacking
        else "Tax forms cover the two most recent years.",
        source=method.source,
        as_of=CHECKED,
        limit=2,
        used=2 - len(lacking),
        remedy=f"Tax forms for {' and '.join(lacking)}." if lacking else "",
    )
