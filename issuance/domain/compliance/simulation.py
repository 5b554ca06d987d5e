"""What a changed rule set would do: to today's holders, and to movements that were decided on before."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from issuance.domain.compliance.facts import Count, Facts, Party, SecurityState
from issuance.domain.compliance.rule import RuleSet
from portal.domain.decision import Finding


@dataclass(frozen=True, slots=True)
class Change:
    """One case on which the two rule sets disagree, with the findings that failed under the one that refuses."""

    subject: str
    facts: Facts
    failures: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Simulated:
    """
    looked_at  cases
    refused    pass now and would be refused
    admitted   are refused now and would pass
    failing    fail under the changed rules, whatever they do now
    """

    looked_at: int
    refused: tuple[Change, ...]
    admitted: tuple[Change, ...]
    failing: int


def simulate(present: RuleSet, changed: RuleSet, cases: Iterable[tuple[str, Facts]]) -> Simulated:
    """
    Evaluate every case under both rule sets.

    cases  (what it is: "movement:<uuid>" or a holder, its facts)
    """
    refused, admitted, looked_at, failing = [], [], 0, 0
    for subject, facts in cases:
        looked_at += 1
        before, after = present.evaluate(facts), changed.evaluate(facts)
        failing += not after.passed
        if before.passed and not after.passed:
            refused.append(Change(subject, facts, after.failures))
        elif after.passed and not before.passed:
            admitted.append(Change(subject, facts, before.failures))
    return Simulated(looked_at, tuple(refused), tuple(admitted), failing)


def as_newcomer(holder: Party, facts: Facts, security: SecurityState) -> Facts:
    """
    A holder of today as if he bought all he has from another holder now: what the rules about who may hold, how much,
    and how many would say of him. He is taken out of the counts first, so that he is counted once.

    holder    with his holding and claims
    facts     when: its instant and day are used
    security  as it stands today
    """
    counted, country = security.counted, holder.country
    there = dict(counted.by_country)
    there[country] = max(there.get(country, 0) - 1, 0)
    plain = counted.non_accredited - (0 if holder.accredited else 1)
    without = Count(max(counted.holders - 1, 0), max(plain, 0), there)
    return Facts(
        kind="transfer",
        security=replace(security, counted=without, present=security.present - {holder.holder}),
        quantity=holder.holding,
        at=facts.at,
        on=facts.on,
        receiver=replace(holder, holding=0, pending=0, lots=(), sent=()),
        cause=facts.cause,
    )
