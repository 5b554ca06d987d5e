"""What goes into votes and what others see of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from issuance.domain.voting import Choice, Rule, Units


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """
    classes    (security id, votes for one whole unit), in the order in which they are shown
    record_at  whose units count: the register as of this instant, which lies before the opening
    """

    issuer_id: UUID
    name: str
    record_at: datetime
    opens_at: datetime
    closes_at: datetime
    classes: tuple[tuple[UUID, Fraction], ...]
    kind: str = "meeting"
    secret: bool = False
    early_close: bool = False


@dataclass(frozen=True, slots=True)
class NewResolution:
    """action: "" | offering.close | offering.cancel | dividend.announce | dividend.cancel, of `action_subject`."""

    title: str
    text: str
    rule: Rule
    action: str = ""
    action_subject: UUID | None = None


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """votes: for one whole unit, 10**scale smallest ones."""

    security_id: UUID
    code: str
    name: str
    scale: int
    votes: Fraction


@dataclass(frozen=True, slots=True)
class MeetingFacts:
    """result: what the closing counted, None before; see `selectors.count`."""

    id: UUID
    issuer_id: UUID
    issuer_name: str
    name: str
    kind: str
    kind_label: str
    secret: bool
    early_close: bool
    record_at: datetime
    opens_at: datetime
    closes_at: datetime
    state: str
    approval_id: UUID | None
    created_by: str
    opened_at: datetime | None
    closed_at: datetime | None
    certified_at: datetime | None
    result: Mapping[str, Any] | None
    classes: tuple[ClassFacts, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ResolutionFacts:
    id: UUID
    meeting_id: UUID
    number: int
    title: str
    text: str
    rule: Rule
    needs: str
    action: str
    action_label: str
    action_subject: UUID | None
    passed: bool | None
    carried_at: datetime | None
    carried_note: str


@dataclass(frozen=True, slots=True)
class VoterFacts:
    """quantities: smallest units of each class at the record instant; all zero for who only carries proxies."""

    id: int
    meeting_id: UUID
    holder: str
    code: UUID
    quantities: Units

    @property
    def entitled(self) -> bool:
        return any(self.quantities)


@dataclass(frozen=True, slots=True)
class BallotFacts:
    """
    One ballot, opened. `commitment` is SHA-256 over the canonical JSON of ballot, meeting, resolution, voter (his
    code), choice, units and salt.
    """

    number: UUID
    sequence: int
    meeting_id: UUID
    resolution_id: UUID
    resolution_title: str
    voter_code: UUID
    holder: str
    choice: Choice
    units: Units | None
    salt: str
    commitment: str
    cast_at: datetime


@dataclass(frozen=True, slots=True)
class ProxyFacts:
    """instructions: resolution id as text -> choice."""

    number: UUID
    sequence: int
    meeting_id: UUID
    principal: str
    agent: str
    principal_code: UUID
    agent_code: UUID
    units: Units | None
    instructions: Mapping[str, Choice]
    salt: str
    commitment: str
    given_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Turnout:
    """Holders at the record instant, and how many of them voted themselves or gave a proxy; their units by class."""

    holders: int
    voted: int
    outstanding: Units
    present: Units
