"""Papers that the house makes and signs: certificates of holding and signed agreements."""

import uuid

from django.db import models
from django.db.models import Q

from issuance.securities.models import Security
from issuance.units import UnitsField


class Certificate(models.Model):
    """
    What was asked for and what it says: frozen when asked, made by a worker afterwards. A table of record.

    number    cannot be guessed: whoever has it may ask whether it still holds
    subject   what it is about: "security:<uuid>", "subscription:<uuid>"
    quantity  smallest units that it says are held; None where it says nothing of that
    as_of     the instant that it speaks of
    """

    ESSENTIALS = {
        1: (
            "number",
            "kind",
            "subject",
            "security_id",
            "holder",
            "quantity",
            "as_of",
            "asked_at",
            "asked_by",
        ),
    }

    class Kind(models.TextChoices):
        HOLDING = "holding", "Certificate of holding"
        AGREEMENT = "agreement", "Subscription agreement"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    subject = models.CharField(max_length=80)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="certificates")
    holder = models.CharField(max_length=64)
    quantity = UnitsField(null=True)
    as_of = models.DateTimeField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)

    class Meta:
        ordering = ("-asked_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(kind="agreement"), name="certificate_agreement_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) | ~Q(kind="holding"), name="certificate_holding_quantity"
            ),
        ]
        indexes = [models.Index(fields=["holder", "asked_at"], name="certificate_by_holder")]

    def __str__(self) -> str:
        return self.number


class CertificateFile(models.Model):
    """The signed PDF of a certificate, as portal.documents keeps it. A table of record."""

    ESSENTIALS = {1: ("certificate_id", "document_id", "sha256", "made_at")}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="file")
    document_id = models.UUIDField(unique=True)
    sha256 = models.CharField(max_length=64, verbose_name="SHA-256")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="certificate_file_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"file of {self.certificate}"
