"""May this order be placed, and may it still be dealt? All rules, each with what it found."""

from datetime import date

from indices.domain.methodology import Rules
from investors.domain.claims import Claims
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.money import format_amount

RULE_SET = "index-orders"
VERSION = 1
UNIT_SCALE = 8


def may_create(
    *, rules: Rules, state: str, claims: Claims, amount_minor: int, available_minor: int, on: date
) -> Decision:
    """
    May an investor create units for an amount?

    amount_minor, available_minor  cents asked for, and free in his cash account
    """
    findings = [_open(state), *_identified(claims), _accredited(rules, claims, on)]
    findings.append(
        _limit(
            "minimum-order",
            amount_minor >= rules.minimum_order_minor,
            f"The order is for ${format_amount(amount_minor, scale=2)}; the least is "
            f"${format_amount(rules.minimum_order_minor, scale=2)}.",
            limit=rules.minimum_order_minor,
            used=amount_minor,
            remedy="Order for at least the minimum.",
        )
    )
    findings.append(
        _limit(
            "cash-available",
            amount_minor <= available_minor,
            f"The order is for ${format_amount(amount_minor, scale=2)}; "
            f"${format_amount(available_minor, scale=2)} is free in the cash account.",
            limit=available_minor,
            used=amount_minor,
            remedy="Add cash first, or order for less.",
        )
    )
    return Decision.of(findings, RULE_SET, VERSION)


def may_redeem(*, state: str, claims: Claims, units: int, available_units: int) -> Decision:
    """May an investor redeem units? Leaving asks less than coming in: only that nothing blocks the account."""
    free = format_amount(available_units, scale=UNIT_SCALE)
    return Decision.of(
        [
            _open(state),
            _not_blocked(claims),
            _limit(
                "units-available",
                units <= available_units,
                f"The order is for {format_amount(units, scale=UNIT_SCALE)} units; {free} are free.",
                limit=available_units,
                used=units,
                remedy="Redeem what is free at most.",
            ),
        ],
        RULE_SET,
        VERSION,
    )


def still_may(*, kind: str, rules: Rules, claims: Claims, on: date) -> Decision:
    """What is asked again when the order is dealt: the person, not the money, which is reserved."""
    if kind == "redeem":
        return Decision.of([_not_blocked(claims)], RULE_SET, VERSION)
    return Decision.of([*_identified(claims), _accredited(rules, claims, on)], RULE_SET, VERSION)


def _open(state: str) -> Finding:
    return _limit(
        "index-live",
        state == "live",
        f"The index is {state}.",
        remedy="Orders are taken while an index is live.",
    )


def _identified(claims: Claims) -> list[Finding]:
    if not claims.missing:
        return [
            Finding("investor-identified", Outcome.PASSED, "Identity is verified and screening is clear.")
        ]
    return [
        Finding(item.code, Outcome.FAILED, item.what, source=item.source, remedy=item.how_to_get_it)
        for item in claims.missing
    ]


def _not_blocked(claims: Claims) -> Finding:
    return _limit(
        "investor-not-blocked",
        not claims.blocked,
        "Nothing blocks the account."
        if not claims.blocked
        else "The account is blocked by a compliance case.",
        remedy="A compliance officer decides the case; the portal tells when it is closed.",
    )


def _accredited(rules: Rules, claims: Claims, on: date) -> Finding:
    if not rules.accredited_only:
        return Finding(
            "investor-accredited", Outcome.NOT_APPLICABLE, "The index is open to all verified investors."
        )
    missing = claims.accreditation_missing
    return _limit(
        "investor-accredited",
        claims.is_accredited,
        f"Accredited on {on}."
        if claims.is_accredited
        else "; ".join(item.what for item in missing) or "The index is for accredited investors only.",
        source="17 CFR 230.501(a)",
        remedy=" ".join(item.how_to_get_it for item in missing),
    )


def _limit(
    rule: str,
    passed: bool,
    message: str,
    *,
    limit: int | None = None,
    used: int | None = None,
    source: str = "",
    remedy: str = "",
) -> Finding:
    outcome = Outcome.PASSED if passed else Outcome.FAILED
    return Finding(
        rule, outcome, message, source=source, limit=limit, used=used, remedy="" if passed else remedy
    )
