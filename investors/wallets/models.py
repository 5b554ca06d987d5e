"""Addresses that investors proved to be theirs, the messages they were asked to sign, and addresses that lists name."""

import uuid

from django.db import models
from django.db.models import Q

from investors.profiles.models import Investor
from portal.domain.lifecycle import Lifecycle

WALLET = Lifecycle(
    "wallet",
    {
        "active": {"retire": "retired", "block": "blocked"},
        "blocked": {"release": "active"},
        "retired": {},
    },
)


class Challenge(models.Model):
    """A message with a nonce that is good once, for one investor, for a short time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="+")
    nonce = models.CharField(max_length=64, unique=True)
    address = models.CharField(max_length=42)
    chain_id = models.BigIntegerField()
    message = models.TextField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "investors_wallet_challenge"
        indexes = [models.Index(fields=["investor", "-issued_at"], name="wallet_challenge_by_investor")]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("issued_at")), name="challenge_ends")
        ]

    def __str__(self) -> str:
        return self.nonce


class Wallet(models.Model):
    """
    An address, who proved it and how: message and signature stay, so that anybody can recover the address from them.
    One address belongs to one investor at a time.
    """

    ESSENTIALS = {
        1: ("investor_id", "address", "chain_id", "message", "signature", "state", "listed", "proved_at", "retired_at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="wallets")
    address = models.CharField(max_length=42)
    chain_id = models.BigIntegerField()
    label = models.CharField(max_length=60, blank=True)
    message = models.TextField()
    signature = models.CharField(max_length=132)
    state = models.CharField(max_length=8, choices=WALLET.choices(), default="active")
    listed = models.CharField(max_length=180, blank=True)
    proved_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address"], condition=~Q(state="retired"), name="wallet_of_one_investor"
            ),
            models.CheckConstraint(
                condition=Q(state="retired", retired_at__isnull=False)
                | (~Q(state="retired") & Q(retired_at__isnull=True)),
                name="wallet_retired_when_told",
            ),
            models.CheckConstraint(
                condition=~Q(state="blocked") | ~Q(listed=""), name="wallet_blocked_by_a_list"
            ),
        ]
        indexes = [models.Index(fields=["investor", "-proved_at"], name="wallet_by_investor")]

    def __str__(self) -> str:
        return self.address


class ListedAddress(models.Model):
    """
    An address that a sanctions list names. It stays when a later list leaves it out, with the date of that list.

    key  the address as it is compared: lower case where it is hexadecimal, as published elsewhere
    """

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    address = models.CharField(max_length=120)
    currency = models.CharField(max_length=12)
    reference = models.CharField(max_length=80)
    list_date = models.DateField()
    listed_at = models.DateTimeField()
    removed_on = models.DateField(null=True)

    class Meta:
        db_table = "investors_listed_address"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "key"], condition=Q(removed_on=None), name="address_listed_once"
            )
        ]
        indexes = [models.Index(fields=["key"], condition=Q(removed_on=None), name="address_listed_now")]

    def __str__(self) -> str:
        return f"{self.source} {self.reference}"
