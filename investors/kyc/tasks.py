"""Beat's and the outbox's part in KYC."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from investors.kyc import checks, refreshing, selectors, services
from portal.domain.actors import Actor
from portal.domain.errors import Conflict
from portal.outbox.consumer import outbox_task


@shared_task(name="investors.kyc.expire_due")
def expire_due() -> int:
    """Mark approvals whose last day has passed; returns how many."""
    now = timezone.now()
    due = selectors.due_to_expire(on=now.date())
    for case_id in due:
        refreshing.run_out(case_id=case_id, actor=Actor.worker("kyc"), at=now)
    return len(due)


@shared_task(name="investors.kyc.remind_due")
def remind_due() -> int:
    """Remind investors whose approval nears its last day; returns how many."""
    now = timezone.now()
    due = selectors.due_for_reminder(on=now.date())
    reminded = [refreshing.remind(case_id=case_id, actor=Actor.worker("kyc"), at=now) for case_id in due]
    return sum(days is not None for days in reminded)


@outbox_task(refreshing.MAIL)
def mail_refresh(case_id: str, about: str) -> None:
    """The e-mail of a reminder; sent again when nobody knows whether it went out."""
    refreshing.mail(case_id=UUID(case_id), about=about)


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
