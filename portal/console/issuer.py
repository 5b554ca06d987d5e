"""The issuer console's first page: what waits, and what happened at the person's issuers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.accounts.selectors import organisations
from portal.approvals.selectors import pending
from portal.audit.selectors import events
from portal.console.raised import coming, raise_of
from portal.domain.roles import OrganisationKind
from portal.http import desk, four_eyes
from portal.http.consoles import issuer_console
from portal.http.told import of_event

RECENT = 8


@issuer_console.page("", name="index", action="console.enter", label="Dashboard", icon="home", order=0)
def dashboard(request: HttpRequest) -> HttpResponse:
    scope = issuer_console.scope(request)
    own = [one for one in organisations(kind=OrganisationKind.ISSUER) if scope is None or one.id in scope]
    tasks = [*desk.issuer.tasks(request), *four_eyes_tasks(request)]
    context = {
        "heading": _news(len(tasks)),
        "organisations": own,
        "tasks": tasks,
        "events": [
            of_event(one)
            for one in events(organisations=None if scope is None else list(scope), limit=RECENT)
        ],
        "stats": raise_of(scope),
        "coming": coming(scope, on=timezone.now().date()),
    }
    return render(request, "console/dashboard.html", context)


def four_eyes_tasks(request: HttpRequest) -> list[desk.Task]:
    """Approvals that this person may decide, unless a house tells of them itself."""
    scope = issuer_console.scope(request)
    return [
        desk.Task(
            title=four_eyes.title_of(approval.action),
            text=f"{approval.maker_label or approval.maker} asked for it and waits for a second person.",
            href=four_eyes.href_of(request, approval),
            action="Review",
            icon="eyes",
            since=approval.requested_at,
        )
        for approval in pending(organisations=scope)
        if four_eyes.may_decide(request, approval)
    ]


def _news(count: int) -> str:
    if not count:
        return "Nothing waits for you"
    return "One thing waits for you" if count == 1 else f"{count} things wait for you"
