"""Data exports that investors asked for, and the closing of accounts."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from investors.profiles.models import Investor
from portal.domain.lifecycle import Lifecycle

EXPORT = Lifecycle(
    "data export",
    {
        "asked": {"make": "ready", "fail": "failed"},
        "ready": {"expire": "expired"},
        "expired": {},
        "failed": {},
    },
)
CLOSURE = Lifecycle(
    "request to close",
    {
        "asked": {"propose": "proposed", "refuse": "refused", "withdraw": "withdrawn"},
        "proposed": {"approve": "approved", "refuse": "refused", "withdraw": "withdrawn"},
        "approved": {},
        "refused": {},
        "withdrawn": {},
    },
)


class DataExport(models.Model):
    """A ZIP of everything held about one investor, sealed on the disk until it expires. `storage_key` names the file."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=EXPORT.choices(), default="asked")
    asked_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    storage_key = models.CharField(max_length=64, blank=True)
    downloads = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "investors_data_export"
        constraints = [
            models.UniqueConstraint(
                fields=["investor"], condition=Q(state="asked"), name="data_export_asked_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(expires_at__isnull=False, size__gt=0),
                name="data_export_ready_until",
            ),
        ]
        indexes = [models.Index(fields=["investor", "-asked_at"], name="data_export_by_investor")]

    def __str__(self) -> str:
        return f"{self.state} of {self.investor_id}"


class Closure(models.Model):
    """
    An investor's wish to close his account, the two officers' decision, what was erased and what is kept until when.

    kept  retention class -> ISO date of the last day
    """

    ESSENTIALS = {
        1: ("investor_id", "state", "wish", "asked_at", "approval_id", "decided_at", "decided_by_id", "reason", "kept",
            "erased", "retained_until", "erasable_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=CLOSURE.choices(), default="asked")
    wish = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    approval_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    kept = models.JSONField(default=dict)
    erased = ArrayField(models.CharField(max_length=80), default=list)
    retained_until = models.DateField(null=True)
    erasable_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["investor"],
                condition=Q(state__in=("asked", "proposed", "approved")),
                name="closure_under_way_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(retained_until__isnull=False),
                name="closure_keeps_until_a_day",
            ),
        ]
        indexes = [models.Index(fields=["state", "asked_at"], name="closure_queue")]

    def __str__(self) -> str:
        return f"{self.state} of {self.investor_id}"
