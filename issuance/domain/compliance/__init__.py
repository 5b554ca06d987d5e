"""Compliance rules as pure functions over plain facts. `RuleSet.evaluate(facts) -> Decision` runs all of them."""

from issuance.domain.compliance.facts import Count, Facts, OfferingTerms, Party, SecurityState
from issuance.domain.compliance.rule import Rule, RuleSet

__all__ = ["Count", "Facts", "OfferingTerms", "Party", "Rule", "RuleSet", "SecurityState"]
