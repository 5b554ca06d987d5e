"""Workers of the offerings: clock and queue only."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from issuance.offerings import selectors, settlement
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task

WORKER = Actor.worker("offerings")


@outbox_task(settlement.SETTLE)
def settle(offering_id: str, chunk: int) -> None:
    """Settle one chunk of a closed offering."""
    settlement.settle_chunk(offering_id=UUID(offering_id), chunk=chunk, actor=WORKER, at=timezone.now())


@outbox_task(settlement.REFUND)
def refund(offering_id: str, chunk: int) -> None:
    """Free the cash of one chunk of a cancelled offering."""
    settlement.refund_chunk(offering_id=UUID(offering_id), chunk=chunk, actor=WORKER, at=timezone.now())


@shared_task(name="issuance.offerings.sweep")
def sweep() -> None:
    """Finish what was left lying: the database says what is not done, whatever became of its messages."""
    work = {"closed": settlement.settle_chunk, "cancelling": settlement.refund_chunk}
    for offering_id, state in selectors.unfinished():
        for chunk in selectors.waiting_chunks(offering_id, size=settlement.CHUNK):
            work[state](offering_id=offering_id, chunk=chunk, actor=WORKER, at=timezone.now())
