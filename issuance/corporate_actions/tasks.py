"""Workers of the corporate actions: clock and queue only."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from issuance.corporate_actions import payout, selectors
from portal.domain.actors import Actor
from portal.outbox.consumer import outbox_task

WORKER = Actor.worker("payout")


@outbox_task(payout.START)
def start_paying(dividend_id: str) -> None:
    """Begin a payout when its payment date has come."""
    payout.start_paying(dividend_id=UUID(dividend_id), actor=WORKER, at=timezone.now())


@outbox_task(payout.PAY)
def pay(dividend_id: str, chunk: int) -> None:
    """Pay one chunk of a payout."""
    payout.pay_chunk(dividend_id=UUID(dividend_id), chunk=chunk, actor=WORKER, at=timezone.now())


@shared_task(name="issuance.corporate_actions.sweep")
def sweep() -> None:
    """Begin what is due and finish what was left lying: the database says what is not paid."""
    for dividend_id in selectors.due(on=timezone.now().date()):
        payout.start_paying(dividend_id=dividend_id, actor=WORKER, at=timezone.now())
        for chunk in selectors.unpaid_chunks(dividend_id):
            payout.pay_chunk(dividend_id=dividend_id, chunk=chunk, actor=WORKER, at=timezone.now())
