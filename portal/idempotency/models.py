"""Keys of unsafe requests, kept for ever: a retry next year must not pay twice."""

from django.db import models


class Key(models.Model):
    """scope = who and where ("user:<id> POST /api/v1/…"); response is null until the effect is complete."""

    scope = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_key"
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once")]
