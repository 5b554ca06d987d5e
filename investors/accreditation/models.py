"""Accreditation as determination records: what was judged, by which method, on which papers, by whom, for whom."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from investors.profiles.models import Investor
from portal.domain.lifecycle import Lifecycle

REQUEST = Lifecycle(
    "accreditation request",
    {
        "draft": {"submit": "open", "withdraw": "withdrawn"},
        "open": {"decide": "decided", "withdraw": "withdrawn"},
    },
)


class Request(models.Model):
    """An investor asks to be determined accredited, on a basis, by a method; for one issuer or for any."""

    ESSENTIALS = {
        1: (
            "investor_id",
            "basis",
            "method",
            "issuer_id",
            "state",
            "created_at",
            "submitted_at",
            "decided_at",
        )
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="accreditation_requests")
    basis = models.CharField(max_length=12)
    method = models.CharField(max_length=24)
    issuer_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=REQUEST.choices(), default="draft")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "investors_accreditation_request"
        constraints = [
            models.UniqueConstraint(
                fields=["investor"],
                condition=Q(state__in=["draft", "open"]),
                name="accreditation_request_open_once",
            )
        ]
        indexes = [models.Index(fields=["state", "submitted_at"], name="accreditation_queue")]

    def __str__(self) -> str:
        return f"{self.basis} by {self.method}: {self.state}"


class RequestPaper(models.Model):
    """One paper handed in with a request. A table of record."""

    ESSENTIALS = {
        1: ("request_id", "document_id", "sha256", "kind", "filename", "dated", "tax_year", "added_by", "added_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="papers")
    document_id = models.UUIDField()
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    filename = models.CharField(max_length=160)
    dated = models.DateField()
    tax_year = models.PositiveSmallIntegerField(null=True)
    added_by = models.CharField(max_length=100)
    added_at = models.DateTimeField()

    class Meta:
        db_table = "investors_accreditation_paper"
        constraints = [
            models.CheckConstraint(
                condition=Q(tax_year__isnull=True) | Q(tax_year__gte=1990, tax_year__lte=2200),
                name="accreditation_paper_tax_year",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.dated}"


class Representation(models.Model):
    """A written representation: its text, by whom, when, for which issuer. A table of record."""

    ESSENTIALS = {1: ("investor_id", "issuer_id", "kinds", "text", "sha256", "actor", "actor_label", "at")}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="representations")
    issuer_id = models.UUIDField(null=True)
    kinds = ArrayField(models.CharField(max_length=32))
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    actor = models.CharField(max_length=100)
    actor_label = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["investor", "-at"], name="representation_by_investor")]

    def __str__(self) -> str:
        return f"{', '.join(self.kinds)} at {self.at}"


class Determination(models.Model):
    """
    What an officer determined. A table of record: a mistake is revoked by its own row, never edited.

    findings        canonical JSON of every finding the decision rests on
    verified        the method is a reasonable step to verify in the sense of Rule 506(c)
    evidence_dated  the oldest paper; null where the method rests on representations
    evidence_until  evidence clock: last day of a sale that the evidence supports
    reuse_until     re-use clock, for the issuer named; null where determined for any issuer
    """

    ESSENTIALS = {
        1: ("investor_id", "request_id", "accredited", "basis", "method", "verified", "issuer_id", "findings",
            "evidence_dated", "evidence_until", "reuse_until", "decided_by_id", "decided_label", "reason", "decided_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="determinations")
    request = models.OneToOneField(Request, on_delete=models.PROTECT, null=True, related_name="determination")
    accredited = models.BooleanField()
    basis = models.CharField(max_length=12)
    method = models.CharField(max_length=24)
    verified = models.BooleanField()
    issuer_id = models.UUIDField(null=True)
    findings = models.TextField()
    evidence_dated = models.DateField(null=True)
    evidence_until = models.DateField(null=True)
    reuse_until = models.DateField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_label = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reuse_until__isnull=True) | Q(issuer_id__isnull=False),
                name="determination_reused_by_its_issuer",
            )
        ]
        indexes = [models.Index(fields=["investor", "-decided_at"], name="determination_by_investor")]

    def __str__(self) -> str:
        return f"{self.basis} by {self.method}: {self.accredited}"


class DeterminationEvidence(models.Model):
    """One paper that a determination rests on, by hash. A table of record."""

    ESSENTIALS = {
        1: ("determination_id", "kind", "dated", "tax_year", "document_id", "representation_id", "sha256")
    }

    determination = models.ForeignKey(Determination, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=32)
    dated = models.DateField()
    tax_year = models.PositiveSmallIntegerField(null=True)
    document_id = models.UUIDField(null=True)
    representation = models.ForeignKey(Representation, on_delete=models.PROTECT, null=True, related_name="+")
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "investors_determination_evidence"
        constraints = [
            models.CheckConstraint(
                condition=Q(document_id__isnull=False, representation__isnull=True)
                | Q(document_id__isnull=True, representation__isnull=False),
                name="determination_evidence_is_one_paper",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.dated}"


class Revocation(models.Model):
    """A determination is withdrawn, from an instant on, with the reason. A table of record."""

    ESSENTIALS = {1: ("determination_id", "actor", "actor_label", "reason", "at")}

    determination = models.OneToOneField(Determination, on_delete=models.PROTECT, related_name="revocation")
    actor = models.CharField(max_length=100)
    actor_label = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "investors_determination_revocation"

    def __str__(self) -> str:
        return f"revoked at {self.at}"
