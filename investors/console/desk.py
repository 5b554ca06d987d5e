"""What waits for an officer, for the work queue."""

from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from investors.accreditation import selectors as accreditation
from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from investors.screening import selectors as screening
from portal.http import desk
from portal.http.authorization import possible

OVERDUE = timedelta(days=2)
"""House policy: a case is told as overdue after this."""


@desk.compliance
def cases(request: HttpRequest) -> Sequence[desk.Task]:
    if not possible(request, "kyc.view"):
        return []
    now = timezone.now()
    waiting = kyc.queue(states=("submitted", "in_review"))
    names = profiles.references([case.investor_id for case in waiting])
    return [
        desk.Task(
            title=f"Identity check of {names[case.investor_id]}",
            text=f"{case.state_label.capitalize()}, {case.risk_points} risk points",
            href=reverse("compliance:kyc-case", args=[case.id]),
            action="Review",
            icon="person",
            tone="warn" if case.submitted_at and now - case.submitted_at > OVERDUE else "",
            since=case.submitted_at,
            group="KYC",
        )
        for case in waiting
    ]


@desk.compliance
def requests(request: HttpRequest) -> Sequence[desk.Task]:
    if not possible(request, "accreditation.view"):
        return []
    now, waiting = timezone.now(), accreditation.queue()
    names = profiles.references([one.investor_id for one in waiting])
    return [
        desk.Task(
            title=f"Accreditation of {names[one.investor_id]}",
            text=f"{one.basis}, {one.method_label}",
            href=reverse("compliance:accreditation-request", args=[one.id]),
            action="Determine",
            icon="check",
            tone="warn" if one.submitted_at and now - one.submitted_at > OVERDUE else "",
            since=one.submitted_at,
            group="Accreditation",
        )
        for one in waiting
    ]


@desk.compliance
def matches(request: HttpRequest) -> Sequence[desk.Task]:
    """Open name matches; and, plainly, that no list has been imported while that is so."""
    if not possible(request, "screening.view"):
        return []
    found = screening.hits(state="open")
    names = profiles.references({hit.investor_id for hit in found})
    tasks = [
        desk.Task(
            title=f"Name match of {names[hit.investor_id]}",
            text=f"{hit.source} {hit.reference}, {hit.points} of 100 points",
            href=reverse("compliance:match", args=[hit.id]),
            action="Compare",
            icon="search",
            tone="warn",
            since=hit.found_at,
            group="Screening",
        )
        for hit in found
    ]
    today = timezone.now().date()
    in_use = screening.lists_in_use(today)
    tasks += [
        desk.Task(
            title=f"{one.source} is {one.age_days(today)} days old",
            text=f"The list in use is of {one.list_date:%d %b %Y}. Import the publisher's newest.",
            href=reverse("compliance:screening-lists"),
            action="Import",
            icon="alert",
            tone="warn",
            group="Screening",
        )
        for one in in_use
        if one.stale(today)
    ]
    if not in_use:
        tasks.append(
            desk.Task(
                title="No sanctions list has been imported",
                text="Nobody can be screened, approved or subscribe until one is.",
                href=reverse("compliance:screening-lists"),
                action="Import",
                icon="alert",
                tone="warn",
                group="Screening",
            )
        )
    return tasks
