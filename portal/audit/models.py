"""
The trail and the log over it. Both only grow: the application's role has no right to change or remove a row,
and triggers refuse it to everybody else. Written with SQL in `services` and `sequencer`; read here.
"""

from django.db import models


class Event(models.Model):
    """
    One thing that was done. `id`, `event_id`, `recorded_at`, `salt` and `commitment` are set by the database;
    the application has no right to write them.

    facts       canonical JSON text; no personal data
    commitment  SHA-256 over salt and the event's canonical form (portal/audit/verifier.py has it in words)
    """

    event_id = models.UUIDField(unique=True)
    recorded_at = models.DateTimeField()
    happened_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=80, blank=True)
    session = models.CharField(max_length=80, blank=True)
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    organisation = models.UUIDField(null=True)
    reason = models.TextField(blank=True)
    facts = models.TextField()
    salt = models.BinaryField()
    commitment = models.BinaryField()

    class Meta:
        db_table = "audit_event"
        indexes = [
            models.Index(fields=["subject", "id"], name="audit_event_by_subject"),
            # Every event pays for every index, and nearly all of them are postings: those are found by their subject.
            models.Index(
                fields=["action", "id"],
                condition=~models.Q(action="ledger.posted"),
                name="audit_event_by_action",
            ),
            models.Index(
                fields=["organisation", "id"],
                condition=models.Q(organisation__isnull=False),
                name="audit_event_by_org",
            ),
        ]


class Unsequenced(models.Model):
    """The queue of events that have no place in the log yet; a trigger fills it, sealing empties it."""

    event = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "audit_unsequenced"


class Leaf(models.Model):
    """The place of an event in the log."""

    leaf_index = models.BigIntegerField(primary_key=True)
    event = models.BigIntegerField(unique=True)
    leaf_hash = models.BinaryField()

    class Meta:
        db_table = "audit_leaf"


class Node(models.Model):
    """Root of the 256**level leaves that begin at index * 256**level; kept so that proofs need few rows."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_node"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="audit_node_once")]


class Checkpoint(models.Model):
    """A signed head of the log (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "audit_checkpoint"
