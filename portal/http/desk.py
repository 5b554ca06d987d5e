"""
What needs somebody. Each house offers sources of tasks; the home page and the consoles' first pages collect
them. A house registers its sources where its pages are (investors/web, issuance/console, …).

    @desk.investor
    def unsigned(request: HttpRequest) -> list[Task]: ...
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Task:
    """
    One thing to do.

    title   what, as a sentence without a full stop; text: why, and until when
    action  the verb on the button that leads to href
    since   how long it has waited: older ones come first
    tone    warn for what is overdue, info, or ""
    group   the kind of work, for queues that are filtered by it
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


Source = Callable[[HttpRequest], Sequence[Task]]


class Desk:
    """Sources of tasks for one front door; used as a decorator."""

    def __init__(self) -> None:
        self.sources: list[Source] = []

    def __call__(self, source: Source) -> Source:
        if source not in self.sources:
            self.sources.append(source)
        return source

    def tasks(self, request: HttpRequest) -> list[Task]:
        """All of them, what is overdue first, then the oldest."""
        found = [task for source in self.sources for task in source(request)]
        latest = datetime.max.replace(tzinfo=UTC)
        return sorted(found, key=lambda task: (task.tone != "warn", task.since or latest))


investor = Desk()
issuer = Desk()
compliance = Desk()
