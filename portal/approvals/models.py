"""One request for a second pair of eyes."""

import uuid

from django.db import models
from django.db.models import F, Q

from portal.domain.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    "approval",
    {"requested": {"approve": "approved", "reject": "rejected", "withdraw": "withdrawn"}},
)


class Approval(models.Model):
    """
    What the maker asks (action, subject, facts) and what the checker decided. The database refuses a checker
    who is the maker, a change of what was asked, and any change once it is decided (migration 0006).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, null=True, related_name="+"
    )
    maker = models.CharField(max_length=100)
    maker_label = models.CharField(max_length=200, blank=True)
    checker = models.CharField(max_length=100, blank=True)
    checker_label = models.CharField(max_length=200, blank=True)
    facts = models.TextField()
    state = models.CharField(max_length=10, choices=LIFECYCLE.choices(), default="requested")
    note = models.TextField(blank=True)
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(checker=F("maker")), name="approval_checker_is_not_maker"),
            models.CheckConstraint(condition=~Q(maker=""), name="approval_has_maker"),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at__isnull=True)
                | Q(state__in=("approved", "rejected", "withdrawn"), decided_at__isnull=False),
                name="approval_decided_when_not_open",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=("approved", "rejected")) & ~Q(checker=""))
                | Q(state__in=("requested", "withdrawn"), checker=""),
                name="approval_decided_by_checker",
            ),
            models.UniqueConstraint(
                fields=["action", "subject"], condition=Q(state="requested"), name="approval_open_once"
            ),
        ]
        indexes = [models.Index(fields=["subject", "action"], name="approval_by_subject")]

    def __str__(self) -> str:
        return f"{self.action} of {self.subject}: {self.state}"
