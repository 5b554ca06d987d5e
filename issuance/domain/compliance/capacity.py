"""How much may move now: the largest quantity that every rule lets pass."""

from dataclasses import dataclass, replace

from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.rule import RuleSet
from portal.domain.decision import Decision, Outcome


@dataclass(frozen=True, slots=True)
class Capacity:
    """
    quantity  smallest units that may move now; 0 for none
    decision  the decision on `quantity`, or on one unit (the whole position where only that may move) when it is 0
    next      the decision on one unit more, which says what stands in the way; None where there is no more
    """

    quantity: int
    decision: Decision
    next: Decision | None


def most(rules: RuleSet, facts: Facts, *, upper: int | None = None) -> Capacity:
    """
    The largest quantity for which the decision passes.

    What may pass is a range of quantities, and beside it the whole holding: giving everything away frees a place and
    satisfies what asks for whole positions or a minimum left behind. Below the whole holding, rules either hold up to
    some quantity or (`rising`) from some quantity on, so that halving finds the end of the range.

    upper  smallest units > 0 that could move at all; by default the sender's holding, or what may still be issued
    """
    bound = _upper(facts) if upper is None else upper
    if bound < 1:
        return Capacity(0, rules.evaluate(facts.at_quantity(1)), None)
    whole = rules.evaluate(facts.at_quantity(bound))
    if whole.passed:
        return Capacity(bound, whole, None)
    falling = replace(rules, rules=tuple(rule for rule in rules.rules if not _rises(rule)))
    low, high = 0, bound
    while high - low > 1:
        middle = (low + high) // 2
        if falling.evaluate(facts.at_quantity(middle)).passed:
            low = middle
        else:
            high = middle
    if low:
        found = rules.evaluate(facts.at_quantity(low))
        if found.passed:
            return Capacity(low, found, rules.evaluate(facts.at_quantity(low + 1)))
    return Capacity(0, whole if _only_whole(whole) else rules.evaluate(facts.at_quantity(1)), None)


def _rises(rule: object) -> bool:
    return bool(getattr(rule, "rising", False)) or (
        getattr(rule, "code", "") == "minimum_holding" and getattr(rule, "side", "") == "receiver"
    )


def _only_whole(whole: Decision) -> bool:
    return any(one.rule == "whole_position" and one.outcome is Outcome.PASSED for one in whole.findings)


def _upper(facts: Facts) -> int:
    if facts.sender is not None:
        return facts.sender.holding
    security = facts.security
    if security.authorised is not None:
        return max(security.authorised - security.issued - security.pending, 0)
    return 10**38 - 1
