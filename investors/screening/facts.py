"""What others see of screening."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A list in use, or one that was."""

    id: UUID
    source: str
    list_date: date
    sha256: str
    names: int
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class ScreeningState:
    """
    What screening says of one investor on a day.

    lists       the lists in use that day; empty when none had been imported
    screened_on day of the oldest of the newest screenings, None when one of the lists lacks its screening
    list_date   the oldest publisher's date among the lists
    lacking     sources of lists in use that the investor was not compared with
    open_hits, true_matches   numbers of matches in that state on the day
    """

    lists: tuple[ListFacts, ...]
    screened_on: date | None
    list_date: date | None
    lacking: tuple[str, ...]
    open_hits: int = 0
    true_matches: int = 0
    cleared_hits: int = 0

    @property
    def clear(self) -> bool:
        return self.screened_on is not None and not self.open_hits and not self.true_matches


@dataclass(frozen=True, slots=True)
class HitFacts:
    """One match without the investor's name, which only `services.compare` opens."""

    id: UUID
    investor_id: UUID
    source: str
    subject: str
    reference: str
    listed_name: str
    score: int
    state: str
    found_at: datetime
    decided_at: datetime | None
    reason: str

    @property
    def likeness(self) -> str:
        return f"{self.score / 10:.1f} %"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both names of a match side by side, and the sentence that explains the likeness."""

    own_name: str
    listed_name: str
    why: str
