"""The first page: what needs me, what I own, what happened."""

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from investors.profiles.facts import InvestorFacts
from portal.audit import selectors as audit
from portal.http import desk, navigation, pagination
from portal.http.told import of_event
from portal.ledger import selectors as ledger
from portal.web.holdings import cash_of, holdings_of, positions
from portal.web.lines import lines
from portal.web.owners import investor_of
from portal.web.worth import priced, total

NUMBERS = ("Nothing needs", "One thing needs", "Two things need", "Three things need", "Four things need")
RECENT = 6


def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return render(request, "portal/welcome.html", {"head": audit.latest_checkpoint()})
    investor = investor_of(request)
    rows = positions(investor.owner) if investor else []
    held = priced(holdings_of(rows), investor_id=investor.id, at=timezone.now()) if investor else []
    tasks = [*_beginnings(request, investor), *desk.investor.tasks(request)]
    context = {
        "heading": _news(len(tasks)),
        "today": datetime.now(UTC),
        "tasks": tasks,
        "cash": cash_of(rows),
        "holdings": held,
        "worth": total(held),
        "simulated": any(line.worth.simulated for line in held),
        "lines": lines(ledger.entries(owner=investor.owner, limit=RECENT)) if investor else [],
        "doors": navigation.lines(request, navigation.DOORS),
        "investor": investor,
    }
    return render(request, "portal/home.html", context)


@login_required
def activity(request: HttpRequest) -> HttpResponse:
    """Everything that this person did or that was done about him, newest first."""
    investor = investor_of(request)

    def fetch(limit: int, before_id: int | None) -> list:
        own = audit.events(actor=str(request.user.pk), limit=limit, before_id=before_id)
        about = audit.events(subject=investor.owner, limit=limit, before_id=before_id) if investor else []
        merged = {event.id: event for event in [*own, *about]}
        return sorted(merged.values(), key=lambda event: -event.id)[:limit]

    page = pagination.page(request, fetch, id_of=lambda event: event.id)
    context = {"page": page, "events": [of_event(event) for event in page.rows]}
    return render(request, "portal/activity.html", context)


def _news(count: int) -> str:
    beginning = NUMBERS[count] if count < len(NUMBERS) else f"{count} things need"
    return f"{beginning} you"


def _beginnings(request: HttpRequest, investor: InvestorFacts | None) -> list[desk.Task]:
    """For somebody who can be an investor and has told nothing of himself yet."""
    href = navigation.href_of("profile")
    if investor is not None or not href or navigation.lines(request, navigation.DOORS):
        return []
    return [
        desk.Task(
            title="Tell us who invests",
            text="Name, country and tax residence. It takes about five minutes.",
            href=href,
            action="Begin",
            icon="pen",
            tone="warn",
        )
    ]
