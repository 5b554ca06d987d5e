"""What readers of the trail get."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EventFacts:
    """One event with its place in the log; leaf_index is None until the sequencer has given it one."""

    id: int
    event_id: UUID
    recorded_at: datetime
    happened_at: datetime
    actor_kind: str
    actor_id: str
    actor_label: str
    origin: str
    session: str
    action: str
    subject: str
    organisation: UUID | None
    reason: str
    facts: str
    salt: bytes
    leaf_index: int | None


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """A signed head: size in leaves, root as 32 bytes, the signed note as text."""

    size: int
    root: bytes
    note: str
    created_at: datetime
