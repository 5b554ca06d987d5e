"""Who does it: a user in a role, or a named worker. Handed to every service as `actor`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Actor:
    """
    kind     user | worker | system
    id       the user's id as text, or the worker's name
    label    how the audit trail names him: staff by name, since they answer for what they do; an investor never,
             since the trail keeps for ever what his closed account must forget
    origin   where from: an IP address, or a host name; "" when unknown
    session  the session's or token's public id; "" for workers
    """

    kind: Literal["user", "worker", "system"]
    id: str
    label: str = ""
    origin: str = ""
    session: str = ""

    @classmethod
    def unnamed(cls, user_id: object, *, origin: str = "", session: str = "") -> "Actor":
        """A person who acts for nobody but himself: told by his id alone."""
        return cls(kind="user", id=str(user_id), label="Investor", origin=origin, session=session)

    @classmethod
    def worker(cls, name: str) -> "Actor":
        return cls(kind="worker", id=name, label=name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"
