"""Keys to the API: personal tokens and the machines of organisations. Secrets are kept as SHA-256 only."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class AccessToken(models.Model):
    """
    A person's token for the API.

    public_id      the part of the token that may be shown
    secret_sha256  of the other part: 256 random bits, so that a plain hash cannot be searched
    """

    ESSENTIALS = {
        1: ("public_id", "secret_sha256", "user_id", "scopes", "created_at", "expires_at", "revoked_at")
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    public_id = models.CharField(max_length=24, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    user = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "portal_accesstoken"
        indexes = [models.Index(fields=["user", "-created_at"], name="accesstoken_by_user")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="accesstoken_ends"
            ),
            models.CheckConstraint(condition=~models.Q(scopes=[]), name="accesstoken_scoped"),
        ]


class MachineClient(models.Model):
    """
    A program of an organisation, by OAuth 2 client credentials. It acts as a user of its own (no password, no
    address, a viewer of that organisation), so that rights and the trail treat it as they treat people.
    """

    ESSENTIALS = {
        1: ("client_id", "secret_sha256", "organisation_id", "user_id", "scopes", "created_at", "revoked_at")
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_id = models.CharField(max_length=24, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    organisation = models.ForeignKey("portal.Organisation", on_delete=models.PROTECT, related_name="+")
    user = models.OneToOneField("portal.User", on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    name = models.CharField(max_length=60)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "portal_machineclient"
        indexes = [models.Index(fields=["organisation", "-created_at"], name="machineclient_by_org")]
        constraints = [models.CheckConstraint(condition=~models.Q(scopes=[]), name="machineclient_scoped")]
