"""Beat's part in the outbox."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from portal.outbox import services


@shared_task(name="portal.outbox.resend_lost")
def resend_lost() -> None:
    """Send again what was sent long ago and never finished."""
    services.resend_lost(at=timezone.now(), after=timedelta(seconds=settings.OUTBOX_RESEND_AFTER_SECONDS))
