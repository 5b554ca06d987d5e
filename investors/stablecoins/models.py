"""Transfers of a stablecoin to the house's address, and how far the chain has been read."""

import uuid

from django.db import models
from django.db.models import Q

from portal.domain.lifecycle import Lifecycle

TRANSFER = Lifecycle("stablecoin transfer", {"held": {"credit": "credited"}, "credited": {}, "empty": {}})


class StablecoinTransfer(models.Model):
    """
    One Transfer event, known by its place in the chain. Held in suspense until its sender is somebody's proved
    wallet; "empty" where nothing was moved.
    """

    ESSENTIALS = {
        1: ("chain_id", "contract", "transaction", "log_index", "block", "block_hash", "sender", "amount", "state",
            "investor_id", "seen_at", "credited_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain_id = models.BigIntegerField()
    contract = models.CharField(max_length=42)
    transaction = models.CharField(max_length=66)
    log_index = models.IntegerField()
    block = models.BigIntegerField()
    block_hash = models.CharField(max_length=66)
    sender = models.CharField(max_length=42)
    amount = models.DecimalField(max_digits=38, decimal_places=0)
    state = models.CharField(max_length=8, choices=TRANSFER.choices(), default="held")
    investor_id = models.UUIDField(null=True)
    seen_at = models.DateTimeField()
    credited_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "investors_stablecoin_transfer"
        constraints = [
            models.UniqueConstraint(
                fields=["chain_id", "transaction", "log_index"], name="stablecoin_transfer_once"
            ),
            models.CheckConstraint(
                condition=Q(state="credited", investor_id__isnull=False, credited_at__isnull=False)
                | (~Q(state="credited") & Q(investor_id__isnull=True, credited_at__isnull=True)),
                name="stablecoin_credited_to_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["sender"], condition=Q(state="held"), name="stablecoin_held_by_sender")
        ]

    def __str__(self) -> str:
        return f"{self.transaction}:{self.log_index}"


class ChainCursor(models.Model):
    """The last block that was read of a chain's contract, with its hash: if the chain tells another one, it was rewritten."""

    chain_id = models.BigIntegerField()
    contract = models.CharField(max_length=42)
    receiver = models.CharField(max_length=42)
    block = models.BigIntegerField()
    block_hash = models.CharField(max_length=66)

    class Meta:
        db_table = "investors_chain_cursor"
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "contract", "receiver"], name="chain_cursor_once")
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} to {self.block}"
