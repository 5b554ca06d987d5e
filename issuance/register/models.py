"""
The register: the master securityholder file of each security. Quantities stand in the ledger; here are the
movements with their reasons, the lots, and what is kept so that limits need no counting anew.
"""

import uuid

from django.db import models
from django.db.models import Q

from issuance.compliance.models import DecisionRecord
from issuance.securities.models import Security
from issuance.units import UnitsField


class Register(models.Model):
    """
    One row for each security: whoever moves it locks this row first. `movements` counts them.
    """

    security = models.OneToOneField(
        Security, on_delete=models.PROTECT, primary_key=True, related_name="register"
    )
    movements = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"register of {self.security.code}"


class Movement(models.Model):
    """One line of the register. A table of record. `number` counts within the security, without gaps."""

    class Kind(models.TextChoices):
        ISSUE = "issue"
        TRANSFER = "transfer"
        REDEEM = "redeem"
        FREEZE = "freeze"
        UNFREEZE = "unfreeze"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="movements")
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    source = models.CharField(max_length=64, blank=True)
    target = models.CharField(max_length=64, blank=True)
    quantity = UnitsField(null=True)
    consideration_minor = UnitsField(null=True)
    reason = models.TextField(blank=True)
    decision = models.ForeignKey(
        DecisionRecord, on_delete=models.PROTECT, null=True, related_name="movements"
    )
    transaction_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=80)
    effective_at = models.DateTimeField()

    class Meta:
        ordering = ("security", "number")
        constraints = [
            models.UniqueConstraint(fields=["security", "number"], name="movement_number_once"),
            models.CheckConstraint(condition=Q(quantity=None) | Q(quantity__gt=0), name="movement_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} of {self.security.code}"


class Lot(models.Model):
    """A part of a holding, acquired at one time under one exemption. A table of record; `LotEntry` has what is left."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="lots")
    holder = models.CharField(max_length=64)
    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, related_name="lots")
    origin = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="successors")
    acquired_on = models.DateField()
    exemption = models.CharField(max_length=16, blank=True)
    price_minor = UnitsField(null=True)
    affiliate = models.BooleanField(default=False)
    locked_until = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["security", "holder"], name="lot_by_holder")]

    def __str__(self) -> str:
        return f"lot of {self.acquired_on}"


class LotEntry(models.Model):
    """What one movement put into a lot or took out of it. A table of record; a lot holds the sum."""

    id = models.BigAutoField(primary_key=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="entries")
    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, related_name="lot_entries")
    quantity = UnitsField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "movement"], name="lot_entry_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="lot_entry_not_zero"),
        ]

    def __str__(self) -> str:
        return str(self.quantity)


class HolderOfRecord(models.Model):
    """
    Everyone who holds a security now, as the limits count him: country and accreditation as of his last purchase.
    A projection of the movements.
    """

    id = models.BigAutoField(primary_key=True)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="holders")
    holder = models.CharField(max_length=64)
    country = models.CharField(max_length=2, blank=True)
    accredited = models.BooleanField()
    frozen = models.BooleanField(default=False)
    frozen_quantity = UnitsField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["security", "holder"], name="holder_of_record_once"),
        ]

    def __str__(self) -> str:
        return self.holder


class HolderCount(models.Model):
    """How many active holders a security has, by country and accreditation. A projection of HolderOfRecord."""

    id = models.BigAutoField(primary_key=True)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="holder_counts")
    country = models.CharField(max_length=2, blank=True)
    accredited = models.BooleanField()
    holders = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["security", "country", "accredited"], name="holder_count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.holders} in {self.country or 'no country'}"
