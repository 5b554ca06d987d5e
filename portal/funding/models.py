"""Money that comes in from a bank and goes out to one. The amounts owned are in the ledger; here is the paperwork."""

import uuid

from django.db import models
from django.db.models import Q

from portal.accounts.fields import EncryptedTextField
from portal.domain.lifecycle import Lifecycle

WITHDRAWAL = Lifecycle(
    "withdrawal",
    {
        "awaiting_approval": {"approve": "approved", "reject": "rejected", "cancel": "cancelled"},
        "approved": {"pay": "paid", "reject": "rejected", "cancel": "cancelled"},
        "paid": {},
        "rejected": {},
        "cancelled": {},
    },
)


class Deposit(models.Model):
    """
    Money seen on the bank statement and credited to an owner. A table of record.

    owner           "investor:<uuid>" or "issuer:<uuid>"
    amount_minor    smallest units of the currency
    bank_reference  the bank's own id of the payment; credited once, whoever enters it
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    owner = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    bank_reference = models.CharField(max_length=80, unique=True)
    transaction_id = models.UUIDField(unique=True)
    recorded_by = models.CharField(max_length=100)
    recorded_label = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="deposit_is_positive")]
        indexes = [models.Index(fields=["owner", "-at"], name="deposit_by_owner")]

    def __str__(self) -> str:
        return f"{self.bank_reference}: {self.amount_minor} {self.currency}"


class Withdrawal(models.Model):
    """
    Money on its way out: reserved when asked for, taken from the account when paid.

    destination     bank account, sealed; destination_shown is what a page may show
    reservation_id  in the ledger
    approval_id     the second opinion, above the limit
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    owner = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    account_name = EncryptedTextField()
    destination = EncryptedTextField()
    destination_shown = models.CharField(max_length=60)
    state = models.CharField(max_length=20, choices=WITHDRAWAL.choices())
    reservation_id = models.UUIDField(unique=True)
    approval_id = models.UUIDField(null=True)
    approved_by = models.CharField(max_length=100, blank=True)
    requested_by = models.CharField(max_length=100)
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True)
    bank_reference = models.CharField(max_length=80, blank=True)
    transaction_id = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="withdrawal_is_positive"),
            models.CheckConstraint(
                condition=Q(state="paid", transaction_id__isnull=False)
                | (~Q(state="paid") & Q(transaction_id__isnull=True)),
                name="withdrawal_paid_when_posted",
            ),
            models.CheckConstraint(
                condition=Q(approval_id__isnull=True)
                | ~Q(state="paid")
                | ~Q(ended_by=models.F("approved_by")),
                name="withdrawal_payer_is_not_approver",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-requested_at"], name="withdrawal_by_owner"),
            models.Index(fields=["state", "requested_at"], name="withdrawal_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency}: {self.state}"
