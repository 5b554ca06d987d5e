"""Queue's and beat's part in data exports and closed accounts."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from investors.closure import decisions, selectors, services
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task


@outbox_task(services.MAKE)
def make_export(export_id: str) -> None:
    """Make the ZIP that an investor asked for."""
    services.make_export(export_id=UUID(export_id), actor=Actor.worker("data export"), at=timezone.now())


@shared_task(name="investors.closure.sweep")
def sweep() -> dict[str, int]:
    """Remove exports whose time is over; list accounts of which the law requires nothing any more."""
    now, worker = timezone.now(), Actor.worker("retention")
    over = selectors.expired(at=now)
    for export_id in over:
        services.expire_export(export_id=export_id, actor=worker, at=now)
    due = selectors.erasable(on=now.date())
    told = sum(decisions.note_erasable(closure_id=one.id, actor=worker, at=now) for one in due)
    return {"exports_removed": len(over), "erasable": len(due), "told": told}
