"""What was observed, when, and when it became known. Observations are added to, never changed."""

import uuid

from django.db import models

from indices.domain.token_events import KINDS


class Asset(models.Model):
    """
    A token that prices are kept for. `symbol` is ours and never reused: where a market gives a ticker to another
    token, the other token gets another symbol here.
    """

    ESSENTIALS = {1: ("symbol", "name", "sector", "pegged", "delisted_on", "created_at")}

    symbol = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    sector = models.CharField(max_length=40, blank=True)
    pegged = models.BooleanField(default=False)
    delisted_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["symbol"]

    def __str__(self) -> str:
        return self.symbol


class ImportBatch(models.Model):
    """
    One delivery of observations.

    known_basis  how `known_at` of its rows came about: "stated" in the delivery, "assumed" so long after each
                 close, or "arrival" when the delivery came in
    outranked    rows that differ from a price of a source that stands higher, which stays
    passed_over  lines that tell of no price
    faults       the rows that were not taken: [{"line": 3, "field": "close", "message": "…"}], at most 1,000
    """

    ESSENTIALS = {
        1: ("source", "filename", "sha256", "known_basis", "simulated", "accepted", "unchanged", "refused", "faults",
            "imported_at"),
        2: ("source", "filename", "sha256", "known_basis", "simulated", "accepted", "unchanged", "refused",
            "outranked", "passed_over", "faults", "imported_at"),
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=80)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    known_basis = models.CharField(
        max_length=8, choices=[(basis, basis) for basis in ("stated", "assumed", "arrival")]
    )
    simulated = models.BooleanField(default=False)
    accepted = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    outranked = models.PositiveIntegerField(default=0)
    passed_over = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-imported_at"]
        verbose_name_plural = "import batches"


class Observation(models.Model):
    """
    A day's close of a token, from a source. A correction is another row, known later; so is the exclusion of a
    price: from then on there is none of the day.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="observations")
    day = models.DateField()
    close = models.DecimalField(max_digits=38, decimal_places=18)
    market_cap = models.DecimalField(max_digits=38, decimal_places=2, null=True)
    supply = models.DecimalField(max_digits=38, decimal_places=8, null=True)
    observed_at = models.DateTimeField()
    known_at = models.DateTimeField()
    source = models.CharField(max_length=80)
    simulated = models.BooleanField(default=False)
    excluded = models.BooleanField(default=False)
    batch = models.ForeignKey(
        ImportBatch, on_delete=models.PROTECT, related_name="observations", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "day", "known_at"], name="observation_once"),
            # NaN is above every number in PostgreSQL, so an upper bound keeps it out.
            models.CheckConstraint(
                condition=models.Q(close__gt=0) & models.Q(close__lt=10**15),
                name="observation_close_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(market_cap__isnull=True)
                | (models.Q(market_cap__gte=0) & models.Q(market_cap__lt=10**20)),
                name="observation_cap_number",
            ),
            models.CheckConstraint(
                condition=models.Q(supply__isnull=True)
                | (models.Q(supply__gte=0) & models.Q(supply__lt=10**28)),
                name="observation_supply_number",
            ),
            models.CheckConstraint(
                condition=models.Q(known_at__gte=models.F("observed_at")), name="observation_known_after"
            ),
        ]
        indexes = [models.Index(fields=["day", "asset"], name="observation_by_day")]


class PriceFinding(models.Model):
    """
    A price that looks wrong, or one that lacks, for a person to decide.

    kind      outlier | frozen | stale | disagreement
    close     the price in question; None where one lacks
    expected  what stands beside it: the day before's close, or another source's
    """

    ESSENTIALS = {
        1: ("asset_id", "day", "kind", "close", "expected", "source", "message", "found_at", "state", "reason",
            "decided_by", "decided_at", "batch_id")
    }  # fmt: skip
    KINDS = ("outlier", "frozen", "stale", "disagreement")
    STATES = ("open", "kept", "corrected", "excluded")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in KINDS])
    close = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    expected = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    source = models.CharField(max_length=80)
    message = models.CharField(max_length=300)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=[(state, state) for state in STATES], default="open")
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["-day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "day", "kind", "close"], nulls_distinct=False, name="finding_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at__isnull=True, reason="")
                | (~models.Q(state="open") & models.Q(decided_at__isnull=False) & ~models.Q(reason="")),
                name="finding_decided_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["state", "-day"], name="finding_by_state")]


class TokenEventRecord(models.Model):
    """
    What happened to a token (indices.domain.token_events says what each kind does). An event recorded in error is
    withdrawn by another row, known later; decisions made between the two stay as they were.
    """

    ESSENTIALS = {
        1: ("kind", "asset_id", "related_id", "day", "old", "new", "source", "known_at", "withdraws_id")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in KINDS])
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    related = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+", null=True)
    day = models.DateField()
    old = models.BigIntegerField(default=1)
    new = models.BigIntegerField(default=1)
    source = models.CharField(max_length=300)
    known_at = models.DateTimeField()
    withdraws = models.OneToOneField("self", on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["-day", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(old__gt=0, new__gt=0), name="token_event_ratio"),
            models.CheckConstraint(
                condition=~models.Q(asset=models.F("related")), name="token_event_two_tokens"
            ),
        ]
