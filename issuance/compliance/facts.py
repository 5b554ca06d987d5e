"""What others see of a recorded decision and of a version of the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from issuance.domain.compliance.rule import RuleSet
from portal.domain.decision import Decision


@dataclass(frozen=True, slots=True)
class Binding:
    """The rules that bind one movement: those of the security's version, with those of the exemption it relies on."""

    version_id: UUID
    issuer_id: UUID
    rules: RuleSet


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """A decision with its id in the store, and the rules that gave it."""

    id: UUID
    decision: Decision
    subject: str
    decided_at: datetime
    rules: RuleSet

    @property
    def passed(self) -> bool:
        return self.decision.passed


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as it stands in the store, for lists and the explorer."""

    id: UUID
    security_code: str
    issuer_id: UUID
    kind: str
    subject: str
    holder: str
    passed: bool
    version: int
    facts: Mapping[str, Any]
    decision: Decision
    decided_at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class RuleSetFacts:
    """One version of the rules of a security; `rules` are the rows of the catalogue's JSON."""

    version: int
    rules: tuple[Mapping[str, Any], ...]
    reason: str
    created_at: datetime
    created_by: str
