"""
Know your customer: how a case moves, which evidence it needs, how risky it is and why, and for how long its
decision holds. Amounts of risk are points; the parts are always shown with the sum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from investors.domain.dates import add_years, age_on
from portal.domain.dates import told_day
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.lifecycle import Lifecycle

CASE = Lifecycle(
    "KYC case",
    {
        "draft": {"submit": "submitted"},
        "submitted": {"take": "in_review"},
        "in_review": {
            "request_information": "needs_information",
            "propose": "awaiting_second",
            "approve": "approved",
            "reject": "rejected",
            "hand_back": "submitted",
        },
        "needs_information": {"answer": "in_review", "reject": "rejected"},
        "awaiting_second": {"approve": "approved", "return": "in_review"},
        "approved": {"expire": "expired", "supersede": "superseded"},
        "expired": {"supersede": "superseded"},
        "rejected": {},
        "superseded": {},
    },
)
OPEN_STATES = frozenset({"draft", "submitted", "in_review", "needs_information", "awaiting_second"})
"""An investor has at most one case in these states."""

DOCUMENT_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "identity": "Passport or national identity card",
        "address": "Proof of address of the last three months",
        "formation": "Certificate of formation, register extract, trust deed or plan document",
        "authority": "Resolution or power that shows who may sign",
        "ownership": "List of owners with 25 % or more and one person in control",
        "source_of_funds": "Where the money comes from",
        "other": "Other paper",
    }
)
WHY_ASKED: Mapping[str, str] = MappingProxyType(
    {
        "identity": "We must know who you are before you may hold securities.",
        "address": "Your place of residence decides which securities law applies to you.",
        "formation": "It shows that the entity exists and where it was organised.",
        "authority": "It shows that you may act for the entity.",
        "ownership": "Persons who own or control the entity are identified and screened as well.",
        "source_of_funds": "A higher risk asks for a look at where the money comes from.",
        "other": "Anything that helps the officer who decides.",
    }
)

SECOND_OFFICER_FROM = 60
"""Four eyes: from this many points a second compliance officer must agree. House policy."""
HIGH_RISK_FROM = 40
_REFRESH_YEARS = ((SECOND_OFFICER_FROM, 1), (HIGH_RISK_FROM, 2), (0, 3))

# Jurisdictions under a call for action or increased monitoring: a list to start from, not checked against the
# FATF's own page. It only adds points to a score that an officer sees in parts; it refuses nobody.
CALL_FOR_ACTION = frozenset({"KP", "IR", "MM"})
INCREASED_MONITORING = frozenset({"DZ", "AO", "BG", "CM", "CD", "HT", "KE", "LA", "LB", "MC", "NA", "NP", "SS", "SY", "VE", "VN", "YE"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class RiskPart:
    """One part of a risk score: a stable code, the sentence an officer reads, and the points it adds."""

    code: str
    why: str
    points: int


@dataclass(frozen=True, slots=True)
class RiskScore:
    """0 to 100. The parts sum to it, except that the sum is cut off at 100."""

    parts: tuple[RiskPart, ...]

    @property
    def points(self) -> int:
        return min(100, sum(part.points for part in self.parts))

    @property
    def level(self) -> str:
        if self.points >= SECOND_OFFICER_FROM:
            return "high"
        return "medium" if self.points >= HIGH_RISK_FROM else "low"

    @property
    def needs_second_officer(self) -> bool:
        return self.points >= SECOND_OFFICER_FROM

    def as_dict(self) -> dict[str, object]:
        return {
            "points": self.points,
            "level": self.level,
            "parts": [{"code": p.code, "why": p.why, "points": p.points} for p in self.parts],
        }


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """
    What the score is made from.

    kind              natural, joint or entity
    country           of residence or organisation
    tax_countries     every declared tax residence
    politically_exposed   as declared by the investor
    resolved_hits     name matches that an officer cleared
    has_identifier    a tax or registration number passed its check
    expected_minor    what the investor says he expects to invest, in US cents
    """

    kind: str
    country: str
    tax_countries: tuple[str, ...] = ()
    politically_exposed: bool = False
    resolved_hits: int = 0
    has_identifier: bool = True
    expected_minor: int = 0


def risk_score(facts: RiskFacts) -> RiskScore:
    """The score with its parts, in the order an officer reads them. Points are house policy."""
    parts = [RiskPart("base", "Every investor starts here.", 10)]
    if facts.kind == "entity":
        parts.append(RiskPart("entity", "Owners stand behind an entity.", 15))
    if facts.kind == "joint":
        parts.append(RiskPart("joint", "More than one person holds.", 5))
    places = sorted({facts.country, *facts.tax_countries})
    worst = [place for place in places if place in CALL_FOR_ACTION]
    watched = [place for place in places if place in INCREASED_MONITORING]
    if worst:
        parts.append(RiskPart("call-for-action", f"Country under a call for action: {', '.join(worst)}.", 60))
    elif watched:
        parts.append(
            RiskPart("increased-monitoring", f"Country under increased monitoring: {', '.join(watched)}.", 30)
        )
    elif facts.country != "US":
        parts.append(
            RiskPart("foreign", f"Resident or organised outside the United States: {facts.country}.", 5)
        )
    if len(set(facts.tax_countries)) > 1:
        parts.append(RiskPart("tax-residences", f"{len(set(facts.tax_countries))} tax residences.", 10))
    if facts.politically_exposed:
        parts.append(RiskPart("politically-exposed", "Declared as politically exposed.", 50))
    if facts.resolved_hits:
        parts.append(
            RiskPart("cleared-hits", f"{facts.resolved_hits} name matches were cleared by an officer.", 10)
        )
    if not facts.has_identifier:
        parts.append(RiskPart("no-identifier", "No tax or registration number.", 15))
    if facts.expected_minor >= 1_000_000_00:
        parts.append(RiskPart("large", "Expects to invest $1,000,000 or more.", 15))
    return RiskScore(tuple(parts))


_ENTITY_PAPERS = ("formation", "authority", "ownership", "identity")
_PAPERS_OF_FORM = {"trust": ("formation", "authority", "identity"), "plan": ("formation", "identity")}


def required_documents(*, kind: str, risk: RiskScore, entity_form: str = "") -> tuple[str, ...]:
    """
    The kinds of document a case needs, by investor and risk, in the order they are asked for. Nobody owns a trust or a
    plan, so no list of owners is asked of them.
    """
    if kind == "entity":
        needed = _PAPERS_OF_FORM.get(entity_form, _ENTITY_PAPERS)
    else:
        needed = ("identity", "address")
    return (*needed, "source_of_funds") if risk.points >= HIGH_RISK_FROM else needed


@dataclass(frozen=True, slots=True)
class Evidence:
    """One document of a case: its kind, and the last day it is good for (a passport's expiry)."""

    kind: str
    expires_on: date | None = None


def evidence_findings(
    *, kind: str, risk: RiskScore, documents: Sequence[Evidence], on: date, entity_form: str = ""
) -> Decision:
    """One finding per required document: present and not expired on the day."""
    findings = []
    for needed in required_documents(kind=kind, risk=risk, entity_form=entity_form):
        good = [d for d in documents if d.kind == needed and (d.expires_on is None or d.expires_on >= on)]
        expired = [d.expires_on for d in documents if d.kind == needed and d.expires_on and d.expires_on < on]
        label = DOCUMENT_KINDS[needed]
        if good:
            message = f"{label}: there."
        elif expired:
            message = f"{label}: expired on {told_day(max(expired))}."
        else:
            message = f"{label}: missing."
        findings.append(
            Finding(
                rule=f"document-{needed.replace('_', '-')}",
                outcome=Outcome.PASSED if good else Outcome.FAILED,
                message=message,
                source="House KYC policy (31 CFR 1023.220 as its model)",
                remedy="" if good else f"Upload: {label}. {WHY_ASKED[needed]}",
            )
        )
    return Decision.of(findings, rule_set="KYC evidence")


def refresh_years(risk: RiskScore) -> int:
    """Years until the case is looked at again: 1 at high, 2 at medium, 3 at low risk. House policy."""
    return next(years for floor, years in _REFRESH_YEARS if risk.points >= floor)


def valid_until(*, decided_on: date, risk: RiskScore, documents: Sequence[Evidence] = ()) -> date:
    """The last day an approval holds: the refresh interval, or an identity paper's expiry where that is earlier."""
    last = add_years(decided_on, refresh_years(risk))
    expiries = [
        d.expires_on
        for d in documents
        if d.kind == "identity" and d.expires_on and d.expires_on >= decided_on
    ]
    return min([last, max(expiries)]) if expiries else last


def adult_finding(*, born: date, on: date, minimum: int = 18) -> Finding:
    """A natural person must be of age to contract."""
    age = age_on(born, on)
    of_age = add_years(born, minimum)
    if age_on(born, of_age) < minimum:  # born on 29 February: of age on 1 March of a common year
        of_age += timedelta(days=1)
    return Finding(
        rule="of-age",
        outcome=Outcome.PASSED if age >= minimum else Outcome.FAILED,
        message=f"The investor is {age}; the minimum is {minimum}.",
        earliest_pass=None if age >= minimum else of_age,
        limit=minimum,
        used=age,
        remedy="" if age >= minimum else "A custodian may hold for a minor.",
    )
