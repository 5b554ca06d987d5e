"""Rebalances from the decision to the trades, and the baskets that levels are computed from."""

import uuid
from typing import Any

from django.db import models

from indices.methodologies.models import Index, MethodologyVersion
from issuance.units import UnitsField
from portal.domain.lifecycle import Lifecycle

REBALANCE = Lifecycle(
    "rebalance",
    {
        "due": {"propose": "proposed", "ask": "awaiting_approval", "stop": "stopped"},
        "stopped": {"propose": "proposed", "ask": "awaiting_approval", "stop": "stopped"},
        "awaiting_approval": {"approve": "approved", "reject": "rejected", "lapse": "lapsed"},
        "proposed": {"apply": "applied", "hold": "held"},
        "approved": {"apply": "applied", "hold": "held"},
        "held": {"apply": "applied", "hold": "held"},
    },
)
OPEN = ("due", "stopped", "proposed", "approved", "held")
"""States that will still change the index on their effective date; those that wait for approval may not."""


class Rebalance(models.Model):
    """
    One period of one index; claimed once, whoever comes first.

    reference_date  the day whose close decides;  effective_date the day whose close is traded
    reason          why it stopped, is held, or was rejected
    snapshot        SHA-256 of every figure that the decision looked at
    simulated       a figure of it rests on a simulated price
    """

    ESSENTIALS = {
        1: ("index_id", "version_id", "reference_date", "effective_date", "state", "reason", "snapshot", "simulated",
            "approval_id", "level", "turnover_minor", "cost_minor", "claimed_at", "proposed_at", "applied_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="rebalances")
    version = models.ForeignKey(MethodologyVersion, on_delete=models.PROTECT, related_name="+")
    reference_date = models.DateField()
    effective_date = models.DateField()
    state = models.CharField(max_length=20, choices=REBALANCE.choices(), default="due")
    reason = models.TextField(blank=True)
    snapshot = models.CharField(max_length=64, blank=True)
    simulated = models.BooleanField(default=False)
    approval_id = models.UUIDField(null=True)
    level = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    turnover_minor: Any = UnitsField(null=True)
    cost_minor: Any = UnitsField(null=True)
    claimed_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-reference_date"]
        constraints = [
            models.UniqueConstraint(fields=["index", "reference_date"], name="rebalance_period_once"),
            models.CheckConstraint(
                condition=models.Q(effective_date__gte=models.F("reference_date")),
                name="rebalance_not_backwards",
            ),
        ]


class Constituent(models.Model):
    """One token of the universe at a rebalance: in or out, with the reason. A table of record."""

    ESSENTIALS = {
        1: ("rebalance_id", "symbol", "included", "rank", "reasons", "price", "market_cap", "weight_ppb", "previous_ppb")
    }  # fmt: skip

    rebalance = models.ForeignKey(Rebalance, on_delete=models.PROTECT, related_name="constituents")
    symbol = models.CharField(max_length=20)
    included = models.BooleanField()
    rank = models.PositiveIntegerField(null=True)
    reasons = models.JSONField(default=list)
    price = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    market_cap = models.DecimalField(max_digits=38, decimal_places=2, null=True)
    weight_ppb = models.PositiveIntegerField(default=0)
    previous_ppb = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-weight_ppb", "rank", "symbol"]
        constraints = [models.UniqueConstraint(fields=["rebalance", "symbol"], name="constituent_once")]


class Trade(models.Model):
    """What was bought (quantity above zero) or sold; a table of record. price in 1e-18 of a dollar per token."""

    ESSENTIALS = {
        1: ("index_id", "rebalance_id", "dealing_run_id", "day", "symbol", "quantity", "price", "value_minor",
            "cost_minor")
    }  # fmt: skip

    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="trades")
    rebalance = models.ForeignKey(Rebalance, on_delete=models.PROTECT, null=True, related_name="trades")
    dealing_run_id = models.UUIDField(null=True)
    day = models.DateField()
    symbol = models.CharField(max_length=20)
    quantity = UnitsField()
    price = UnitsField()
    value_minor = UnitsField()
    cost_minor = UnitsField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rebalance", "symbol"],
                name="trade_once_per_rebalance",
                condition=models.Q(rebalance__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["dealing_run_id", "symbol"],
                name="trade_once_per_run",
                condition=models.Q(dealing_run_id__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(rebalance__isnull=False) ^ models.Q(dealing_run_id__isnull=False),
                name="trade_has_one_cause",
            ),
        ]


class Basket(models.Model):
    """
    What the level counts from the close of `effective_date` on: level = value / divisor. A table of record.

    level_before, level_after  at that close, by the basket that ends and the one that begins
    """

    ESSENTIALS = {
        1: ("index_id", "rebalance_id", "effective_date", "divisor", "level_before", "level_after", "created_at")
    }  # fmt: skip

    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="baskets")
    rebalance = models.OneToOneField(Rebalance, on_delete=models.PROTECT, related_name="basket")
    effective_date = models.DateField()
    divisor = models.DecimalField(max_digits=60, decimal_places=30)
    level_before = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    level_after = models.DecimalField(max_digits=38, decimal_places=18)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-effective_date"]
        constraints = [models.UniqueConstraint(fields=["index", "effective_date"], name="basket_day_once")]


class BasketLine(models.Model):
    """quantity in 1e-18 tokens; of cash (symbol "USD") in 1e-18 dollars."""

    ESSENTIALS = {1: ("basket_id", "symbol", "quantity")}

    basket = models.ForeignKey(Basket, on_delete=models.PROTECT, related_name="lines")
    symbol = models.CharField(max_length=20)
    quantity = UnitsField()

    class Meta:
        ordering = ["symbol"]
        constraints = [models.UniqueConstraint(fields=["basket", "symbol"], name="basket_line_once")]
