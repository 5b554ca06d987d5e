"""
The books. Every row here is written by the SQL functions of migration 0005 and by nothing else: the
application's role may read these tables and call the functions (docs/adr/0003).

There are no foreign keys between entries and accounts: the functions join them when they write, nothing can be
deleted, and a check per row would cost a third of the posting rate. `manage.py verify` looks for strays.
"""

from django.db import models


class Instrument(models.Model):
    code = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16)
    scale = models.SmallIntegerField()
    name = models.CharField(max_length=200)

    class Meta:
        db_table = "ledger_instrument"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scale__gte=0, scale__lte=18), name="ledger_scale_0_to_18"
            ),
        ]


class Purpose(models.Model):
    """The chart of purposes (portal/ledger/chart.py) where the database can see it."""

    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=16)
    may_go_negative = models.BooleanField()

    class Meta:
        db_table = "ledger_purpose"
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="ledger_purpose_once")]


class Account(models.Model):
    """label = owner|purpose|subject|instrument code: how hashes and people name the account."""

    owner = models.CharField(max_length=80)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=16)
    subject = models.CharField(max_length=80, blank=True)
    label = models.CharField(max_length=260, unique=True)
    may_go_negative = models.BooleanField()

    class Meta:
        db_table = "ledger_account"
        indexes = [models.Index(fields=["instrument", "purpose"], name="ledger_account_by_instrument")]


class Balance(models.Model):
    """
    A projection of the entries and reservations, kept by the functions under a row lock. label, instrument and
    may_go_negative repeat the account's, so that a posting reads one row per leg; `manage.py verify` compares them.
    """

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, primary_key=True, related_name="balance"
    )
    posted = models.DecimalField(max_digits=38, decimal_places=0)
    reserved = models.DecimalField(max_digits=38, decimal_places=0)
    may_go_negative = models.BooleanField()
    last_effective_at = models.DateTimeField()
    label = models.CharField(max_length=260)
    instrument = models.ForeignKey(
        Instrument, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        db_table = "ledger_balance"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(may_go_negative=True) | models.Q(posted__gte=models.F("reserved")),
                name="ledger_balance_covers",
            ),
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="ledger_reserved_not_negative"),
        ]


class Transaction(models.Model):
    """The header of a posting; it declares its number of entries and the database transaction that made it."""

    transaction_id = models.UUIDField(unique=True)
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=64)
    reference = models.CharField(max_length=120)
    memo = models.CharField(max_length=400, blank=True)
    body_hash = models.BinaryField()
    entry_count = models.IntegerField()
    event = models.BigIntegerField(unique=True)
    effective_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_transaction"
        indexes = [models.Index(fields=["reference"], name="ledger_tx_by_reference")]
        constraints = [
            models.CheckConstraint(condition=models.Q(entry_count__gte=2), name="ledger_two_entries"),
            models.UniqueConstraint(fields=["key"], name="ledger_transaction_key_once"),
        ]


class Entry(models.Model):
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="entries", db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    instrument = models.ForeignKey(
        Instrument, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    amount = models.DecimalField(max_digits=38, decimal_places=0)
    balance_after = models.DecimalField(max_digits=38, decimal_places=0)
    effective_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_entry"
        indexes = [models.Index(fields=["account", "effective_at", "id"], name="ledger_entry_by_account")]


class Reservation(models.Model):
    """An amount set aside. It ends with a row in ReservationEnd, never by a change here."""

    reservation_id = models.UUIDField(unique=True)
    key = models.CharField(max_length=200, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="reservations")
    amount = models.DecimalField(max_digits=38, decimal_places=0)
    reference = models.CharField(max_length=120)
    event = models.BigIntegerField()
    reserved_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_reservation"
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="ledger_reserve_positive")
        ]


class ReservationEnd(models.Model):
    """settled: what was taken of the reserved amount; 0 when it was released."""

    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, primary_key=True, related_name="end"
    )
    settled = models.DecimalField(max_digits=38, decimal_places=0)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, null=True, related_name="+")
    event = models.BigIntegerField()
    ended_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_reservation_end"
