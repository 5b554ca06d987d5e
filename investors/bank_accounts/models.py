"""Bank accounts of investors: where money may be paid out to, once somebody has seen whose they are."""

import uuid

from django.db import models
from django.db.models import Q

from portal.accounts.fields import EncryptedTextField
from portal.domain.lifecycle import Lifecycle

BANK_ACCOUNT = Lifecycle(
    "bank account",
    {
        "added": {"verify": "verified", "refuse": "refused", "retire": "retired"},
        "verified": {"retire": "retired"},
        "refused": {},
        "retired": {},
    },
)


class BankAccount(models.Model):
    """
    One bank account of an investor.

    account      IBAN, or US routing number, slash, account number; sealed, as is the holder's name
    shown        what a page may show of it
    name_match   how the holder's name compares with the investor's: same, close or different
    usable_from  when money may first go there: the cooling-off after it was added
    method       evidence | incoming_transfer; what verified it. evidence_id is a document or a statement line
    """

    ESSENTIALS = {
        1: ("investor_id", "bic", "name_match", "organisation", "state", "added_by", "added_at", "usable_from", "method",
            "evidence_id", "decided_by", "decided_at", "ended_at", "reason")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey("investors.Investor", on_delete=models.PROTECT, related_name="bank_accounts")
    account = EncryptedTextField()
    holder = EncryptedTextField()
    bic = models.CharField(max_length=11, blank=True)
    shown = models.CharField(max_length=60)
    name_match = models.CharField(max_length=10)
    organisation = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=BANK_ACCOUNT.choices())
    added_by = models.CharField(max_length=100)
    added_at = models.DateTimeField()
    usable_from = models.DateTimeField()
    method = models.CharField(max_length=20, blank=True)
    evidence_id = models.UUIDField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="verified")
                | Q(method__in=("evidence", "incoming_transfer"), evidence_id__isnull=False),
                name="bank_account_verified_on_evidence",
            ),
            models.CheckConstraint(
                condition=Q(usable_from__gte=models.F("added_at")), name="bank_account_cools_off"
            ),
        ]
        indexes = [
            models.Index(fields=["investor", "state"], name="bank_account_by_investor"),
            models.Index(fields=["state", "added_at"], name="bank_account_queue"),
        ]

    def __str__(self) -> str:
        return self.shown
