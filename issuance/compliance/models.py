"""The rules that bind each security, version by version, and every decision they have given."""

import uuid

from django.db import models

from issuance.securities.models import Security


class RuleSetVersion(models.Model):
    """The rules of a security from one instant on. A table of record: a change is the next version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="rule_sets")
    version = models.PositiveIntegerField()
    rules = models.JSONField()
    reason = models.TextField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        ordering = ("security", "-version")
        constraints = [
            models.UniqueConstraint(fields=["security", "version"], name="rule_set_version_once"),
        ]

    def __str__(self) -> str:
        return f"rules of {self.security.code}, version {self.version}"


class DecisionRecord(models.Model):
    """
    One decision: the facts, every finding, the verdict. A table of record, for attempts allowed and refused.
    `subject` is what was asked for ("subscription:<uuid>", "transfer:<key>").
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="decisions")
    rule_set = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=16)
    subject = models.CharField(max_length=80, db_index=True)
    holder = models.CharField(max_length=64, blank=True, db_index=True)
    passed = models.BooleanField()
    facts = models.JSONField()
    findings = models.JSONField()
    decided_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        ordering = ("-decided_at", "id")
        indexes = [models.Index(fields=["security", "-decided_at"], name="decision_by_security")]

    def __str__(self) -> str:
        return f"{'passed' if self.passed else 'refused'}: {self.subject}"
