"""Queue's part in screening."""

from uuid import UUID

from django.utils import timezone

from investors.screening import services
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task


@outbox_task(services.RESCREEN)
def rescreen(list_id: str) -> None:
    """Part the investor base into chunks that are compared with a list just imported."""
    services.plan_rescreen(list_id=UUID(list_id), actor=Actor.worker("screening"), at=timezone.now())


@outbox_task(services.RESCREEN_CHUNK)
def rescreen_chunk(list_id: str, number: int) -> None:
    """Compare one chunk."""
    services.rescreen_chunk(
        list_id=UUID(list_id), number=number, actor=Actor.worker("screening"), at=timezone.now()
    )
