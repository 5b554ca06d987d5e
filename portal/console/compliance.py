"""The compliance console's first page: the queue of what waits for an officer, oldest first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.audit import selectors as audit
from portal.console.issuer import four_eyes_tasks
from portal.http import desk
from portal.http.consoles import compliance_console
from portal.http.told import of_event


def waiting(request: HttpRequest) -> int:
    return len(_tasks(request))


def _tasks(request: HttpRequest) -> list[desk.Task]:
    return [*desk.compliance.tasks(request), *four_eyes_tasks(request)]


@compliance_console.page(
    "", name="index", action="compliance.enter", label="Work queue", icon="inbox", order=0, count=waiting
)
def work_queue(request: HttpRequest) -> HttpResponse:
    found = _tasks(request)
    groups = sorted({task.group for task in found if task.group})
    chosen = request.GET.get("group", "")
    tasks = [task for task in found if not chosen or task.group == chosen]
    context = {
        "heading": _news(len(found)),
        "tasks": tasks,
        "groups": groups,
        "chosen": chosen,
        "now": timezone.now(),
        "head": audit.latest_checkpoint(),
        "unsealed": audit.waiting(),
        "events": [of_event(one) for one in audit.events(limit=8)],
    }
    return render(request, "compliance/work_queue.html", context)


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
