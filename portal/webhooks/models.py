"""Where messages go, which were made, and each try to deliver one."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from portal.accounts.fields import EncryptedTextField
from portal.webhooks.formats import DELIVERY, ENDPOINT


class Endpoint(models.Model):
    """
    One address of one owner.

    owner             "organisation:<uuid>" or "investor:<uuid>"
    user              who made it; for an investor, the person whose doings are told
    previous_secret   signs beside the new one until previous_until
    """

    ESSENTIALS = {
        1: ("owner", "organisation_id", "user_id", "url", "types", "state", "reason", "previous_until")
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=60, db_index=True)
    organisation_id = models.UUIDField(null=True)
    user = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    url = models.CharField(max_length=500)
    types = ArrayField(models.CharField(max_length=80))
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField(blank=True)
    previous_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=ENDPOINT.choices(), default="active")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "portal_webhookendpoint"


class Delivery(models.Model):
    """
    One message for one endpoint: `body` and the id stay the same over all tries.

    event_id  of the trail; its own id for a test
    tries     so far; a replay begins anew and goes on counting
    round     tries since the last replay, which choose the next wait
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries")
    event_id = models.UUIDField()
    type = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DELIVERY.choices(), default="waiting")
    tries = models.PositiveIntegerField(default=0)
    round = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "portal_webhookdelivery"
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["endpoint", "event_id"], name="webhookdelivery_once")]
        indexes = [models.Index(fields=["endpoint", "-created_at"], name="webhookdelivery_by_endpoint")]


class Attempt(models.Model):
    """One try. status 0: no answer came."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    status = models.PositiveIntegerField()
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        db_table = "portal_webhookattempt"
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="webhookattempt_once")]


class Progress(models.Model):
    """One row: how far the log has been read."""

    leaf_index = models.BigIntegerField(default=-1)

    class Meta:
        db_table = "portal_webhookprogress"
        verbose_name_plural = "progress"
