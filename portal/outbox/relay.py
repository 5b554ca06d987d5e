"""Carries messages from the outbox to the broker, after commit, at least once."""

from celery import current_app
from django.db import transaction
from django.utils import timezone

from portal.outbox import services


def relay_due(limit: int = 100) -> int:
    """
    Hand due messages to the broker; returns how many. When the broker refuses one, none of them is marked as
    sent and the error is raised: what it did take arrives twice, which consumers are made for.
    """
    with transaction.atomic():
        deliveries = services.claim_due(at=timezone.now(), limit=limit)
        for delivery in deliveries:
            current_app.send_task(delivery.topic, kwargs={"message_id": delivery.message_id}, retry=False)
    return len(deliveries)
