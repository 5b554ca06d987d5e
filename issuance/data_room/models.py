"""What an issuer lays out for the investors of an offering, and who of them opened what."""

import uuid

from django.db import models
from django.db.models import Q

from issuance.offerings.models import Offering


class RoomPaper(models.Model):
    """
    One version of a paper in an offering's data room. A table of record: a corrected paper is the next version of
    its line, and the one before it ends.

    line         the same for all versions of one paper
    document_id  where portal.documents keeps the file
    """

    ESSENTIALS = {
        1: ("offering_id", "line", "version", "title", "document_id", "sha256", "added_at", "added_by"),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="papers")
    line = models.UUIDField()
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    document_id = models.UUIDField(unique=True)
    sha256 = models.CharField(max_length=64, verbose_name="SHA-256")
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=80)

    class Meta:
        ordering = ("offering", "title", "line", "-version")
        constraints = [
            models.UniqueConstraint(fields=["line", "version"], name="room_paper_version_once"),
            models.CheckConstraint(condition=Q(version__gt=0), name="room_paper_version"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="room_paper_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class RoomPaperEnd(models.Model):
    """That a version was withdrawn, or replaced by the next. Investors do not get it any more. A table of record."""

    ESSENTIALS = {1: ("paper_id", "reason", "ended_at", "ended_by")}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    paper = models.OneToOneField(RoomPaper, on_delete=models.PROTECT, related_name="end")
    reason = models.CharField(max_length=2000)
    ended_at = models.DateTimeField()
    ended_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="room_paper_end_reason")]

    def __str__(self) -> str:
        return f"end of {self.paper}"


class RoomAccess(models.Model):
    """That an investor opened a paper: who of his people, and when. A table of record."""

    ESSENTIALS = {1: ("paper_id", "investor", "opened_at", "opened_by")}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    paper = models.ForeignKey(RoomPaper, on_delete=models.PROTECT, related_name="accesses")
    investor = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=80)

    class Meta:
        ordering = ("-opened_at", "id")
        indexes = [models.Index(fields=["paper", "opened_at"], name="room_access_by_paper")]

    def __str__(self) -> str:
        return f"{self.paper} opened"
