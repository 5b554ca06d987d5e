"""The imported histories: every OCF object as it came, for ever. Both are tables of record."""

import uuid

from django.db import models

from issuance.issuers.models import Issuer


class OcfImport(models.Model):
    """
    One package taken in. The newest of an issuer counts. `manifest` and `side` are sealed JSON: they name people.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="ocf_imports")
    number = models.PositiveIntegerField()
    ocf_issuer_id = models.CharField(max_length=200)
    manifest_file = models.CharField(max_length=300)
    manifest = models.TextField()
    side = models.TextField()
    sha256 = models.CharField("SHA-256", max_length=64)
    objects_count = models.PositiveIntegerField()
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=80)

    class Meta:
        ordering = ("issuer", "-number")
        indexes = [models.Index(fields=["ocf_issuer_id"], name="ocf_import_by_ocf_issuer")]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "number"], name="ocf_import_number_once"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex="^[0-9a-f]{64}$"), name="ocf_import_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.number} of {self.issuer_id}"


class OcfObject(models.Model):
    """One object of a package, sealed, with the hash of its canonical JSON."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    imported = models.ForeignKey(OcfImport, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=300)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=200)
    body = models.TextField()
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        ordering = ("imported", "number")
        constraints = [
            models.UniqueConstraint(fields=["imported", "number"], name="ocf_object_number_once"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex="^[0-9a-f]{64}$"), name="ocf_object_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"
