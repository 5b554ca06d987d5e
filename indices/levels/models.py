"""Levels as published."""

from django.db import models

from indices.methodologies.models import Index
from indices.rebalances.models import Basket


class Level(models.Model):
    """
    The level of a day's close. A table of record: what was published stays.

    value      of the basket, dollars
    data_hash  SHA-256 of the prices it rests on
    """

    ESSENTIALS = {
        1: ("index_id", "day", "level", "divisor", "value", "basket_id", "data_hash", "simulated", "calculated_at")
    }  # fmt: skip

    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="levels")
    day = models.DateField()
    level = models.DecimalField(max_digits=38, decimal_places=18)
    divisor = models.DecimalField(max_digits=60, decimal_places=30)
    value = models.DecimalField(max_digits=60, decimal_places=36)
    basket = models.ForeignKey(Basket, on_delete=models.PROTECT, related_name="+")
    data_hash = models.CharField(max_length=64)
    simulated = models.BooleanField()
    calculated_at = models.DateTimeField()

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["index", "day"], name="level_day_once"),
            models.CheckConstraint(
                condition=models.Q(level__gt=0) & models.Q(level__lt=10**19), name="level_positive"
            ),
        ]
