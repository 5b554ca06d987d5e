"""Clock and queue of webhooks."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from portal.outbox.consumer import outbox_task
from portal.webhooks import services

BATCHES = 20


@outbox_task(services.TOPIC)
def deliver(delivery_id: str, number: int) -> None:
    """One try of one delivery."""
    services.deliver(delivery_id=UUID(delivery_id), number=number, at=timezone.now())


@shared_task(name="portal.webhooks.fan_out")
def fan_out() -> None:
    """Make the messages that the log asks for since the last time; what is left waits for the next beat."""
    for _ in range(BATCHES):
        if services.fan_out(at=timezone.now()) < services.BATCH:
            return
