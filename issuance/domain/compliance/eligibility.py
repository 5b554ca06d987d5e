"""Rules about who may hold: identity, screening, accreditation, country."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from investors.domain.bases import STATUSES
from investors.domain.claims import Claims, Missing
from issuance.domain.compliance.facts import Facts, Party
from issuance.domain.compliance.rule import Rule, parameter
from portal.domain.dates import told_day
from portal.domain.decision import Finding
from portal.domain.errors import Invalid

CHECKED = date(2026, 11, 22)
COUNTRY = "[A-Z]{2}"
MOVEMENTS = {"issue": "issue", "transfer": "transfer", "redeem": "redemption"}
SIDES = {"receiver": "receiver", "sender": "sender"}
STANDINGS = {code: label for code, label in STATUSES.items() if code != "accredited"}


def _receiving(facts: Facts) -> Party | None:
    """Who gets the securities, where somebody other than the issuer does."""
    return facts.receiver


def _remedy(missing: tuple[Missing, ...], fallback: str) -> str:
    return " ".join(item.how_to_get_it for item in missing if item.how_to_get_it) or fallback


def _told(day: date | None) -> str:
    return told_day(day) if day else "an unknown day"


def _about(claims: Claims, *prefixes: str) -> tuple[Missing, ...]:
    return tuple(item for item in claims.missing if item.code.startswith(prefixes))


@dataclass(frozen=True, slots=True)
class IdentityVerified(Rule):
    """The receiver's identity decision holds on the day."""

    code: ClassVar[str] = "identity_verified"
    title: ClassVar[str] = "Identity verified"
    source: str = "31 CFR 1020.220; house policy"
    as_of: date | None = CHECKED

    def check(self, facts: Facts) -> Finding:
        party = _receiving(facts)
        if party is None:
            return self.not_applicable("Nobody receives securities here.")
        claims = party.claims
        if claims is None:
            return self.failed(
                "Nothing is known of the receiver.", remedy="Have his identity verified first."
            )
        if claims.kyc_valid_until is not None and claims.kyc_valid:
            return self.passed(lambda: f"Identity is verified until {_told(claims.kyc_valid_until)}.")
        remedy = _remedy(_about(claims, "kyc", "identity"), "Complete the identity check under Profile.")
        if claims.kyc_valid_until is not None:
            return self.failed(
                f"The identity decision ended on {told_day(claims.kyc_valid_until)}; it is {told_day(claims.on)}.",
                remedy=remedy,
            )
        return self.failed("Identity is not verified.", remedy=remedy)


@dataclass(frozen=True, slots=True)
class SanctionsScreened(Rule):
    """
    The receiver was screened, without an open or true match, within `max_age_days`; None is unlimited. Nothing
    leaves the account of somebody whom a list names, or may name, either: blocked property stays where it is.
    """

    code: ClassVar[str] = "sanctions_screened"
    title: ClassVar[str] = "Screened against sanctions lists"
    source: str = "31 CFR chapter V"
    as_of: date | None = CHECKED
    max_age_days: int | None = parameter(None, "Days since the last screening; empty is any", minimum=0)

    def check(self, facts: Facts) -> Finding:
        party = _receiving(facts)
        wait = "A compliance officer has to look at it; nothing is needed from the investor."
        if facts.sender is not None and facts.sender.claims is not None and facts.sender.claims.blocked:
            return self.failed("The account that the securities would leave is frozen.", remedy=wait)
        if party is None:
            return self.not_applicable("Nobody receives securities here.")
        claims = party.claims
        if claims is None or claims.screened_on is None:
            return self.failed("No screening against the sanctions lists is on record.", remedy=wait)
        if claims.blocked:
            return self.failed("A name match is open or was found true.", remedy=wait)
        age = (facts.on - claims.screened_on).days
        if self.max_age_days is not None and age > self.max_age_days:
            return self.failed(
                f"Last screened {age} days ago, on {told_day(claims.screened_on)}; at most {self.max_age_days} days are allowed.",
                remedy="Screen the investor again.",
                limit=self.max_age_days,
                used=age,
            )
        return self.passed(
            lambda: f"Screened on {_told(claims.screened_on)}, no match.", limit=self.max_age_days, used=age
        )


@dataclass(frozen=True, slots=True)
class ClaimsComplete(Rule):
    """Whatever else stands between an investor and any security at all."""

    code: ClassVar[str] = "claims_complete"
    title: ClassVar[str] = "Nothing else is missing"
    source: str = "House policy"
    as_of: date | None = CHECKED

    def check(self, facts: Facts) -> Finding:
        party = _receiving(facts)
        if party is None or party.claims is None:
            return self.not_applicable("Nobody receives securities here.")
        told = ("kyc", "identity", "screening", "sanctions", "blocked")
        rest = tuple(item for item in party.claims.missing if not item.code.startswith(told))
        if not rest:
            return self.passed("Nothing else is missing.")
        return self.failed(
            " ".join(item.what for item in rest), remedy=_remedy(rest, "Complete the profile.")
        )


@dataclass(frozen=True, slots=True)
class AccreditedRequired(Rule):
    """
    The buyer is accredited at the time of the sale.

    verified   by reasonable steps, as Rule 506(c) asks; a self-certification does not do
    countries  asked of residents of these countries only; empty: of everyone
    on         the movements it is asked of
    """

    code: ClassVar[str] = "accredited_required"
    title: ClassVar[str] = "Accredited investor"
    source: str = "17 CFR 230.506(c)"
    as_of: date | None = CHECKED
    verified: bool = parameter(True, "By reasonable steps; a self-certification does not do")
    countries: tuple[str, ...] = parameter(
        (), "Asked of residents of these countries; empty: of everyone", pattern=COUNTRY
    )
    on: tuple[str, ...] = parameter(("issue", "transfer"), "Asked of these movements", choices=MOVEMENTS)

    def check(self, facts: Facts) -> Finding:
        party = _receiving(facts)
        if party is None or facts.kind not in self.on:
            return self.not_applicable(lambda: f"Not asked of a movement of kind {facts.kind}.")
        if self.countries and party.country not in self.countries:
            return self.not_applicable(f"Asked of residents of {', '.join(self.countries)} only.")
        if party.claims is None:
            return self.failed("Nothing is known of the receiver.", remedy="Have him verified first.")
        claims = party.claims
        if claims.accredited is None:
            gaps = claims.accreditation_missing
            return self.failed(
                " ".join(item.what for item in gaps) or "No accreditation is on record for this day.",
                remedy=_remedy(gaps, "Send evidence under Accreditation."),
            )
        found = claims.accredited
        if self.verified and not found.verified:
            gaps = claims.missing_for(accredited=True, verified=True)
            return self.failed(
                "Accreditation rests on the investor's own statement; this sale asks for verified accreditation.",
                remedy=_remedy(gaps[-1:], "Send evidence under Accreditation."),
            )
        until = found.evidence_until if found.via == "evidence" else found.reuse_until

        def text() -> str:
            clock = f"; the evidence supports sales until {told_day(until)}" if until else ""
            return f"Accredited under {found.basis}, decided on {told_day(found.decided_on)}{clock}."

        return self.passed(text)


@dataclass(frozen=True, slots=True)
class StandingRequired(Rule):
    """
    The buyer has a standing beside "accredited" at the time of the purchase.

    status     a key of investors.domain.bases.STATUSES
    countries  asked of residents of these countries only; empty: of everyone
    on         the movements it is asked of
    """

    code: ClassVar[str] = "standing_required"
    title: ClassVar[str] = "Standing of the buyer"
    source: str = "Investment Company Act 3(c)(7)"
    as_of: date | None = CHECKED
    status: str = parameter("qualified_purchaser", "Standing", choices=STANDINGS)
    countries: tuple[str, ...] = parameter(
        (), "Asked of residents of these countries; empty: of everyone", pattern=COUNTRY
    )
    on: tuple[str, ...] = parameter(("issue", "transfer"), "Asked of these movements", choices=MOVEMENTS)

    def __post_init__(self) -> None:
        if self.status not in STATUSES or self.status == "accredited":
            able = ", ".join(code for code in STATUSES if code != "accredited")
            raise Invalid(f"{self.status!r} is not a standing; choose one of {able}.", field="status")

    def check(self, facts: Facts) -> Finding:
        party = _receiving(facts)
        if party is None or facts.kind not in self.on:
            return self.not_applicable(lambda: f"Not asked of a movement of kind {facts.kind}.")
        if self.countries and party.country not in self.countries:
            return self.not_applicable(f"Asked of residents of {', '.join(self.countries)} only.")
        what = STATUSES[self.status]
        found = party.claims.standing(self.status) if party.claims else None
        if found is None:
            return self.failed(
                f"No determination as {what.lower()} is on record for this day.",
                remedy=f"Open Accreditation, ask under “{what}” and add the papers; a compliance officer decides.",
            )
        return self.passed(
            lambda: (
                f"{what} under {found.basis}, decided on {told_day(found.decided_on)}; good for sales until {told_day(found.until)}."
            )
        )


@dataclass(frozen=True, slots=True)
class Countries(Rule):
    """
    Where the parties live.

    allow  only these countries; None allows all (an empty tuple would allow nobody)
    deny   never these
    side   whose country is asked: the receiver's or the sender's
    """

    code: ClassVar[str] = "countries"
    title: ClassVar[str] = "Country of residence"
    source: str = "Terms of the security"
    as_of: date | None = CHECKED
    allow: tuple[str, ...] | None = parameter(None, "Only these countries; empty is all", pattern=COUNTRY)
    deny: tuple[str, ...] = parameter((), "Never these countries", pattern=COUNTRY)
    side: str = parameter("receiver", "Whose country", choices=SIDES)

    def check(self, facts: Facts) -> Finding:
        party = facts.receiver if self.side == "receiver" else facts.sender
        if party is None or party.claims is None:
            return self.not_applicable(f"There is no {self.side} whose country could be asked.")
        country = party.country or "an unknown country"
        if party.country in self.deny:
            return self.failed(
                f"The {self.side} lives in {country}; this security is not offered there.",
                remedy="It cannot be held from there; a change of residence is told under Profile.",
            )
        if self.allow is not None and party.country not in self.allow:
            return self.failed(
                f"The {self.side} lives in {country}; this security is offered in {', '.join(self.allow)} only.",
                remedy="It cannot be held from there; a change of residence is told under Profile.",
            )
        return self.passed(lambda: f"The {self.side} lives in {country}.")
