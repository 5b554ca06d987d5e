"""What leaves the room. The secret leaves it once, with the call that made it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    id: UUID
    owner: str
    organisation_id: UUID | None
    url: str
    types: tuple[str, ...]
    state: str
    reason: str
    created_at: datetime
    previous_until: datetime | None


@dataclass(frozen=True, slots=True)
class NewSecret:
    """`secret` ("whsec_…") is shown this once."""

    endpoint: EndpointFacts
    secret: str


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """status is 0 where no answer came; `error` says why in a few words."""

    number: int
    at: datetime
    status: int
    error: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """One message to one endpoint, with every try."""

    id: UUID
    message_id: str
    type: str
    subject: str
    state: str
    created_at: datetime
    delivered_at: datetime | None
    next_at: datetime | None
    attempts: tuple[AttemptFacts, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one try; the body is not read."""

    status: int
    error: str
    milliseconds: int
