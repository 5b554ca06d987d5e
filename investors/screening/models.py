"""Sanctions and PEP lists as imported, each screening of an investor against one, and the hits it raised."""

import builtins
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from investors.profiles.models import Investor
from portal.accounts.fields import EncryptedTextField
from portal.domain.lifecycle import Lifecycle

HIT = Lifecycle(
    "name match",
    {
        "open": {"clear": "cleared", "confirm": "true_match"},
        "cleared": {},
        "true_match": {"release": "cleared"},
    },
)


class ScreeningList(models.Model):
    """
    One imported file of listed names. The newest file of a source is the list in use; older ones stay. A table of
    record.

    source     whose list: "OFAC SDN"
    list_date  the date the publisher gives it
    form       key of investors.domain.lists.formats.FORMS
    parties    persons and entities; names counts all their names
    remarks    details of the file that nobody could read and that were left out
    """

    ESSENTIALS = {
        1: ("source", "list_date", "sha256", "names", "imported_at", "imported_by"),
        2: (
            "source",
            "list_date",
            "sha256",
            "form",
            "parties",
            "names",
            "remarks",
            "imported_at",
            "imported_by",
        ),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=80)
    list_date = models.DateField()
    sha256 = models.CharField(max_length=64)
    form = models.CharField(max_length=20, default="own-csv")
    parties = models.PositiveIntegerField(default=0)
    names = models.PositiveIntegerField()
    remarks = models.TextField(blank=True)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "sha256"], name="screening_list_once")]
        indexes = [
            models.Index(fields=["source", "-list_date", "-imported_at"], name="screening_list_newest")
        ]

    def __str__(self) -> str:
        return f"{self.source} of {self.list_date}"


class ListedName(models.Model):
    """
    One name of a list, as published. A table of record.

    births  possible dates of birth: "1960-05-01", "1960" or "1958/1962"
    words   the name in Latin letters as it is compared
    """

    list = models.ForeignKey(ScreeningList, on_delete=models.PROTECT, related_name="entries")
    reference = models.CharField(max_length=80)
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=8, blank=True)
    births = ArrayField(models.CharField(max_length=10), default=builtins.list)
    countries = ArrayField(models.CharField(max_length=2), default=builtins.list)
    programs = models.CharField(max_length=300, blank=True)
    words = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["list", "reference"], name="listed_name_by_reference")]

    def __str__(self) -> str:
        return f"{self.reference}: {self.name}"


class Screening(models.Model):
    """An investor's names compared with one list on one day. A table of record."""

    ESSENTIALS = {1: ("investor_id", "list_id", "profile_version", "names", "hits", "threshold", "at")}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="screenings")
    list = models.ForeignKey(ScreeningList, on_delete=models.PROTECT, related_name="+")
    profile_version = models.PositiveIntegerField()
    names = models.PositiveSmallIntegerField()
    hits = models.PositiveSmallIntegerField()
    threshold = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["investor", "list", "-at"], name="screening_by_investor")]

    def __str__(self) -> str:
        return f"{self.investor_id} against {self.list_id}"


class RescreenChunk(models.Model):
    """
    A part of the investor base to be compared with a new list: investors from `first` to `last` in order of their
    ids. Done once, whatever is delivered twice.
    """

    list = models.ForeignKey(ScreeningList, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    first = models.UUIDField()
    last = models.UUIDField()
    investors = models.PositiveIntegerField()
    new_hits = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "number"], name="rescreen_chunk_once")]

    def __str__(self) -> str:
        return f"{self.list_id} chunk {self.number}"


class Hit(models.Model):
    """
    A name match that waits for an officer, or what he decided. A later screening that finds the same name and
    listed reference raises no second one.

    subject  whose name: "investor:<id>" or "related_person:<id>"; "ownership:<id>" for an entity that the 50 percent
             rule reaches through other entities
    score    tenths of a point
    why      JSON list of [points, sentence], sealed
    """

    ESSENTIALS = {
        1: ("investor_id", "screening_id", "source", "subject", "reference", "listed_name", "score", "state",
            "found_at", "decided_at", "decided_by_id", "reason")
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="hits")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="raised")
    source = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    reference = models.CharField(max_length=80)
    listed_name = models.CharField(max_length=300)
    own_name = EncryptedTextField()
    score = models.PositiveSmallIntegerField()
    why = EncryptedTextField()
    state = models.CharField(max_length=12, choices=HIT.choices(), default="open")
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["screening", "subject", "reference"], name="hit_once"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="hit_decided_when_not_open",
            ),
        ]
        indexes = [models.Index(fields=["found_at"], condition=Q(state="open"), name="hit_open")]

    def __str__(self) -> str:
        return f"{self.reference} ({self.state})"
