"""Indices and their rules as versioned, dated data."""

import uuid

from django.db import models

from portal.domain.lifecycle import Lifecycle

INDEX = Lifecycle(
    "index",
    {
        "draft": {"launch": "live"},
        "live": {"suspend": "suspended", "terminate": "terminated"},
        "suspended": {"resume": "live", "terminate": "terminated"},
    },
)


class Index(models.Model):
    """code names it for people and in the ledger ("unit:<code>"); base_date and base_level begin its history."""

    ESSENTIALS = {
        1: ("code", "name", "summary", "theme", "state", "base_date", "base_level", "unit_instrument_id", "created_by",
            "created_at", "launched_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    summary = models.TextField(blank=True)
    theme = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=INDEX.choices(), default="draft")
    base_date = models.DateField()
    base_level = models.DecimalField(max_digits=20, decimal_places=8)
    unit_instrument_id = models.BigIntegerField(null=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    launched_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "indices"
        constraints = [
            models.CheckConstraint(condition=models.Q(base_level__gt=0), name="index_base_level_positive"),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(unit_instrument_id__isnull=False),
                name="index_live_has_units",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class MethodologyVersion(models.Model):
    """In force from its day until the next version's. A table of record: a change is another version."""

    ESSENTIALS = {
        1: ("index_id", "number", "document", "fingerprint", "effective_from", "note", "created_by", "created_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    effective_from = models.DateField()
    note = models.TextField(blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["index", "number"]
        constraints = [
            models.UniqueConstraint(fields=["index", "number"], name="methodology_number_once"),
        ]
