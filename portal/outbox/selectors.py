"""What operators see of the outbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min

from portal.outbox.models import Message


@dataclass(frozen=True, slots=True)
class MessageFacts:
    id: int
    topic: str
    key: str
    payload: dict[str, Any]
    state: str
    attempts: int
    created_at: datetime
    available_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    last_error: str


def messages(*, state: str = "", limit: int = 100) -> list[MessageFacts]:
    """Newest first; of one state, or of all."""
    found = Message.objects.filter(state=state) if state else Message.objects.all()
    return [
        MessageFacts(
            m.pk,
            m.topic,
            m.key,
            m.payload,
            m.state,
            m.attempts,
            m.created_at,
            m.available_at,
            m.sent_at,
            m.done_at,
            m.last_error,
        )
        for m in found.order_by("-pk")[:limit]
    ]


def counts() -> dict[str, int]:
    """Messages by state, done ones left out."""
    rows = Message.objects.exclude(state="done").values_list("state").annotate(n=Count("pk"))
    return dict(rows)


def unfinished() -> int:
    """Messages that still have something to do: waiting or sent."""
    return Message.objects.filter(state__in=["waiting", "sent"]).count()


def oldest_waiting() -> datetime | None:
    return Message.objects.filter(state="waiting").aggregate(oldest=Min("available_at"))["oldest"]
