"""KYC case files: one per review of an investor, with its papers and everything that happened in it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from investors.domain.kyc import CASE, OPEN_STATES
from investors.profiles.models import Investor


class Case(models.Model):
    """
    One review. A refresh is a new case; the old one stays as it was decided.

    risk          the score with its parts as it was at submission, and again at the decision
    officer       who has taken the case
    approval_id   the open or decided second opinion, where the risk asks for one
    valid_until   last day an approval holds; set once approved
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=20, choices=CASE.choices(), default="draft")
    opened_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    profile_version = models.PositiveIntegerField(default=0)
    risk = models.JSONField(default=dict)
    risk_points = models.PositiveSmallIntegerField(default=0)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    question = models.TextField(blank=True)
    approval_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision_reason = models.TextField(blank=True)
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["investor"], condition=Q(state__in=sorted(OPEN_STATES)), name="kyc_case_open_once"
            ),
            models.UniqueConstraint(
                fields=["investor"], condition=Q(state="approved"), name="kyc_case_approved_once"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "expired", "superseded"])
                | Q(valid_until__isnull=False, decided_at__isnull=False, decided_by__isnull=False),
                name="kyc_case_approved_until",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | Q(decided_at__isnull=False),
                name="kyc_case_rejected_when_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at"], name="kyc_case_queue"),
            models.Index(fields=["valid_until"], condition=Q(state="approved"), name="kyc_case_due"),
            models.Index(fields=["investor", "decided_at"], name="kyc_case_by_investor"),
        ]

    def __str__(self) -> str:
        return f"KYC case {self.pk}: {self.state}"


class CaseDocument(models.Model):
    """One paper of a case by its hash. A table of record: a better copy is added beside it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="papers")
    document_id = models.UUIDField()
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    filename = models.CharField(max_length=160)
    expires_on = models.DateField(null=True)
    added_by = models.CharField(max_length=100)
    added_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "added_at"], name="kyc_document_by_case")]

    def __str__(self) -> str:
        return f"{self.kind} of case {self.case_id}"


class CaseEvent(models.Model):
    """One step or message of a case, in its order. A table of record."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    event = models.CharField(max_length=24)
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    actor = models.CharField(max_length=100)
    actor_label = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "id"], name="kyc_event_by_case")]

    def __str__(self) -> str:
        return f"{self.event} of case {self.case_id}"
