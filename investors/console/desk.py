"""What waits for an officer, and what officers decided, for the work queue and the workload beside it."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from investors.accreditation import selectors as accreditation
from investors.bank_accounts import selectors as bank_accounts
from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from investors.screening import selectors as screening
from portal.domain.money import format_amount
from portal.funding import selectors as funding
from portal.http import desk
from portal.http.authorization import allowed, possible

MATCH_DEADLINE = timedelta(days=1)
"""House policy: a name match is compared within a day; all other work as portal.http.desk.DEADLINE says."""
REFRESH_WINDOW = timedelta(days=30)
"""From so long before its last day an approval that nobody refreshes is work."""


@desk.compliance
def cases(request: HttpRequest) -> Sequence[desk.Task]:
    if not possible(request, "kyc.view"):
        return []
    waiting = kyc.queue(states=("submitted", "in_review"))
    names = profiles.references([case.investor_id for case in waiting])
    return [
        desk.Task(
            title=f"Identity check of {names[case.investor_id]}",
            text=f"{case.state_label.capitalize()}, {case.risk_points} risk points",
            href=reverse("compliance:kyc-case", args=[case.id]),
            action="Review",
            icon="person",
            since=case.submitted_at,
            group="KYC",
            risk=case.risk_points,
            officer=case.officer_id if case.state == "in_review" else None,
        )
        for case in waiting
    ]


@desk.compliance
def requests(request: HttpRequest) -> Sequence[desk.Task]:
    if not possible(request, "accreditation.view"):
        return []
    waiting = accreditation.queue()
    names = profiles.references([one.investor_id for one in waiting])
    return [
        desk.Task(
            title=f"Accreditation of {names[one.investor_id]}",
            text=f"{one.basis}, {one.method_label}",
            href=reverse("compliance:accreditation-request", args=[one.id]),
            action="Determine",
            icon="check",
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
            since=hit.found_at,
            group="Screening",
            due=hit.found_at + MATCH_DEADLINE,
            risk=hit.score // 10,
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


@desk.compliance
def refreshes(request: HttpRequest) -> Sequence[desk.Task]:
    """One task for all approvals near their end: they are asked again together."""
    if not possible(request, "kyc.view"):
        return []
    until = timezone.now().date() + REFRESH_WINDOW
    found = kyc.refreshable(until=until)
    if not found:
        return []
    last = min(case.valid_until for case in found if case.valid_until)
    return [
        desk.Task(
            title=f"{len(found)} identity checks end by {until:%d %b %Y}",
            text="Nobody has opened the check that follows.",
            href=f"{reverse('compliance:kyc-refresh')}?until={until.isoformat()}",
            action="Ask again",
            icon="clock",
            due=datetime.combine(last, time.max, tzinfo=UTC),
            group="Refresh",
        )
    ]


@desk.compliance
def withdrawals(request: HttpRequest) -> Sequence[desk.Task]:
    """Approved, and still to be paid by somebody else than whoever asked."""
    if not possible(request, "withdrawal.pay"):
        return []
    return [
        desk.Task(
            title=f"Pay {format_amount(one.amount_minor, scale=one.scale)} {one.currency}",
            text=f"Approved, to {one.destination_shown}",
            href=reverse("compliance:withdrawal", args=[one.id]),
            action="Pay",
            icon="swap",
            since=one.requested_at,
            group="Money",
        )
        for one in funding.withdrawals(states=("approved",))
        if allowed(request, "withdrawal.pay", maker=one.requested_by)
    ]


@desk.compliance.decided
def decided(since: datetime) -> Sequence[desk.Done]:
    """What officers decided about cases, accreditation, matches and bank accounts."""
    found = {
        "KYC": kyc.decided_since(since),
        "Accreditation": accreditation.decided_since(since),
        "Screening": screening.decided_since(since),
        "Money": [
            (UUID(who.removeprefix("user:")), asked, at)
            for who, asked, at in bank_accounts.decided_since(since)
            if who.startswith("user:")
        ],
    }
    return [desk.Done(who, group, asked, at) for group, rows in found.items() for who, asked, at in rows]
