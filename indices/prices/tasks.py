"""Workers of the prices: clock and queue only."""

from celery import shared_task
from django.utils import timezone

from indices.prices import services
from portal.domain.actors import Actor


@shared_task(name="indices.prices.extend_simulation")
def extend_simulation() -> None:
    """Where the market is simulated, it goes on day by day."""
    services.extend_simulation(actor=Actor.worker("simulation"), at=timezone.now())
