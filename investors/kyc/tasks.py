"""Beat's part in KYC."""

from celery import shared_task
from django.utils import timezone

from investors.kyc import selectors, services
from portal.domain.actors import Actor


@shared_task(name="investors.kyc.expire_due")
def expire_due() -> int:
    """Mark approvals whose last day has passed; returns how many."""
    now = timezone.now()
    due = selectors.due_to_expire(on=now.date())
    for case_id in due:
        services.expire(case_id=case_id, actor=Actor.worker("kyc"), at=now)
    return len(due)
