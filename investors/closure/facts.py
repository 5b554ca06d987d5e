"""What others see of data exports and of the closing of accounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Obstacle:
    """
    Something that keeps an account from closing.

    what       with the numbers: "3 securities are held: 1,200 ALDR"
    next_step  how it goes away
    """

    what: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.what} {self.next_step}"


@dataclass(frozen=True, slots=True)
class Section:
    """
    One part of a data export.

    name   of its file: "holdings"
    about  a sentence on what it holds
    data   frozen dataclasses, or what JSON knows, in lists and mappings
    """

    name: str
    about: str
    data: Any


@dataclass(frozen=True, slots=True)
class Decided:
    """
    A decision about an investor, as his own page tells it.

    outcome  in a word or two; tone (ok, wait, bad, or none) only repeats it
    href     of the page that says more, where he has one
    """

    at: datetime
    what: str
    outcome: str
    tone: str = ""
    reason: str = ""
    source: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """
    A data export.

    state       asked | ready | expired | failed
    expires_at  until when it may be downloaded, once ready
    """

    id: UUID
    investor_id: UUID
    state: str
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    size: int
    sha256: str
    downloads: int


@dataclass(frozen=True, slots=True)
class ClosureFacts:
    """
    A wish to close and what became of it.

    state  asked | proposed (one officer agrees) | approved | refused | withdrawn
    kept   retention class -> last day, of what the law requires
    """

    id: UUID
    investor_id: UUID
    state: str
    wish: str
    asked_at: datetime
    decided_at: datetime | None
    reason: str
    approval_id: UUID | None
    kept: Mapping[str, date]
    erased: tuple[str, ...]
    retained_until: date | None

    @property
    def under_way(self) -> bool:
        return self.state in ("asked", "proposed")
