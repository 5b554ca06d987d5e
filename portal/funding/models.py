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
        "approved": {"pay": "paid", "send": "sent", "reject": "rejected", "cancel": "cancelled"},
        "sent": {"pay": "paid", "return": "returned"},
        "paid": {"return": "returned"},
        "returned": {},
        "rejected": {},
        "cancelled": {},
    },
)


LINE = Lifecycle(
    "statement line",
    {
        # Money in: credited at once, or in suspense until two people have said whose it is.
        "credited": {},
        "suspense": {"propose": "proposed", "propose_return": "return_proposed"},
        "proposed": {"assign": "assigned", "reject": "suspense"},
        "return_proposed": {"allow": "returning", "reject": "suspense"},
        "returning": {"leave": "returned"},
        "assigned": {},
        "returned": {},
        # Money out: it completes what was sent, or waits for an explanation.
        "unexplained": {"explain": "settled"},
        "settled": {},
    },
)


class Deposit(models.Model):
    """
    Money seen on the bank statement and credited to an owner. A table of record.

    owner           "investor:<uuid>" or "issuer:<uuid>"
    amount_minor    smallest units of the currency
    bank_reference  the bank's own id of the payment; credited once, whoever enters it
    """

    ESSENTIALS = {
        1: ("key", "owner", "currency", "amount_minor", "bank_reference", "transaction_id", "recorded_by",
            "recorded_label", "at")
    }  # fmt: skip

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
    bank_account_id the investor's verified bank account it goes to, as the room above names it
    organisation    the account's holder is no natural person: the payment file says so
    reservation_id  in the ledger
    approval_id     the second opinion, above the limit
    """

    ESSENTIALS = {
        1: ("key", "owner", "currency", "amount_minor", "state", "reservation_id", "approval_id", "approved_by",
            "requested_by", "requested_at", "ended_at", "ended_by", "reason", "bank_reference", "transaction_id")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    owner = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    account_name = EncryptedTextField()
    destination = EncryptedTextField()
    destination_shown = models.CharField(max_length=60)
    bank_account_id = models.UUIDField(null=True)
    organisation = models.BooleanField(default=False)
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
                | Q(state="returned")
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


class CashReference(models.Model):
    """What an owner writes into a transfer so that it reaches one of his cash accounts. A table of record."""

    reference = models.CharField(primary_key=True, max_length=16)
    owner = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "currency"], name="one_reference_per_account")
        ]

    def __str__(self) -> str:
        return self.reference


class StatementFile(models.Model):
    """A bank statement file as it was handed in; the same bytes come in once. A table of record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    document_id = models.UUIDField(unique=True)
    format = models.CharField(max_length=20)
    filename = models.CharField(max_length=160)
    imported_by = models.CharField(max_length=100)
    imported_label = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.filename


class Statement(models.Model):
    """
    One statement of a file. A table of record.

    account          as the house's account is identified in settings
    opening, closing smallest units, below zero when overdrawn; null where a CSV file told none
    lines_seen       lines of the statement; lines_new of them had not come with another file
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="statements")
    account = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=60, blank=True)
    first_on = models.DateField()
    last_on = models.DateField()
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    lines_seen = models.PositiveIntegerField()
    lines_new = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["currency", "-last_on"], name="statement_by_currency")]

    def __str__(self) -> str:
        return f"{self.account} {self.last_on}"


class StatementLine(models.Model):
    """
    One booking of a statement, once, however many files tell it. A table of record.

    fingerprint   what tells it from every other line: account, day, amount, the bank's reference or else the text,
                  and which of several alike in a file it is
    sha256        of all that was read of it
    amount_minor  above zero for money in, below for money out
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    booked_on = models.DateField()
    valued_on = models.DateField()
    bank_reference = models.CharField(max_length=80, blank=True)
    end_to_end = models.CharField(max_length=80, blank=True)
    counterparty = EncryptedTextField(blank=True)
    counterparty_account = EncryptedTextField(blank=True)
    text = EncryptedTextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="statement_line_moves_money")
        ]

    def __str__(self) -> str:
        return f"{self.booked_on}: {self.amount_minor} {self.currency}"


class LineMatter(models.Model):
    """
    What became of a line.

    why             how it was matched, or why not
    deposit_id      the deposit it was credited as
    withdrawal_id   what it paid out, or brought back; payment_file_id where one booking paid a whole file
    proposed_owner  whose a second person is asked to agree it is
    transaction_id  in the ledger: into suspense, or what the line did where it never was there
    ended_transaction_id  out of suspense
    """

    line = models.OneToOneField(
        StatementLine, on_delete=models.PROTECT, primary_key=True, related_name="matter"
    )
    state = models.CharField(max_length=20, choices=LINE.choices())
    why = models.TextField(blank=True)
    owner = models.CharField(max_length=60, blank=True)
    deposit_id = models.UUIDField(null=True, unique=True)
    withdrawal_id = models.UUIDField(null=True)
    payment_file_id = models.UUIDField(null=True)
    transaction_id = models.UUIDField(null=True)
    ended_transaction_id = models.UUIDField(null=True)
    approval_id = models.UUIDField(null=True)
    proposed_owner = models.CharField(max_length=60, blank=True)
    proposed_by = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["state", "at"], name="line_queue")]

    def __str__(self) -> str:
        return self.state


class PaymentFile(models.Model):
    """An order to the bank to pay a batch of withdrawals. A table of record; what became of it its items tell."""

    ESSENTIALS = {
        1: ("code", "format", "currency", "count", "total_minor", "execute_on", "document_id", "sha256", "made_by",
            "made_label", "at")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=15, unique=True)
    format = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    count = models.PositiveIntegerField()
    total_minor = models.BigIntegerField()
    execute_on = models.DateField()
    document_id = models.UUIDField(unique=True)
    sha256 = models.CharField(max_length=64)
    made_by = models.CharField(max_length=100)
    made_label = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class PaymentItem(models.Model):
    """One withdrawal in the one file it is ever in. A table of record."""

    ESSENTIALS = {1: ("withdrawal_id", "file_id", "end_to_end")}

    withdrawal = models.OneToOneField(
        Withdrawal, on_delete=models.PROTECT, primary_key=True, related_name="payment"
    )
    file = models.ForeignKey(PaymentFile, on_delete=models.PROTECT, related_name="items")
    end_to_end = models.CharField(max_length=15, unique=True)

    def __str__(self) -> str:
        return self.end_to_end
