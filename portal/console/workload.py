"""The work queue's filters, and what each officer has open and has decided."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.http.desk import Done, Task

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
PRIORITIES = [("urgent", _("Urgent")), ("high", _("High")), ("normal", _("Normal"))]
MINE, NOBODY = "mine", "nobody"


class QueueForm(forms.Form):
    """Every field narrows; one that does not fit what is there narrows to nothing."""

    group = forms.CharField(required=False, max_length=40)
    priority = forms.ChoiceField(
        label=_("Priority"), required=False, choices=[("", _("Any priority")), *PRIORITIES]
    )
    officer = forms.CharField(label=_("Taken by"), required=False, max_length=36)
    text = forms.CharField(label=_("Words"), required=False, max_length=80)


@dataclass(frozen=True, slots=True)
class Row:
    """A task as the queue prints it."""

    task: Task
    priority: str
    overdue: bool
    officer: str


@dataclass(frozen=True, slots=True)
class Load:
    """
    One officer's work.

    open     what he has taken and not decided
    week, month  what he decided in the last 7 and 30 days
    median   of how long that of the month had waited; None without any
    """

    officer: str
    open: int
    week: int
    month: int
    median: timedelta | None

    @property
    def told(self) -> str:
        return "–" if self.median is None else span(self.median)


def span(length: timedelta) -> str:
    """A length of time in its largest fitting unit: "40 min", "5 h", "3 days"."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def narrowed(tasks: Sequence[Task], asked: Mapping[str, str], *, viewer: UUID, now: datetime) -> list[Task]:
    """
    The tasks that fit.

    asked  QueueForm's cleaned data; officer is "mine", "nobody" or a user's id
    """
    words = asked.get("text", "").casefold().split()
    return [
        one
        for one in tasks
        if asked.get("group", "") in ("", one.group)
        and asked.get("priority", "") in ("", one.priority(now))
        and _fits(one.officer, asked.get("officer", ""), viewer)
        and all(word in f"{one.title} {one.text}".casefold() for word in words)
    ]


def _fits(officer: UUID | None, wanted: str, viewer: UUID) -> bool:
    if not wanted:
        return True
    if wanted == NOBODY:
        return officer is None
    return str(officer) == (str(viewer) if wanted == MINE else wanted)


def loads(
    *, names: Mapping[UUID, str], tasks: Sequence[Task], done: Sequence[Done], now: datetime
) -> list[Load]:
    """
    One line for everybody in `names`, the fullest desk first.

    done  what was decided in the last MONTH
    """
    held = Counter(one.officer for one in tasks if one.officer)
    lines = []
    for officer, name in names.items():
        own = [one for one in done if one.officer == officer]
        waited = [(one.at - one.since).total_seconds() for one in own]
        lines.append(
            Load(
                officer=name,
                open=held[officer],
                week=sum(1 for one in own if now - one.at <= WEEK),
                month=len(own),
                median=timedelta(seconds=median(waited)) if waited else None,
            )
        )
    return sorted(lines, key=lambda one: (-one.open, -one.month, one.officer))
