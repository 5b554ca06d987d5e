"""All rules by code, and rule sets as data: JSON in, JSON out, with the fault named where data is wrong."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from issuance.domain.compliance.conduct import (
    AffiliateVolume,
    Blackout,
    MinimumHolding,
    PreApproval,
    SenderVolume,
    WholePosition,
)
from issuance.domain.compliance.eligibility import (
    AccreditedRequired,
    ClaimsComplete,
    Countries,
    IdentityVerified,
    SanctionsScreened,
    StandingRequired,
)
from issuance.domain.compliance.exemptions import (
    CrowdfundingInvestment,
    CrowdfundingLock,
    FlowBack,
    NonAccreditedBuyers,
    OffshoreBuyer,
    RaisedLimit,
    RegAInvestment,
    SeasonedClass,
)
from issuance.domain.compliance.holders import BeneficialOwners, CountryHolders
from issuance.domain.compliance.limits import (
    CashAvailable,
    HolderLimit,
    MaximumHolding,
    MaximumInvestment,
    MinimumInvestment,
    OfferingCapacity,
    Supply,
)
from issuance.domain.compliance.packs import UnknownRule, exemption_pack
from issuance.domain.compliance.restrictions import (
    HoldingPeriod,
    LockUp,
    NotFrozen,
    NotPaused,
    OfferingWindow,
)
from issuance.domain.compliance.rule import Rule, RuleSet
from issuance.domain.compliance.schema import LONGEST, BadParameter, read, schema
from portal.domain.errors import Invalid

__all__ = ["RULES", "BadParameter", "UnknownRule", "always", "dump", "exemption_pack", "load"]

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
    BeneficialOwners,
    CountryHolders,
    MinimumHolding,
    WholePosition,
    SenderVolume,
    AffiliateVolume,
    Blackout,
    PreApproval,
    FlowBack,
    CrowdfundingLock,
    NonAccreditedBuyers,
    RegAInvestment,
    CrowdfundingInvestment,
    RaisedLimit,
    OffshoreBuyer,
    SeasonedClass,
)
RULES: Mapping[str, type[Rule]] = {rule.code: rule for rule in _ALL}


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
        AffiliateVolume(),
        FlowBack(),
        CrowdfundingLock(),
        LockUp(),
        OfferingWindow(),
        OfferingCapacity(),
        CashAvailable(),
        NotFrozen(),
        NotPaused(),
    ]


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
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and abs(value) >= 2**53:
        return str(value)
    return value


def load(rows: Sequence[Mapping[str, Any]], *, name: str = "", version: int = 0) -> RuleSet:
    """
    The rule set of stored rows.

    raises  UnknownRule, BadParameter naming the row and the parameter
    """
    return RuleSet(name, version, tuple(_rule(number, row) for number, row in enumerate(rows, start=1)))


def _rule(number: int, row: Any) -> Rule:
    where = f"Row {number}"
    if not isinstance(row, Mapping):
        raise UnknownRule(f"{where} is not an object with a rule and its parameters.", field="rules")
    kind = RULES.get(str(row.get("rule")))
    if kind is None:
        raise UnknownRule(f"{where}: there is no rule {str(row.get('rule'))[:60]!r}.", field="rules")
    given = row.get("parameters") or {}
    if not isinstance(given, Mapping):
        raise UnknownRule(f"{where}: the parameters of {kind.code} are not an object.", field="rules")
    known = schema(kind)["properties"]
    if strange := sorted(str(name) for name in given if name not in known):
        raise UnknownRule(
            f"{where}: {kind.code} has no parameter {', '.join(strange)[:200]}.",
            field="rules",
            next_step=f"It has: {', '.join(sorted(known)) or 'none'}.",
        )
    parameters = read(kind, given, where=where)
    if source := row.get("source"):
        parameters["source"] = _source(source, where)
    if as_of := row.get("as_of"):
        parameters["as_of"] = _as_of(as_of, where)
    try:
        return kind(**parameters)
    except Invalid as fault:
        raise BadParameter(f"{where}: {fault.message}", field=fault.field) from fault


def _source(given: Any, where: str) -> str:
    if not isinstance(given, str) or len(given) > LONGEST:
        raise BadParameter(f"{where}: the source is no text of {LONGEST} characters or less.", field="source")
    return given


def _as_of(given: Any, where: str) -> date:
    try:
        return date.fromisoformat(str(given))
    except ValueError as fault:
        raise BadParameter(
            f"{where}: as of is {str(given)[:40]!r}; it has to be a day such as 2026-11-22.", field="as_of"
        ) from fault
