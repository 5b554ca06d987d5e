"""The worker of the certificates: clock and queue only."""

from uuid import UUID

from django.utils import timezone

from issuance.certificates import services
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task

WORKER = Actor.worker("certificates")


@outbox_task(services.MAKE)
def make(certificate_id: str) -> None:
    """Make one paper; where the log has not sealed its events yet, the message comes again a moment later."""
    services.make(certificate_id=UUID(certificate_id), actor=WORKER, at=timezone.now())
