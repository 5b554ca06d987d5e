"""
What needs somebody. Each house offers sources of tasks; the home page and the consoles' first pages collect
them. A house registers its sources where its pages are (investors/web, issuance/console, …).

    @desk.investor
    def unsigned(request: HttpRequest) -> list[Task]: ...
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest

HIGH_RISK = 50
"""House policy: from so many risk points on, work goes before other work."""
DEADLINE = timedelta(days=2)
"""House policy: how long work waits at most, where its own kind says nothing else."""
RANKS = ("urgent", "high", "normal")


@dataclass(frozen=True, slots=True)
class Task:
    """
    One thing to do.

    title   what, as a sentence without a full stop; text: why, and until when
    action  the verb on the button that leads to href
    since   how long it has waited: older ones come first
    tone    warn for what is overdue, info, or ""
    group   the kind of work, for queues that are filtered by it
    due     its deadline; DEADLINE after `since` where none is given
    risk    points, 0 to 100
    officer user id of whoever has taken it
    """

    title: str
    href: str
    action: str
    text: str = ""
    icon: str = "flag"
    tone: str = ""
    since: datetime | None = None
    group: str = ""
    who: str = ""
    due: datetime | None = None
    risk: int = 0
    officer: UUID | None = None

    @property
    def deadline(self) -> datetime | None:
        return self.due or (self.since + DEADLINE if self.since else None)

    def overdue(self, now: datetime) -> bool:
        return self.deadline is not None and self.deadline < now

    def priority(self, now: datetime) -> str:
        """ "urgent" past its deadline or marked to warn, "high" from HIGH_RISK points, else "normal"."""
        if self.tone == "warn" or self.overdue(now):
            return "urgent"
        return "high" if self.risk >= HIGH_RISK else "normal"


def by_priority(tasks: Sequence[Task], *, now: datetime) -> list[Task]:
    """What is urgent first; of equal priority, what is due first, then what has waited longest."""
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(
        tasks,
        key=lambda one: (RANKS.index(one.priority(now)), one.deadline or latest, one.since or latest),
    )


@dataclass(frozen=True, slots=True)
class Done:
    """One piece of work that an officer decided: how long it had waited is `at` less `since`."""

    officer: UUID
    group: str
    since: datetime
    at: datetime


Source = Callable[[HttpRequest], Sequence[Task]]
Past = Callable[[datetime], Sequence[Done]]


class Desk:
    """Sources of tasks for one front door; used as a decorator."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.past: list[Past] = []

    def __call__(self, source: Source) -> Source:
        if source not in self.sources:
            self.sources.append(source)
        return source

    def decided(self, past: Past) -> Past:
        """Register what tells of decided work since an instant, for the officers' workload."""
        if past not in self.past:
            self.past.append(past)
        return past

    def done(self, *, since: datetime) -> list[Done]:
        """All decided work since an instant, in no order."""
        return [one for past in self.past for one in past(since)]

    def tasks(self, request: HttpRequest) -> list[Task]:
        """All of them, what is overdue first, then the oldest."""
        found = [task for source in self.sources for task in source(request)]
        latest = datetime.max.replace(tzinfo=UTC)
        return sorted(found, key=lambda task: (task.tone != "warn", task.since or latest))


investor = Desk()
issuer = Desk()
compliance = Desk()
