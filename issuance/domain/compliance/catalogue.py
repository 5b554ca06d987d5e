"""All rules by code, and rule sets as data: JSON in, JSON out, with the fault named where data is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from issuance.domain.compliance.eligibility import (
    AccreditedRequired,
    ClaimsComplete,
    Countries,
    IdentityVerified,
    SanctionsScreened,
    StandingRequired,
)
from issuance.domain.compliance.limits import (
    CashAvailable,
    HolderLimit,
    MaximumHolding,
    MaximumInvestment,
    MinimumInvestment,
    OfferingCapacity,
    Supply,
)
from issuance.domain.compliance.restrictions import (
    HoldingPeriod,
    LockUp,
    NotFrozen,
    NotPaused,
    OfferingWindow,
)
from issuance.domain.compliance.rule import Rule, RuleSet
from portal.domain.errors import Invalid

_ALL: tuple[type[Rule], ...] = (
    IdentityVerified,
    SanctionsScreened,
    ClaimsComplete,
    AccreditedRequired,
    StandingRequired,
    Countries,
    MinimumInvestment,
    MaximumInvestment,
    MaximumHolding,
    HolderLimit,
    Supply,
    HoldingPeriod,
    LockUp,
    OfferingWindow,
    OfferingCapacity,
    CashAvailable,
    NotFrozen,
    NotPaused,
)
RULES: Mapping[str, type[Rule]] = {rule.code: rule for rule in _ALL}


class UnknownRule(Invalid):
    """A rule set names a rule, or a parameter of one, that is not in the catalogue."""

    code = "unknown-rule"


def always() -> list[Rule]:
    """What binds every security, whatever its exemption."""
    return [
        IdentityVerified(),
        SanctionsScreened(),
        ClaimsComplete(),
        MinimumInvestment(),
        MaximumInvestment(),
        Supply(),
        HolderLimit(),
        HoldingPeriod(),
        LockUp(),
        OfferingWindow(),
        OfferingCapacity(),
        CashAvailable(),
        NotFrozen(),
        NotPaused(),
    ]


def private_fund_limit() -> Rule:
    """Section 3(c)(1): at most 100 beneficial owners."""
    return HolderLimit(
        source="Investment Company Act 3(c)(1)", as_of=date(2026, 11, 22), holders=100, non_accredited=None
    )


def exemption_pack(exemption: str) -> list[Rule]:
    """
    The rules that an exemption adds to a sale under it. (Without the disclosures of Rule 502(b), which an offering
    to the 35 others would need, a sale under 506(b) asks for accreditation as well, self-certified.)

    exemption  "506(c)", "506(b)" or "Reg S"
    raises     UnknownRule for another
    """
    if exemption == "506(c)":
        return [AccreditedRequired(verified=True, on=("issue",))]
    if exemption == "506(b)":
        return [AccreditedRequired(source="17 CFR 230.506(b)", verified=False, on=("issue",))]
    if exemption == "Reg S":
        return [Countries(source="17 CFR 230.903", deny=("US",))]
    raise UnknownRule(
        f"{exemption!r} is not an exemption on record.",
        field="exemption",
        next_step="Known: 506(c), 506(b), Reg S.",
    )


def dump(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """JSON-able rows of a rule set; `load` makes the same rules of them."""
    return [
        {
            "rule": rule.code,
            "source": rule.source,
            "as_of": rule.as_of.isoformat() if rule.as_of else None,
            "parameters": {name: _stored(value) for name, value in rule.parameters().items()},
        }
        for rule in rules
    ]


def _stored(value: Any) -> Any:
    """A parameter in JSON: integers beyond 2**53, which are no JSON numbers, as text."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, int) and abs(value) >= 2**53:
        return str(value)
    return value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value


def load(rows: Sequence[Mapping[str, Any]], *, name: str = "", version: int = 0) -> RuleSet:
    """
    The rule set of stored rows.

    raises  UnknownRule naming the row and the parameter
    """
    return RuleSet(name, version, tuple(_rule(number, row) for number, row in enumerate(rows, start=1)))


def _rule(number: int, row: Mapping[str, Any]) -> Rule:
    kind = RULES.get(str(row.get("rule")))
    if kind is None:
        raise UnknownRule(f"Row {number}: there is no rule {row.get('rule')!r}.", field="rules")
    parameters = dict(row.get("parameters") or {})
    known = {f.name for f in fields(kind)} - {"source", "as_of"}
    if strange := sorted(set(parameters) - known):
        raise UnknownRule(
            f"Row {number}: {kind.code} has no parameter {', '.join(strange)}.",
            field="rules",
            next_step=f"It has: {', '.join(sorted(known)) or 'none'}.",
        )
    for key, value in parameters.items():
        parameters[key] = _read(value)
    if source := row.get("source"):
        parameters["source"] = str(source)
    if as_of := row.get("as_of"):
        parameters["as_of"] = date.fromisoformat(str(as_of))
    return kind(**parameters)
