"""Workers of the votes: clock and queue only."""

from contextlib import suppress
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from issuance.voting import selectors, services
from portal.domain.actors import Actor
from portal.domain.errors import Conflict
from portal.outbox.consumer import outbox_task

WORKER = Actor.worker("voting")


@outbox_task(services.CARRY_OUT)
def carry_out(resolution_id: str) -> None:
    """Do what a certified resolution says."""
    services.carry_out(resolution_id=UUID(resolution_id), actor=WORKER, at=timezone.now())


@shared_task(name="issuance.voting.sweep")
def sweep() -> None:
    """Open and close what is due; a vote that may close early closes when nobody can change it any more."""
    for meeting_id in selectors.due_to_open(timezone.now()):
        with suppress(Conflict):  # nobody held any: it stays announced, and its page says so
            services.open_voting(meeting_id=meeting_id, actor=WORKER, at=timezone.now())
    for meeting_id in selectors.due_to_close(timezone.now()):
        with suppress(Conflict):  # another worker was first, or it is not decided yet
            services.close_voting(meeting_id=meeting_id, actor=WORKER, at=timezone.now())
