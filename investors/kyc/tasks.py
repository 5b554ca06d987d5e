"""Beat's and the outbox's part in KYC."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from investors.kyc import checks, selectors, services
from portal.domain.actors import Actor
from portal.domain.errors import Conflict
from portal.outbox.consumer import outbox_task


@shared_task(name="investors.kyc.expire_due")
def expire_due() -> int:
    """Mark approvals whose last day has passed; returns how many."""
    now = timezone.now()
    due = selectors.due_to_expire(on=now.date())
    for case_id in due:
        services.expire(case_id=case_id, actor=Actor.worker("kyc"), at=now)
    return len(due)


@outbox_task(services.BEGIN_CHECKS)
def begin_identity_checks(case_id: str) -> None:
    """A submitted case is looked at by the identity provider, where there is one; told twice, it is asked once."""
    try:
        checks.request(case_id=UUID(case_id), actor=Actor.worker("kyc"), at=timezone.now())
    except Conflict:
        return  # decided meanwhile, or nobody is left to look at


@outbox_task(checks.START)
def start_identity_check(check_id: str) -> None:
    """The call to the identity provider; without an answer it is made again later."""
    checks.start(check_id=UUID(check_id), actor=Actor.worker("kyc"), at=timezone.now())
