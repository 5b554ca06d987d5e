"""The things behind securities, their documents, and the tokens made of them."""

import uuid

from django.db import models

from issuance.issuers.models import Issuer


class Asset(models.Model):
    """A company, a building, a car, a stream of revenue. `record` is its canonical record; amounts in it are text."""

    class Kind(models.TextChoices):
        EQUITY = "equity", "company equity"
        REAL_ESTATE = "real_estate", "real estate"
        VEHICLE = "vehicle", "vehicle"
        REVENUE_SHARE = "revenue_share", "revenue share"
        DEBT = "debt", "debt"
        FUND = "fund", "fund"
        OTHER = "other", "other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="assets")
    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=200)
    record = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class AssetDocument(models.Model):
    """A document of an asset, by its hash. A table of record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="documents")
    document_id = models.UUIDField(null=True)
    title = models.CharField(max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("created_at", "id")
        constraints = [
            models.UniqueConstraint(fields=["asset", "sha256"], name="asset_document_once"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex="^[0-9a-f]{64}$"), name="asset_document_hash"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Token(models.Model):
    """
    A token identifier with the very record it is the hash of. A table of record: a changed asset gets another
    token, and both stay.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="tokens")
    identifier = models.CharField(max_length=64, unique=True)
    record = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return self.identifier


class HoweyAssessment(models.Model):
    """
    Whether the asset's units are investment contracts: four elements, each with what was looked at, and the
    conclusion (SEC v. W.J. Howey Co., 328 U.S. 293). A table of record; the newest counts.
    """

    class Conclusion(models.TextChoices):
        SECURITY = "security", "a security"
        NOT_SECURITY = "not_security", "not a security"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="assessments")
    investment_of_money = models.BooleanField()
    common_enterprise = models.BooleanField()
    expectation_of_profits = models.BooleanField()
    efforts_of_others = models.BooleanField()
    evidence = models.JSONField(default=dict)
    conclusion = models.CharField(max_length=16, choices=Conclusion)
    assessed_by = models.CharField(max_length=80)
    assessed_at = models.DateTimeField()

    class Meta:
        ordering = ("-assessed_at", "id")

    def __str__(self) -> str:
        return f"{self.asset}: {self.conclusion}"
