"""Workers of the prices: clock and queue only."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from indices.prices import checks, fetching, services
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task


@shared_task(name="indices.prices.extend_simulation")
def extend_simulation() -> None:
    """Where the market is simulated, it goes on day by day."""
    services.extend_simulation(actor=Actor.worker("simulation"), at=timezone.now())


@shared_task(name="indices.prices.look_for_stale")
def look_for_stale() -> None:
    """Tokens whose prices stopped coming are put before a person."""
    checks.look_for_stale(actor=Actor.worker("prices"), at=timezone.now())


@shared_task(name="indices.prices.fetch")
def fetch() -> None:
    """Closed days from the providers that the settings name."""
    for of, tokens in fetching.configured():
        fetching.fetch(of=of, tokens=tokens, actor=Actor.worker("prices"), at=timezone.now())


@outbox_task("indices.prices.inspect")
def inspect(batch_id: str) -> None:
    """What a delivery brought is looked over once it is in."""
    checks.inspect(batch_id=UUID(batch_id), actor=Actor.worker("prices"), at=timezone.now())
