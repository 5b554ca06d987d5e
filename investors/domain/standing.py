"""From records to claims: which determination counts on a day, and what is missing where none does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from investors.domain.bases import BASES
from investors.domain.claims import Accredited, Missing, Standing
from investors.domain.verification import METHODS, REPRESENTATION_DAYS, representation_until
from portal.domain.dates import told_day

_RULE = "17 CFR 230.501(a)"
_REUSE = "17 CFR 230.506(c)(2)(ii)(E)"


@dataclass(frozen=True, slots=True)
class Determined:
    """One determination record, as far as claims need it. revoked_on: the first day it no longer counts."""

    id: UUID
    accredited: bool
    basis: str
    method: str
    verified: bool
    issuer_id: UUID | None
    decided_on: date
    evidence_dated: date | None
    evidence_until: date | None
    reuse_until: date | None
    revoked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Represented:
    """
    One written representation.

    issuer_id  None when made to any issuer on the portal
    kinds      what was represented, keys of EVIDENCE_KINDS
    """

    on: date
    issuer_id: UUID | None = None
    kinds: tuple[str, ...] = ("investor_representation",)


def accredited_on(
    *,
    determinations: Sequence[Determined],
    representations: Sequence[Represented],
    on: date,
    issuer_id: UUID | None = None,
) -> Accredited | None:
    """
    The determination that makes an investor accredited for a sale on a day by an issuer, or None.

    A verified one goes before a self-certified one, fresh evidence before re-use, a later decision before an
    earlier. Without an issuer only determinations made for any issuer count.
    """
    represented = latest_representation(representations, on=on, issuer_id=issuer_id)
    candidates = [
        found
        for one in in_force(determinations, on=on, issuer_id=issuer_id)
        if (found := _as_accredited(one, represented, on=on)) is not None
    ]
    if not candidates:
        return None
    return max(candidates, key=lambda a: (a.verified, a.via == "evidence", a.decided_on))


def in_force(
    determinations: Sequence[Determined], *, on: date, issuer_id: UUID | None, status: str = "accredited"
) -> list[Determined]:
    """Positive determinations of a standing made by that day for this issuer or for any, not revoked, latest first."""
    found = [
        one
        for one in determinations
        if one.accredited
        and BASES[one.basis].status == status
        and one.decided_on <= on
        and (one.revoked_on is None or on < one.revoked_on)
        and (one.issuer_id is None or one.issuer_id == issuer_id)
    ]
    return sorted(found, key=lambda one: one.decided_on, reverse=True)


def latest_representation(
    representations: Sequence[Represented],
    *,
    on: date,
    issuer_id: UUID | None,
    kind: str = "investor_representation",
) -> date | None:
    """The last representation of a kind by that day that was made to this issuer, or to any."""
    days = [
        r.on
        for r in representations
        if kind in r.kinds and r.on <= on and (r.issuer_id is None or r.issuer_id == issuer_id)
    ]
    return max(days, default=None)


def standings_on(
    *,
    determinations: Sequence[Determined],
    representations: Sequence[Represented],
    on: date,
    issuer_id: UUID | None = None,
) -> tuple[Standing, ...]:
    """
    The standings beside "accredited" on a day: papers that are fresh, or where the method rests on a certificate one
    that still counts as given at the time of the sale.
    """
    found = []
    for status in (
        "qualified_purchaser",
        "qualified_institutional_buyer",
        "non_us_person",
        "eu_professional_client",
    ):
        for one in in_force(determinations, on=on, issuer_id=issuer_id, status=status):
            until = _supported_until(one, representations, on=on, issuer_id=issuer_id)
            if until is not None and on <= until:
                found.append(Standing(status, one.id, one.basis, one.decided_on, until, one.issuer_id))
    return tuple(found)


def _supported_until(
    one: Determined, representations: Sequence[Represented], *, on: date, issuer_id: UUID | None
) -> date | None:
    method = METHODS[one.method]
    if method.clock != "representation":
        return one.evidence_until
    days = [
        latest_representation(representations, on=on, issuer_id=issuer_id, kind=kind)
        for kind in method.evidence
    ]
    return (
        min((representation_until(day) for day in days if day is not None), default=None)
        if all(days)
        else None
    )


def _as_accredited(one: Determined, represented: date | None, *, on: date) -> Accredited | None:
    fresh = represented is not None and on <= representation_until(represented)
    via: Literal["evidence", "reuse"]
    if METHODS[one.method].clock == "representation":
        if not fresh:
            return None
        via = "evidence"
    elif one.evidence_until is not None and on <= one.evidence_until:
        via = "evidence"
    elif (
        one.verified
        and one.issuer_id is not None
        and one.reuse_until is not None
        and on <= one.reuse_until
        and fresh
    ):
        via = "reuse"
    else:
        return None
    return Accredited(
        determination_id=one.id,
        basis=one.basis,
        method=one.method,
        via=via,
        verified=one.verified,
        decided_on=one.decided_on,
        evidence_dated=one.evidence_dated,
        evidence_until=one.evidence_until,
        represented_on=represented,
        reuse_until=one.reuse_until,
        issuer_id=one.issuer_id,
    )


def accreditation_missing(
    *,
    determinations: Sequence[Determined],
    representations: Sequence[Represented],
    on: date,
    issuer_id: UUID | None = None,
) -> tuple[Missing, ...]:
    """What would make the investor accredited on that day; empty where he is."""
    known = in_force(determinations, on=on, issuer_id=issuer_id)
    if accredited_on(
        determinations=determinations, representations=representations, on=on, issuer_id=issuer_id
    ):
        return ()
    represented = latest_representation(representations, on=on, issuer_id=issuer_id)
    by_word = [
        one
        for one in known
        if METHODS[one.method].clock == "representation"
        or (
            one.issuer_id is not None
            and one.verified
            and one.reuse_until is not None
            and on <= one.reuse_until
        )
    ]
    if by_word:
        last = f"the last one is of {told_day(represented)}" if represented else "there is none"
        return (
            Missing(
                "representation-missing",
                f"A written representation within {REPRESENTATION_DAYS} days before the sale; {last}.",
                "Confirm under Accreditation, in writing, that you still are accredited.",
                _REUSE,
            ),
        )
    if known and known[0].evidence_until is not None:
        return (
            Missing(
                "accreditation-evidence-old",
                f"The evidence of accreditation supported sales until {told_day(known[0].evidence_until)}.",
                "Upload newer evidence under Accreditation; a compliance officer decides on it.",
                METHODS[known[0].method].source,
            ),
        )
    return (
        Missing(
            "not-accredited",
            "No determination that the investor is accredited is on record for this day.",
            "Open Accreditation, choose a basis and upload the evidence; a compliance officer decides on it.",
            _RULE,
        ),
    )


_KYC_STATES = {
    "none": ("kyc-not-started", "Identity has not been checked.", "Open Onboarding and complete your profile."),
    "draft": ("kyc-not-submitted", "The identity check was started and not submitted.", "Complete it under Onboarding."),
    "submitted": ("kyc-waiting", "The identity check waits for a compliance officer.", "Nothing to do; an officer takes it."),
    "in_review": ("kyc-in-review", "A compliance officer is looking at the identity check.", "Nothing to do for now."),
    "awaiting_second": ("kyc-in-review", "A second compliance officer is looking at the identity check.", "Nothing to do for now."),
    "needs_information": ("kyc-needs-information", "A compliance officer asked for more.", "Answer the question under Onboarding."),
    "rejected": ("kyc-rejected", "The identity check was not passed.", "Write to compliance if this should be looked at again."),
}  # fmt: skip
_KYC_RULE = "House KYC policy"


def kyc_missing(
    *, state: str, valid_until: date | None, identity_changed: bool, complete: bool, on: date
) -> tuple[Missing, ...]:
    """
    What is missing of the identity check on a day.

    state             of the newest case, "none" without one
    valid_until       last day of the approval in force; None without one
    identity_changed  name, birth date, number, country or owners changed after that approval
    complete          the profile has everything it needs
    """
    if valid_until is not None and on <= valid_until:
        if not identity_changed:
            return ()
        return (
            Missing(
                "kyc-identity-changed",
                "The identity changed after it was checked.",
                "Submit the changed profile under Onboarding; an officer looks at it again.",
                _KYC_RULE,
            ),
        )
    if valid_until is not None:
        return (
            Missing(
                "kyc-expired",
                f"The identity check was valid until {told_day(valid_until)}.",
                "Renew it under Onboarding; papers that are still valid need not be uploaded again.",
                _KYC_RULE,
            ),
        )
    code, what, how = _KYC_STATES.get(state, _KYC_STATES["none"])
    missing = [Missing(code, what, how, _KYC_RULE)]
    if not complete:
        missing.append(
            Missing(
                "profile-incomplete",
                "The profile has empty fields.",
                "Fill them in under Onboarding.",
                _KYC_RULE,
            )
        )
    return tuple(missing)


def screening_missing(
    *, lists: int, lacking: Sequence[str], open_hits: int, true_matches: int
) -> tuple[Missing, ...]:
    """What is missing of name screening. The investor is never told of a name match, only that a check is open."""
    source = "31 CFR chapter V; house screening policy"
    if true_matches:
        return (Missing("blocked", "This account is blocked.", "Write to compliance.", source),)
    if not lists:
        return (
            Missing(
                "no-screening-list",
                "No sanctions list has been imported, so nobody can be screened.",
                "An operator imports a list under Compliance, Screening lists.",
                source,
            ),
        )
    if lacking:
        return (
            Missing(
                "not-screened",
                f"Names have not been compared with {', '.join(lacking)}.",
                "This happens by itself within minutes of a list's import, and on submitting the profile.",
                source,
            ),
        )
    if open_hits:
        return (
            Missing(
                "screening-open",
                "A check by compliance is not finished.",
                "Nothing to do; an officer decides.",
                source,
            ),
        )
    return ()
