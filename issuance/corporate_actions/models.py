"""Distributions: what holders of record are due, and the run that pays them."""

import uuid

from django.db import models
from django.db.models import F, Q

from issuance.securities.models import Security
from issuance.units import UnitsField
from portal.domain.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    "dividend",
    {
        "draft": {"announce": "announced", "cancel": "cancelled"},
        "announced": {"entitle": "entitled", "cancel": "cancelled"},
        "entitled": {"approve": "approved", "cancel": "cancelled"},
        "approved": {"start_paying": "paying"},
        "paying": {"finish": "paid"},
        "paid": {"close": "closed"},
        "closed": {},
        "cancelled": {},
    },
)


class Dividend(models.Model):
    """
    A cash dividend on one security, by pot or by an amount for each unit. Money in minor units of `currency`.
    The record date is a day of the issuer; `record_at` is its stored cut-off instant.
    """

    class Basis(models.TextChoices):
        POT = "pot", "a sum over all holdings"
        PER_UNIT = "per_unit", "an amount for each unit"

    class Rounding(models.TextChoices):
        LARGEST_REMAINDER = "largest_remainder", "cents left over go to the largest remainders"
        DOWN = "down", "every line is rounded down, the rest stays as residue"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="dividends")
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    basis = models.CharField(max_length=8, choices=Basis)
    rounding = models.CharField(max_length=20, choices=Rounding)
    pot_minor = UnitsField(null=True)
    per_unit_numerator = UnitsField(null=True)
    per_unit_denominator = UnitsField(null=True)
    ex_date = models.DateField(null=True)
    record_date = models.DateField()
    record_at = models.DateTimeField()
    payment_date = models.DateField()
    state = models.CharField(max_length=12, choices=LIFECYCLE.choices(), default="draft")
    approval_id = models.UUIDField(null=True)
    entitlements_sha256 = models.CharField(max_length=64, blank=True)
    holders = models.PositiveIntegerField(default=0)
    gross_minor = UnitsField(null=True)
    withheld_minor = UnitsField(null=True)
    net_minor = UnitsField(null=True)
    residue_minor = UnitsField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    announced_at = models.DateTimeField(null=True)
    entitled_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    paying_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-record_date", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(pot_minor=None)
                | Q(gross_minor=None)
                | Q(pot_minor=F("gross_minor") + F("residue_minor")),
                name="dividend_pot_exact",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor=None) | Q(gross_minor=F("withheld_minor") + F("net_minor")),
                name="dividend_gross_exact",
            ),
            models.CheckConstraint(condition=Q(state__in=LIFECYCLE.states), name="dividend_state_known"),
            models.CheckConstraint(condition=Q(payment_date__gte=F("record_date")), name="dividend_dates"),
        ]

    def __str__(self) -> str:
        return self.name


class PayoutChunk(models.Model):
    """A part of a payout that is one transaction under one key. Its entitlements are paid when it is."""

    id = models.BigAutoField(primary_key=True)
    dividend = models.ForeignKey(Dividend, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    holders = models.PositiveIntegerField()
    gross_minor = UnitsField()
    withheld_minor = UnitsField()
    net_minor = UnitsField()
    transaction_id = models.UUIDField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("dividend", "number")
        constraints = [
            models.UniqueConstraint(fields=["dividend", "number"], name="payout_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.dividend}"


class Entitlement(models.Model):
    """
    What one holder of record is due. A table of record: frozen when made; its chunk tells whether it is paid. There
    are no foreign keys in the database: one statement writes chunks and lines (entitlement.py), nothing is deleted.
    """

    id = models.BigAutoField(primary_key=True)
    dividend = models.ForeignKey(
        Dividend, on_delete=models.PROTECT, related_name="entitlements", db_constraint=False, db_index=False
    )
    chunk = models.ForeignKey(
        PayoutChunk, on_delete=models.PROTECT, related_name="entitlements", db_constraint=False
    )
    holder = models.CharField(max_length=64)
    quantity = UnitsField()
    rate_ppm = models.PositiveIntegerField()
    rate_reason = models.CharField(max_length=200)
    rate_source = models.CharField(max_length=200, blank=True)
    gross_minor = UnitsField()
    withheld_minor = UnitsField()
    net_minor = UnitsField()

    class Meta:
        ordering = ("dividend", "holder")
        indexes = [models.Index(fields=["holder"], name="entitlement_by_holder")]
        constraints = [
            models.UniqueConstraint(fields=["dividend", "holder"], name="entitlement_once"),
            models.CheckConstraint(
                condition=Q(gross_minor=F("withheld_minor") + F("net_minor")), name="entitlement_exact"
            ),
            models.CheckConstraint(condition=Q(net_minor__gte=0), name="entitlement_net"),
        ]

    def __str__(self) -> str:
        return f"{self.holder}: {self.net_minor}"


class TaxForm(models.Model):
    """A payee's tax form as it was filed. A table of record; the newest counts."""

    class Form(models.TextChoices):
        W9 = "w9", "W-9"
        W8 = "w8", "W-8BEN or W-8BEN-E"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    holder = models.CharField(max_length=64)
    form = models.CharField(max_length=4, choices=Form)
    residence = models.CharField(max_length=2)
    tin_on_file = models.BooleanField()
    treaty_claimed = models.BooleanField()
    filed_by = models.CharField(max_length=80)
    filed_at = models.DateTimeField()

    class Meta:
        ordering = ("-filed_at", "id")
        indexes = [models.Index(fields=["holder", "-filed_at"], name="tax_form_by_holder")]

    def __str__(self) -> str:
        return f"{self.get_form_display()} of {self.holder}"
