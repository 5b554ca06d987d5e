"""KYC case files: one per review of an investor, with its papers and everything that happened in it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from investors.domain.identity_checks import CHECK, UNDER_WAY
from investors.domain.kyc import CASE, OPEN_STATES
from investors.profiles.models import Investor
from portal.accounts.fields import EncryptedTextField


class Case(models.Model):
    """
    One review. A refresh is a new case; the old one stays as it was decided.

    risk          the score with its parts as it was at submission, and again at the decision
    officer       who has taken the case
    approval_id   the open or decided second opinion, where the risk asks for one
    valid_until   last day an approval holds; set once approved
    """

    ESSENTIALS = {
        1: ("investor_id", "state", "opened_at", "submitted_at", "profile_version", "risk", "risk_points", "officer_id",
            "question", "approval_id", "decided_at", "decided_by_id", "decision_reason", "valid_until")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    untold: "tuple[CaseEvent, ...]" = ()
    """Steps of this instance that no event of the trail has told of yet."""

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

    ESSENTIALS = {
        1: ("case_id", "document_id", "sha256", "kind", "filename", "expires_on", "added_by", "added_at")
    }

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

    ESSENTIALS = {1: ("case_id", "event", "before", "after", "text", "actor", "actor_label", "at")}

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


class IdentityCheck(models.Model):
    """
    One person looked at by the outside identity provider. Evidence of a case: officers decide.

    subject       "investor:<uuid>" or "related_person:<uuid>"
    reference     the provider's own
    continue_url  where the person goes on with the provider
    report        the message with the result as it came, sealed; sha256 is of its bytes
    failures      calls that got no answer, and last_error of the latest
    """

    ESSENTIALS = {
        1: ("case_id", "subject", "state", "reference", "outcome", "findings", "document_expires_on", "sha256",
            "requested_by", "requested_at", "started_at", "ended_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="identity_checks")
    subject = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=CHECK.choices(), default="requested")
    reference = models.CharField(max_length=100, blank=True)
    continue_url = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=10, blank=True)
    findings = models.JSONField(default=list)
    document_expires_on = models.DateField(null=True)
    report = EncryptedTextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    requested_by = models.CharField(max_length=100)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "subject"],
                condition=Q(state__in=sorted(UNDER_WAY)),
                name="identity_check_under_way_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="completed")
                | (~Q(outcome="") & ~Q(sha256="") & Q(ended_at__isnull=False)),
                name="identity_check_completed_with_result",
            ),
        ]
        indexes = [models.Index(fields=["case", "requested_at"], name="identity_check_by_case")]

    def __str__(self) -> str:
        return f"identity check {self.pk}: {self.state}"


class ProviderMessage(models.Model):
    """A signed message of the provider that was accepted; its id never counts again. A table of record."""

    message_id = models.CharField(max_length=200, unique=True)
    check_id = models.UUIDField(null=True)
    sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"message {self.message_id}"
