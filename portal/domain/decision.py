"""Rules that explain themselves: what one rule says of a case, and all findings of a case together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


class _Said(NamedTuple):
    rule: str
    outcome: Outcome
    told: str | Callable[[], str]
    source: str
    as_of: date | None
    earliest_pass: date | None
    limit: int | None
    used: int | None
    remedy: str


class Finding(_Said):
    """
    What one rule says of one case.

    rule           the rule's stable code
    message        a sentence with the numbers; or what makes it, so that it is written only when somebody reads it
    source         the citation; as_of is the day the citation was checked
    earliest_pass  first day the same request would pass, where time alone mends it
    limit, used    in the rule's own unit; None where the rule has no limit ("unlimited" is None, never 0)
    remedy         what would make it pass, as a sentence
    """

    __slots__ = ()

    def __new__(
        cls,
        rule: str,
        outcome: Outcome,
        message: str | Callable[[], str],
        source: str = "",
        as_of: date | None = None,
        earliest_pass: date | None = None,
        limit: int | None = None,
        used: int | None = None,
        remedy: str = "",
    ) -> "Finding":
        return tuple.__new__(cls, (rule, outcome, message, source, as_of, earliest_pass, limit, used, remedy))

    @property
    def message(self) -> str:
        return self.told if isinstance(self.told, str) else self.told()

    def as_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "outcome": str(self.outcome),
            "message": self.message,
            "source": self.source,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "earliest_pass": self.earliest_pass.isoformat() if self.earliest_pass else None,
            "limit": str(self.limit) if self.limit is not None else None,
            "used": str(self.used) if self.used is not None else None,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """All findings of a case. It passes only when no finding failed."""

    findings: tuple[Finding, ...]
    rule_set: str = ""
    version: int = 0

    @classmethod
    def of(cls, findings: Sequence[Finding], rule_set: str = "", version: int = 0) -> "Decision":
        return cls(tuple(findings), rule_set, version)

    @property
    def passed(self) -> bool:
        return not any(finding.outcome is Outcome.FAILED for finding in self.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.outcome is Outcome.FAILED)

    @property
    def earliest_pass(self) -> date | None:
        """The first day every failed rule could pass by time alone; None when one of them never does."""
        days = [finding.earliest_pass for finding in self.failures]
        if not days or any(day is None for day in days):
            return None
        return max(day for day in days if day is not None)

    def as_dict(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "rule_set": self.rule_set,
            "version": self.version,
            "findings": [finding.as_dict() for finding in self.findings],
        }
