"""What others see of a KYC case."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from investors.domain.identity_checks import OUTCOMES

STEP_WORDS = {
    "open": "Opened",
    "submit": "Submitted",
    "take": "Taken by an officer",
    "hand_back": "Handed back to the queue",
    "request_information": "More was asked for",
    "answer": "Answered",
    "propose": "Proposed to a second officer",
    "return": "Sent back by the second officer",
    "approve": "Approved",
    "reject": "Rejected",
    "expire": "Expired",
    "supersede": "Refreshed by a newer check",
    "message": "Message",
    "remind_60": "Reminded 60 days before",
    "remind_30": "Reminded 30 days before",
    "remind_7": "Reminded a week before",
    "identity_check_requested": "Identity provider asked",
    "identity_check_started": "Identity provider began",
    "identity_check_completed": "Identity provider answered",
    "identity_check_canceled": "Identity provider called it off",
    "identity_check_refused": "Identity provider did not take it",
}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """
    One case.

    risk      points, level and parts, as `RiskScore.as_dict` writes them
    question  what the officer asked last, while information is needed
    """

    id: UUID
    investor_id: UUID
    state: str
    opened_at: datetime
    submitted_at: datetime | None
    risk: dict[str, Any]
    risk_points: int
    officer_id: UUID | None
    question: str
    approval_id: UUID | None
    decided_at: datetime | None
    decided_by: UUID | None
    decision_reason: str
    valid_until: date | None

    @property
    def state_label(self) -> str:
        return self.state.replace("_", " ")

    @property
    def editable(self) -> bool:
        """The investor may still change profile and papers."""
        return self.state in ("draft", "needs_information")


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """One paper of a case."""

    id: UUID
    document_id: UUID
    sha256: str
    kind: str
    kind_label: str
    filename: str
    expires_on: date | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """One person as the identity provider saw him; evidence, never a decision."""

    id: UUID
    subject: str
    state: str
    reference: str
    continue_url: str
    outcome: str
    findings: tuple[dict[str, str], ...]
    document_expires_on: date | None
    sha256: str
    failures: int
    last_error: str
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def outcome_label(self) -> str:
        return OUTCOMES.get(self.outcome, "")


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step or message of a case."""

    event: str
    before: str
    after: str
    text: str
    actor: str
    actor_label: str
    at: datetime

    @property
    def title(self) -> str:
        return STEP_WORDS.get(self.event, self.event.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class KycState:
    """
    What KYC says of an investor on a day.

    case_state    state of his newest case, "none" without one
    decided_at    when the approval that holds that day was made; None without one
    valid_until   its last day; it may lie before the day asked for
    """

    case_state: str
    decided_at: datetime | None
    valid_until: date | None
    question: str = ""
