"""What others see of screening."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

STALE_DAYS = 30
"""Days after which a list in use is told to be old. Publishers change theirs several times a month."""


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A list in use, or one that was. parties: its entries; names: all their names."""

    id: UUID
    source: str
    list_date: date
    sha256: str
    names: int
    imported_at: datetime
    form: str = ""
    parties: int = 0
    remarks: tuple[str, ...] = ()

    def age_days(self, on: date) -> int:
        return (on - self.list_date).days

    def stale(self, on: date) -> bool:
        """The publisher's date lies so far back that a newer file is to be expected."""
        return self.age_days(on) > STALE_DAYS


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
    """
    One match without the investor's name, which only `services.compare` opens.

    score      tenths of a point, 0 to 1000
    list_date  the publisher's date of the list that raised it
    """

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
    list_date: date | None = None
    list_id: UUID | None = None
    decided_by_id: UUID | None = None

    @property
    def points(self) -> str:
        """The score as people read it: 0.0 to 100.0."""
        return f"{self.score / 10:.1f}"

    @property
    def priority(self) -> str:
        return "high" if self.score >= 950 else "normal"

    @property
    def whose(self) -> str:
        return {
            "investor": "the investor",
            "related_person": "a person behind the investor",
            "ownership": "the investor, by ownership",
        }[self.subject.partition(":")[0]]


@dataclass(frozen=True, slots=True)
class ListedFacts:
    """An entry of a list as published: all its names and what else it tells."""

    reference: str
    kind: str
    names: tuple[str, ...]
    births: tuple[str, ...]
    countries: tuple[str, ...]
    programs: str


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One part of a score in tenths of a point, and the sentence that explains it."""

    points: int
    why: str

    @property
    def told(self) -> str:
        return f"{self.points / 10:+.1f}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both names of a match side by side, and the parts of the score."""

    own_name: str
    listed_name: str
    parts: tuple[PartFacts, ...]
    own_born: str = ""
    own_country: str = ""

    @property
    def why(self) -> str:
        return " ".join(part.why for part in self.parts)


@dataclass(frozen=True, slots=True)
class OwnedByListed:
    """
    The 50 percent rule for one entity. Shares in parts per million.

    confirmed_ppm  held by persons whose match was found true, directly or through entities blocked that way
    possible_ppm   the same if every open match were true as well
    """

    confirmed_ppm: int
    possible_ppm: int

    @property
    def blocked(self) -> bool:
        return self.confirmed_ppm >= 500_000

    @property
    def might_be(self) -> bool:
        return self.possible_ppm >= 500_000


@dataclass(frozen=True, slots=True)
class RescreenState:
    """How far the comparison of the whole investor base with a list has come."""

    chunks: int
    done: int
    investors: int
    new_hits: int

    @property
    def finished(self) -> bool:
        return self.chunks == self.done
