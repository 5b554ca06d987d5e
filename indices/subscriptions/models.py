"""Orders for units, and the runs in which they are dealt."""

import uuid
from typing import Any

from django.db import models

from indices.methodologies.models import Index
from issuance.units import UnitsField
from portal.domain.lifecycle import Lifecycle

ORDER = Lifecycle(
    "order",
    {"placed": {"settle": "settled", "cancel": "cancelled", "refuse": "refused"}},
)
RUN = Lifecycle("dealing run", {"priced": {"settle": "settled"}})


class DealingRun(models.Model):
    """
    All orders of one index at one day's close.

    nav_minor, units_before  of the fund at that close before anybody came or went: the price of the run
    pot_minor                cash set aside for the redemptions; null until it is
    """

    ESSENTIALS = {
        1: ("index_id", "day", "state", "nav_minor", "units_before", "fee_units", "pot_minor", "price", "created_units",
            "redeemed_units", "paid_in_minor", "paid_out_minor", "simulated", "priced_at", "settled_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="dealing_runs")
    day = models.DateField()
    state = models.CharField(max_length=8, choices=RUN.choices(), default="priced")
    nav_minor = UnitsField()
    units_before = UnitsField()
    fee_units = UnitsField(default=0)
    pot_minor: Any = UnitsField(null=True)
    price = models.DecimalField(max_digits=30, decimal_places=8)
    created_units: Any = UnitsField(default=0)
    redeemed_units: Any = UnitsField(default=0)
    paid_in_minor: Any = UnitsField(default=0)
    paid_out_minor: Any = UnitsField(default=0)
    simulated = models.BooleanField()
    priced_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["index", "day"], name="dealing_day_once"),
            models.UniqueConstraint(
                fields=["index"], name="dealing_one_open", condition=models.Q(state="priced")
            ),
        ]


class Order(models.Model):
    """
    To create units for an amount of cash, or to redeem a number of units, at the close of `dealing_day`.

    decision  every finding of the rules when it was placed
    """

    ESSENTIALS = {
        1: ("index_id", "investor_id", "kind", "amount_minor", "units", "state", "reason", "dealing_day",
            "reservation_id", "decision", "units_settled", "cash_settled_minor", "fee_minor", "transaction_id",
            "placed_at", "settled_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="orders")
    investor_id = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=8, choices=[("create", "create"), ("redeem", "redeem")])
    amount_minor: Any = UnitsField(null=True)
    units: Any = UnitsField(null=True)
    state = models.CharField(max_length=10, choices=ORDER.choices(), default="placed")
    reason = models.TextField(blank=True)
    dealing_day = models.DateField()
    reservation_id = models.UUIDField(null=True)
    decision = models.JSONField()
    run = models.ForeignKey(DealingRun, on_delete=models.PROTECT, null=True, related_name="orders")
    units_settled: Any = UnitsField(null=True)
    cash_settled_minor: Any = UnitsField(null=True)
    fee_minor: Any = UnitsField(null=True)
    transaction_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(kind="create", amount_minor__isnull=False, amount_minor__gt=0)
                    | models.Q(kind="redeem", units__isnull=False, units__gt=0)
                ),
                name="order_asks_for_something",
            ),
        ]
        indexes = [models.Index(fields=["index", "state", "dealing_day"], name="order_by_dealing_day")]


class StreamedFee(models.Model):
    """Units minted for the house up to an instant; a table of record."""

    ESSENTIALS = {1: ("index_id", "until", "units", "supply_before")}

    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="streamed_fees")
    until = models.DateTimeField()
    units = UnitsField()
    supply_before = UnitsField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["index", "until"], name="streamed_fee_once")]
