"""Workers of the levels: clock and queue only. Rebalances take effect between two levels, so they come along."""

from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from indices.levels import selectors, services
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task
from portal.outbox.services import enqueue

WORKER = Actor.worker("indices")
ADVANCE = "indices.levels.advance"


@outbox_task(ADVANCE)
def advance(index_id: str) -> None:
    """Bring one index up to the last closed day."""
    services.advance(index_id=UUID(index_id), actor=WORKER, at=timezone.now())


@shared_task(name="indices.levels.sweep")
def sweep() -> None:
    """Ask for every index that lags behind its last close; the hour in the key tries again what stopped."""
    now = timezone.now()
    for index_id in selectors.behind(at=now):
        with transaction.atomic():
            enqueue(
                topic=ADVANCE,
                key=f"{index_id}:{now:%Y-%m-%dT%H}",
                payload={"index_id": str(index_id)},
                at=now,
            )
