"""Meetings and written consents: what is voted on, who may vote with how much, ballots and proxies."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from issuance.domain.voting import Base
from issuance.issuers.models import Issuer
from issuance.securities.models import Security
from issuance.units import UnitsField
from portal.domain.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    "vote",
    {
        "draft": {"announce": "announced", "cancel": "cancelled"},
        "announced": {"open": "open", "cancel": "cancelled"},
        "open": {"close": "closed"},
        "closed": {"certify": "certified"},
        "certified": {},
        "cancelled": {},
    },
)


class Meeting(models.Model):
    """
    A meeting or a written consent of an issuer's holders. Power is that of the record instant; `result` is the
    canonical JSON that the closing wrote and that a second person certifies.
    """

    class Kind(models.TextChoices):
        MEETING = "meeting", "meeting"
        CONSENT = "consent", "written consent"

    ESSENTIALS = {
        1: (
            "issuer_id", "name", "kind", "secret", "early_close", "record_at", "opens_at", "closes_at", "state",
            "approval_id", "powers_sha256", "result", "announced_at", "opened_at", "closed_at", "certified_at",
        )
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="meetings")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Kind)
    secret = models.BooleanField()
    early_close = models.BooleanField()
    record_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=LIFECYCLE.choices(), default="draft")
    approval_id = models.UUIDField(null=True)
    powers_sha256 = models.CharField(max_length=64, blank=True)
    result = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    announced_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    certified_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "issuance_meeting"
        ordering = ("-opens_at", "id")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LIFECYCLE.states), name="meeting_state_known"),
            models.CheckConstraint(
                condition=Q(record_at__lte=F("opens_at"), opens_at__lt=F("closes_at")), name="meeting_times"
            ),
            models.CheckConstraint(condition=~Q(secret=True, early_close=True), name="meeting_secret_to_end"),
        ]

    def __str__(self) -> str:
        return self.name


class MeetingClass(models.Model):
    """A security that votes at a meeting, with its votes for one whole unit."""

    ESSENTIALS = {1: ("meeting_id", "place", "security_id", "votes_numerator", "votes_denominator")}

    id = models.BigAutoField(primary_key=True)
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="classes")
    place = models.PositiveSmallIntegerField()
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="+")
    votes_numerator = models.PositiveIntegerField()
    votes_denominator = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "issuance_meetingclass"
        ordering = ("meeting", "place")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "place"], name="meetingclass_place"),
            models.UniqueConstraint(fields=["meeting", "security"], name="meetingclass_once"),
            models.CheckConstraint(condition=Q(votes_denominator__gt=0), name="meetingclass_votes"),
        ]

    def __str__(self) -> str:
        return f"{self.place}. {self.security}"


class Resolution(models.Model):
    """What is asked, and what it needs. `action` is carried out on `action_subject` once it is certified as passed."""

    class Action(models.TextChoices):
        NONE = "", "nothing by itself"
        CLOSE_OFFERING = "offering.close", "close an offering"
        CANCEL_OFFERING = "offering.cancel", "cancel an offering"
        ANNOUNCE_DIVIDEND = "dividend.announce", "announce a dividend"
        CANCEL_DIVIDEND = "dividend.cancel", "cancel a dividend"

    ESSENTIALS = {
        1: (
            "meeting_id", "number", "title", "text", "quorum_numerator", "quorum_denominator", "threshold_numerator",
            "threshold_denominator", "base", "more_than", "abstentions_count", "class_votes", "action",
            "action_subject", "passed", "carried_at", "carried_note",
        )
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="resolutions")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField()
    quorum_numerator = models.PositiveIntegerField()
    quorum_denominator = models.PositiveIntegerField()
    threshold_numerator = models.PositiveIntegerField()
    threshold_denominator = models.PositiveIntegerField()
    base = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Base])
    more_than = models.BooleanField()
    abstentions_count = models.BooleanField()
    class_votes = ArrayField(models.CharField(max_length=24), default=list)
    action = models.CharField(max_length=20, choices=Action, blank=True)
    action_subject = models.UUIDField(null=True)
    passed = models.BooleanField(null=True)
    carried_at = models.DateTimeField(null=True)
    carried_note = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "issuance_resolution"
        ordering = ("meeting", "number")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "number"], name="resolution_number"),
            models.CheckConstraint(
                condition=Q(quorum_denominator__gt=0, threshold_denominator__gt=0, threshold_numerator__gt=0),
                name="resolution_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class Voter(models.Model):
    """
    A holder at the record instant with his units of each class, or somebody who only carries proxies (all zero). A
    table of record. Outside he goes by his code, which has nothing of him in it.
    """

    id = models.BigAutoField(primary_key=True)
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="voters", db_index=False)
    holder = models.CharField(max_length=64)
    code = models.UUIDField(unique=True)
    quantities = ArrayField(UnitsField())

    class Meta:
        db_table = "issuance_voter"
        ordering = ("meeting", "holder")
        indexes = [models.Index(fields=["holder"], name="voter_by_holder")]
        constraints = [models.UniqueConstraint(fields=["meeting", "holder"], name="voter_once")]

    def __str__(self) -> str:
        return str(self.code)


class Ballot(models.Model):
    """
    One answer to one resolution; the key is its sequence. A table of record: a later ballot of the same voter counts in
    its place. `content` is canonical JSON of choice, units and salt, sealed where the vote is secret; `commitment` is
    the hash over it that the trail knows.
    """

    ESSENTIALS = {1: ("number", "resolution_id", "voter_id", "content", "commitment", "cast_at", "cast_by")}

    id = models.BigAutoField(primary_key=True)
    number = models.UUIDField(unique=True)
    resolution = models.ForeignKey(Resolution, on_delete=models.PROTECT, related_name="ballots")
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="ballots")
    content = models.TextField()
    commitment = models.CharField(max_length=64)
    cast_at = models.DateTimeField()
    cast_by = models.CharField(max_length=80)

    class Meta:
        db_table = "issuance_ballot"
        ordering = ("id",)

    def __str__(self) -> str:
        return str(self.number)


class Proxy(models.Model):
    """Power handed on. `content` as of a ballot: units (null for all that is left), instructions by resolution, salt."""

    ESSENTIALS = {
        1: ("number", "meeting_id", "principal_id", "agent_id", "content", "commitment", "given_at", "given_by",
            "revoked_at")
    }  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    number = models.UUIDField(unique=True)
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="proxies")
    principal = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="proxies")
    agent = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="carried")
    content = models.TextField()
    commitment = models.CharField(max_length=64)
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=80)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "issuance_proxy"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("agent")), name="proxy_to_another"),
            models.UniqueConstraint(
                fields=["principal", "agent"], condition=Q(revoked_at=None), name="proxy_stands_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)
