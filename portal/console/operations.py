"""For operators: what waits to leave, what could not be delivered, and whether the parts are alive."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.audit import selectors as audit
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console
from portal.http.formats import grouped, moment
from portal.http.once import once
from portal.outbox import selectors, services

STATES = ("waiting", "sent", "dead", "done")
SHOWN = 100
LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the machinery: how it stands, in a word and a sentence."""

    name: str
    tone: str
    word: str
    text: str


def dead(request: HttpRequest) -> int:
    return selectors.counts().get("dead", 0)


@compliance_console.page(
    "outbox/",
    name="outbox",
    action="outbox.view",
    label="Outbox",
    group="Operate",
    icon="swap",
    order=10,
    count=dead,
)
def outbox(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "dead")
    state = state if state in STATES else "dead"
    context = {
        "state": state,
        "states": STATES,
        "counts": selectors.counts(),
        "rows": selectors.messages(state=state, limit=SHOWN),
        "may_retry": allowed(request, "outbox.retry"),
        "shown": SHOWN,
    }
    return render(request, "compliance/outbox.html", context)


@compliance_console.page("outbox/<int:message_id>/retry/", name="outbox-retry", action="outbox.retry")
@require_POST
@once
def retry(request: HttpRequest, message_id: int) -> HttpResponse:
    require(request, "outbox.retry")
    services.retry(message_id=message_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, "The message will be sent again within seconds.")
    return HttpResponseRedirect(reverse("compliance:outbox"))


@compliance_console.page(
    "health/", name="health", action="jobs.view", label="Health", group="Operate", icon="gauge", order=20
)
def health(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    checks = [check(now) for check in CHECKS]
    return render(request, "compliance/health.html", {"checks": checks, "now": now})


def _database(now: datetime) -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version'), current_user, clock_timestamp()")
            version, role, clock = cursor.fetchone()
    except DatabaseError:
        return Check("Database", "bad", "Not reached", "PostgreSQL did not answer.")
    drift = abs(clock - now)
    if drift > timedelta(seconds=5):
        return Check(
            "Database",
            "wait",
            "Clock differs",
            f"Its clock and ours differ by {drift.total_seconds():.0f} s.",
        )
    return Check("Database", "ok", "Answers", f"PostgreSQL {version}, signed in as {role}.")


def _relay(now: datetime) -> Check:
    oldest = selectors.oldest_waiting()
    waiting = selectors.counts().get("waiting", 0)
    if oldest is not None and now - oldest > LATE:
        text = f"{grouped(str(waiting))} wait, the oldest since {moment(oldest)}. Is the relay running?"
        return Check("Outbox relay", "bad", "Behind", text)
    return Check("Outbox relay", "ok", "Keeps up", f"{grouped(str(waiting))} wait to leave.")


def _worker(now: datetime) -> Check:
    last = selectors.messages(state="done", limit=1)
    sent = selectors.counts().get("sent", 0)
    when = (
        f"Last finished {moment(last[0].done_at)}." if last and last[0].done_at else "Nothing finished yet."
    )
    tone, word = ("ok", "Works") if not sent or last else ("wait", "Silent")
    return Check("Workers", tone, word, f"{grouped(str(sent))} under way. {when}")


def _dead_letters(now: datetime) -> Check:
    count = selectors.counts().get("dead", 0)
    if count:
        return Check(
            "Dead letters",
            "bad",
            grouped(str(count)),
            "They were tried and given up. Retry them in the outbox.",
        )
    return Check("Dead letters", "ok", "None", "Everything sent was delivered, or is being tried again.")


def _log(now: datetime) -> Check:
    head, waiting = audit.latest_checkpoint(), audit.waiting()
    if head is None:
        return Check(
            "Transparency log", "wait", "Empty", f"{grouped(str(waiting))} entries wait for the first head."
        )
    if waiting and now - head.created_at > LATE:
        text = f"{grouped(str(waiting))} wait; the last head is of {moment(head.created_at)}. Is the sequencer running?"
        return Check("Transparency log", "bad", "Behind", text)
    return Check(
        "Transparency log", "ok", "Sealed", f"{grouped(str(head.size))} entries, {moment(head.created_at)}."
    )


CHECKS: tuple[Callable[[datetime], Check], ...] = (_database, _relay, _worker, _dead_letters, _log)
