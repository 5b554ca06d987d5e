"""What leaves the room: never a secret that was kept, only one that was made this moment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A personal token as its owner sees it in a list."""

    id: UUID
    public_id: str
    user_id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def state(self, at: datetime) -> str:
        """ "revoked", "expired" or "active"."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= at else "active"


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """A machine of an organisation."""

    id: UUID
    client_id: str
    organisation_id: UUID
    user_id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """`secret` is the whole token; this is the only time that anybody sees it."""

    token: TokenFacts
    secret: str


@dataclass(frozen=True, slots=True)
class NewClient:
    """`secret` is the client's; this is the only time that anybody sees it."""

    client: ClientFacts
    secret: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """
    Whom a request with a token speaks for.

    public_id  names the token or client in the trail
    machine    a client of an organisation, never an investor
    """

    user_id: UUID
    public_id: str
    scopes: frozenset[str]
    machine: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """A bearer token given to a machine for `seconds`."""

    token: str
    seconds: int
    scopes: tuple[str, ...]
