"""What rules would have done over days gone by, as it was calculated from the prices known at an instant."""

import uuid

from django.db import models

from indices.methodologies.models import Index


class Backtest(models.Model):
    """
    One calculation. A table of record: what was shown before an index was published stays.

    index           None when the rules were tried without an index
    inputs_sha256   over the rules, the span, costs, lag, the engine's number and the prices: the same inputs are
                    calculated once
    prices_sha256   over every close and capitalisation that the span could see
    known_by        figures that became known later were not looked at
    result          days, levels, net, rebalances, stops, carried; as indices.backtests.facts tells them
    """

    ESSENTIALS = {
        1: ("index_id", "fingerprint", "inputs_sha256", "prices_sha256", "result_sha256", "calculated_at")
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.ForeignKey(Index, null=True, on_delete=models.PROTECT, related_name="backtests")
    document = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    first = models.DateField()
    last = models.DateField()
    cost_bps = models.PositiveIntegerField()
    lag_days = models.PositiveIntegerField()
    engine = models.PositiveIntegerField()
    inputs_sha256 = models.CharField(max_length=64, unique=True)
    prices_sha256 = models.CharField(max_length=64)
    result_sha256 = models.CharField(max_length=64)
    result = models.JSONField()
    simulated = models.BooleanField()
    known_by = models.DateTimeField()
    calculated_at = models.DateTimeField()

    class Meta:
        ordering = ["-calculated_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(first__lte=models.F("last")), name="backtest_span"),
        ]
        indexes = [models.Index(fields=["index", "-calculated_at"], name="backtest_of_index")]
