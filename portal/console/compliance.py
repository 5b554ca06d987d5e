"""The compliance console's first page: the queue of everything that waits for an officer, the most pressing first."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.accounts import selectors as accounts
from portal.approvals import selectors as approvals
from portal.audit import selectors as audit
from portal.console import workload
from portal.console.issuer import four_eyes_tasks
from portal.domain.roles import Role
from portal.http import desk
from portal.http.authorization import possible
from portal.http.consoles import compliance_console
from portal.http.told import of_event

SECOND = "Second signature"
PAGE = 50


def waiting(request: HttpRequest) -> int:
    """The sidebar's number, on the queue's own page: collecting everything is too dear for every page of the console."""
    return len(getattr(request, "compliance_tasks", ()))


def _tasks(request: HttpRequest) -> list[desk.Task]:
    """Collected once per request, for the page and for the number beside its name."""
    if not hasattr(request, "compliance_tasks"):
        signatures = [replace(one, group=one.group or SECOND) for one in four_eyes_tasks(request)]
        request.compliance_tasks = [*desk.compliance.tasks(request), *signatures]  # type: ignore[attr-defined]
    return request.compliance_tasks  # type: ignore[attr-defined, no-any-return]


@compliance_console.page(
    "", name="index", action="compliance.enter", label="Work queue", icon="inbox", order=0, count=waiting
)
def work_queue(request: HttpRequest) -> HttpResponse:
    now, found = timezone.now(), _tasks(request)
    form = workload.QueueForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    fitting = workload.narrowed(found, asked, viewer=request.user.pk, now=now) if form.is_valid() else []
    page = Paginator(desk.by_priority(fitting, now=now), PAGE).get_page(request.GET.get("page"))
    people = _people(found)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "heading": _news(len(found)),
        "rows": [_row(one, people, now) for one in page],
        "page_obj": page,
        "found": len(fitting),
        "groups": sorted({task.group for task in found if task.group}),
        "asked": asked,
        "narrow": any(asked.get(name) for name in ("priority", "officer", "text")) or not form.is_valid(),
        "people": people,
        "form": form,
        "query": query.urlencode(),
        "now": now,
        "head": audit.latest_checkpoint(),
        "unsealed": audit.waiting(),
        "loads": _loads(request, found, people, now),
        "events": [of_event(one) for one in audit.events(limit=8)],
    }
    return render(request, "compliance/work_queue.html", context, status=200 if form.is_valid() else 422)


def _row(task: desk.Task, people: dict[UUID, str], now: datetime) -> workload.Row:
    taken_by = people.get(task.officer, "") if task.officer else ""
    return workload.Row(task, task.priority(now), task.overdue(now), taken_by)


def _people(tasks: list[desk.Task]) -> dict[UUID, str]:
    """Officers by id, and whoever else has taken something, by name."""
    officers = {one.id: one.name or one.email for one in accounts.members(role=Role.COMPLIANCE_OFFICER)}
    others = {one.officer for one in tasks if one.officer} - officers.keys()
    gone = accounts.users(others) if others else {}
    return officers | {key: one.name or one.email for key, one in gone.items()}


def _loads(
    request: HttpRequest, tasks: list[desk.Task], people: dict[UUID, str], now: datetime
) -> list[workload.Load]:
    if not possible(request, "work_queue.view"):
        return []
    done = desk.compliance.done(since=now - workload.MONTH)
    return workload.loads(names=people, tasks=tasks, done=done, now=now)


@desk.compliance.decided
def second_signatures(since: datetime) -> list[desk.Done]:
    """Approvals given or refused by a person."""
    return [
        desk.Done(UUID(one.checker.removeprefix("user:")), SECOND, one.requested_at, one.decided_at)
        for one in approvals.decided(since=since)
        if one.checker.startswith("user:") and one.decided_at
    ]


def _news(count: int) -> str:
    if not count:
        return "The queue is empty"
    return "One case waits" if count == 1 else f"{count} cases wait"


# The audit explorer's own pages stand in portal/console/audit_*.py; its line is there as soon as they are.
compliance_console.entry(
    "Audit explorer", "compliance:audit", group="Evidence", icon="tree", order=0, action="audit.view"
)
compliance_console.entry(
    "Transparency log", "checkpoint", group="Evidence", icon="shield", order=20, action="audit.view"
)
