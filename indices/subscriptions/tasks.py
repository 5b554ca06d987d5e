"""Workers of the dealing runs: clock and queue only."""

from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from indices.subscriptions import dealing, selectors
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task
from portal.outbox.services import enqueue

WORKER = Actor.worker("dealing")
DEAL = "indices.subscriptions.deal"


@outbox_task(DEAL)
def deal(index_id: str) -> None:
    """Deal all orders of one index whose close has passed."""
    dealing.deal(index_id=UUID(index_id), actor=WORKER, at=timezone.now())


@shared_task(name="indices.subscriptions.sweep")
def sweep() -> None:
    """Ask for every index whose orders wait for a published close, or whose run was interrupted."""
    now = timezone.now()
    for index_id in selectors.to_deal(at=now):
        with transaction.atomic():
            enqueue(
                topic=DEAL,
                key=f"{index_id}:{now:%Y-%m-%dT%H:%M}",
                payload={"index_id": str(index_id)},
                at=now,
            )
