"""A rule, and the set of rules that binds a security. Every rule runs; a decision carries every finding."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar

from issuance.domain.compliance.facts import Facts
from portal.domain.decision import Decision, Finding, Outcome


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Base of every rule: its parameters are its fields, `code` is stable.

    source  the citation, or whose policy it is
    as_of   the day the citation was last checked
    """

    code: ClassVar[str] = ""
    title: ClassVar[str] = ""

    source: str = ""
    as_of: date | None = None

    def check(self, facts: Facts) -> Finding:
        raise NotImplementedError

    def passed(self, message: str, **numbers: Any) -> Finding:
        return self._finding(Outcome.PASSED, message, **numbers)

    def failed(self, message: str, *, remedy: str, **numbers: Any) -> Finding:
        return self._finding(Outcome.FAILED, message, remedy=remedy, **numbers)

    def not_applicable(self, message: str) -> Finding:
        return self._finding(Outcome.NOT_APPLICABLE, message)

    def _finding(self, outcome: Outcome, message: str, **numbers: Any) -> Finding:
        return Finding(self.code, outcome, message, source=self.source, as_of=self.as_of, **numbers)

    def parameters(self) -> dict[str, Any]:
        """The rule's own parameters by name, without its source and date."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("source", "as_of")}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that bind a security, in the order in which they are told. `version` counts up with each change."""

    name: str
    version: int
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, rules: Sequence[Rule], *, name: str = "", version: int = 0) -> "RuleSet":
        return cls(name, version, tuple(rules))

    def evaluate(self, facts: Facts) -> Decision:
        """Run all rules, also after one has failed: whoever is refused hears every reason at once."""
        return Decision(tuple(rule.check(facts) for rule in self.rules), self.name, self.version)
