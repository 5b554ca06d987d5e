"""Queue's part in screening."""

from uuid import UUID

from django.utils import timezone

from investors.screening import services
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task


@outbox_task(services.RESCREEN)
def rescreen(list_id: str) -> None:
    """Compare the whole investor base with a list that was just imported."""
    services.screen_everyone(list_id=UUID(list_id), actor=Actor.worker("screening"), at=timezone.now())
