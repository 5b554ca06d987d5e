"""
What is known of an investor on a day. This is all that any other house ever sees of one: no names, no papers,
only what has been established, until when, and what is missing with the way to get it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

Kind = Literal["natural", "joint", "entity"]


@dataclass(frozen=True, slots=True)
class Missing:
    """
    One thing that stands between an investor and a right.

    code           stable, for tests and translations: "kyc-expired"
    what           a sentence that says what is missing, with the dates
    how_to_get_it  a sentence that says who does what now
    source         the rule that asks for it
    """

    code: str
    what: str
    how_to_get_it: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Accredited:
    """
    The determination that makes an investor accredited on the claims' day.

    basis           the paragraph of 17 CFR 230.501(a), e.g. "501(a)(6)"
    method          how it was verified, e.g. "professional_letter"
    via             "evidence": the evidence is fresh; "reuse": the same issuer verified within five years
    verified        the method is a reasonable step to verify, as Rule 506(c) asks; False for self-certification
    decided_on      the day an officer decided
    evidence_dated  the oldest paper relied on; None where the method rests on none
    evidence_until  evidence clock: the last day of a sale that this evidence supports
    represented_on  representation clock: the last written representation that counts here, None without one
    reuse_until     the last day the same issuer may rely on this verification, with a fresh representation
    issuer_id       for whom it was determined; None when for any issuer on the portal
    """

    determination_id: UUID
    basis: str
    method: str
    via: Literal["evidence", "reuse"]
    verified: bool
    decided_on: date
    evidence_dated: date | None = None
    evidence_until: date | None = None
    represented_on: date | None = None
    reuse_until: date | None = None
    issuer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A standing beside "accredited" that a determination gives on the claims' day.

    status     qualified_purchaser, qualified_institutional_buyer, non_us_person or eu_professional_client
    basis      the paragraph it rests on, e.g. "2(a)(51)(i)"
    until      the last day of a sale that its evidence, or its fresh representation, supports
    issuer_id  for whom it was determined; None when for any issuer on the portal
    """

    status: str
    determination_id: UUID
    basis: str
    decided_on: date
    until: date
    issuer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """
    What is established of one investor on one day.

    kind                  natural person, joint holders, or entity
    country               ISO 3166-1 alpha-2: residence of a person, place of organisation of an entity
    us_person             as certified by the investor; True for everyone resident or organised in the US
    kyc_state             state of the newest case; "none" without one
    kyc_valid_until       last day the identity decision holds, None without one
    screened_on           day of the last screening against every list in use, None when one is missing
    screening_list_date   the oldest of those lists' own dates
    blocked               a name match is open or was found true, or the account was closed
    accredited            None when not accredited on this day (for this issuer)
    missing               what keeps the investor from subscribing to anything at all
    accreditation_missing what keeps him from counting as accredited
    """

    investor_id: UUID
    on: date
    kind: Kind
    country: str
    us_person: bool
    kyc_state: str = "none"
    kyc_valid_until: date | None = None
    screened_on: date | None = None
    screening_list_date: date | None = None
    blocked: bool = False
    accredited: Accredited | None = None
    missing: tuple[Missing, ...] = ()
    accreditation_missing: tuple[Missing, ...] = ()
    issuer_id: UUID | None = None
    reference: str = ""
    standings: tuple[Standing, ...] = ()

    @property
    def kyc_valid(self) -> bool:
        return self.kyc_valid_until is not None and self.on <= self.kyc_valid_until

    @property
    def screened(self) -> bool:
        return self.screened_on is not None and not self.blocked

    @property
    def may_hold(self) -> bool:
        """May receive and keep a security at all."""
        return not self.missing

    @property
    def may_subscribe(self) -> bool:
        """May subscribe to an offering that asks for no accreditation."""
        return not self.missing

    @property
    def is_accredited(self) -> bool:
        return self.accredited is not None

    @property
    def is_verified_accredited(self) -> bool:
        """Accredited by a method that Rule 506(c) accepts as a reasonable step to verify."""
        return self.accredited is not None and self.accredited.verified

    def standing(self, status: str) -> Standing | None:
        """The determination that gives this standing on the day, the one that lasts longest."""
        found = [one for one in self.standings if one.status == status]
        return max(found, key=lambda one: one.until, default=None)

    @property
    def is_natural(self) -> bool:
        """Natural persons, alone or jointly: Rule 506(c)'s listed methods are for them only."""
        return self.kind != "entity"

    def missing_for(self, *, accredited: bool, verified: bool = False) -> tuple[Missing, ...]:
        """Everything missing for a sale that asks for an accredited (and, under 506(c), verified) buyer."""
        if not accredited or (self.accredited is not None and (self.accredited.verified or not verified)):
            return self.missing
        if self.accredited is not None:
            return (*self.missing, SELF_CERTIFIED_ONLY)
        return (*self.missing, *self.accreditation_missing)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form, without personal data, as stored with a decision."""
        return {
            "investor": str(self.investor_id),
            "on": self.on.isoformat(),
            "kind": self.kind,
            "country": self.country,
            "us_person": self.us_person,
            "kyc_state": self.kyc_state,
            "kyc_valid_until": _day(self.kyc_valid_until),
            "screened_on": _day(self.screened_on),
            "screening_list_date": _day(self.screening_list_date),
            "blocked": self.blocked,
            "accredited": _accredited_as_dict(self.accredited),
            "missing": [item.code for item in self.missing],
            "accreditation_missing": [item.code for item in self.accreditation_missing],
            "standings": [
                {
                    "status": one.status,
                    "determination": str(one.determination_id),
                    "basis": one.basis,
                    "until": one.until.isoformat(),
                }
                for one in self.standings
            ],
        }


SELF_CERTIFIED_ONLY = Missing(
    "accreditation-not-verified",
    "Accreditation rests on the investor's own statement; this offering asks for verified accreditation.",
    "Upload evidence under Accreditation: tax forms, account statements, or a letter of a CPA, attorney or adviser.",
    "17 CFR 230.506(c)(2)(ii)",
)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _accredited_as_dict(accredited: Accredited | None) -> dict[str, Any] | None:
    if accredited is None:
        return None
    return {
        "determination": str(accredited.determination_id),
        "basis": accredited.basis,
        "method": accredited.method,
        "via": accredited.via,
        "verified": accredited.verified,
        "decided_on": _day(accredited.decided_on),
        "evidence_dated": _day(accredited.evidence_dated),
        "evidence_until": _day(accredited.evidence_until),
        "represented_on": _day(accredited.represented_on),
        "reuse_until": _day(accredited.reuse_until),
        "issuer": str(accredited.issuer_id) if accredited.issuer_id else None,
    }
