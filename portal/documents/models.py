"""Documents: what was handed in or made, by hash. A table of record; the bytes lie in `storage`."""

import uuid

from django.db import models
from django.db.models import Q


class Document(models.Model):
    """
    One stored file. Never changed, never removed: a corrected document is a new one.

    storage_key  random name of the file under DOCUMENT_ROOT; never shown
    filename     what the uploader called it, cleaned; only ever shown, never used as a path
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    filename = models.CharField(max_length=160)
    media_type = models.CharField(max_length=60)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=64, unique=True)
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reader = models.ForeignKey("portal.User", on_delete=models.PROTECT, null=True, related_name="+")
    published = models.BooleanField(default=False)
    uploaded_by = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="document_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="document_hash"),
        ]
        indexes = [models.Index(fields=["owner", "created_at"], name="document_by_owner")]

    def __str__(self) -> str:
        return f"{self.kind} {self.filename}"
