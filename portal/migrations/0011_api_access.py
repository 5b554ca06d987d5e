import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.accounts.fields

TRIGGERS = """
CREATE TRIGGER portal_webhookattempt_append_only BEFORE UPDATE OR DELETE ON portal_webhookattempt
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER portal_webhookattempt_no_truncate BEFORE TRUNCATE ON portal_webhookattempt
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
NO_TRIGGERS = """
DROP TRIGGER portal_webhookattempt_no_truncate ON portal_webhookattempt;
DROP TRIGGER portal_webhookattempt_append_only ON portal_webhookattempt;
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0010_saved_searches")]

    operations = [
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("public_id", models.CharField(max_length=24, unique=True)),
                ("secret_sha256", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=60)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "portal_accesstoken",
                "indexes": [models.Index(fields=["user", "-created_at"], name="accesstoken_by_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="accesstoken_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scopes", []), _negated=True), name="accesstoken_scoped"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MachineClient",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("client_id", models.CharField(max_length=24, unique=True)),
                ("secret_sha256", models.CharField(max_length=64)),
                ("membership_id", models.UUIDField()),
                ("name", models.CharField(max_length=60)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.organisation",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "portal_machineclient",
                "indexes": [
                    models.Index(fields=["organisation", "-created_at"], name="machineclient_by_org")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scopes", []), _negated=True), name="machineclient_scoped"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Progress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("leaf_index", models.BigIntegerField(default=-1)),
            ],
            options={
                "verbose_name_plural": "progress",
                "db_table": "portal_webhookprogress",
            },
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("owner", models.CharField(db_index=True, max_length=60)),
                ("organisation_id", models.UUIDField(null=True)),
                ("url", models.CharField(max_length=500)),
                (
                    "types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), size=None
                    ),
                ),
                ("secret", portal.accounts.fields.EncryptedTextField()),
                ("previous_secret", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("previous_until", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("disabled", "disabled"), ("removed", "removed")],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "portal_webhookendpoint",
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("event_id", models.UUIDField()),
                ("type", models.CharField(max_length=80)),
                ("subject", models.CharField(max_length=120)),
                ("body", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("delivered", "delivered"), ("failed", "failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("tries", models.PositiveIntegerField(default=0)),
                ("round", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="portal.endpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "db_table": "portal_webhookdelivery",
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("status", models.PositiveIntegerField()),
                ("error", models.CharField(blank=True, max_length=200)),
                ("milliseconds", models.PositiveIntegerField()),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="portal.delivery",
                    ),
                ),
            ],
            options={
                "db_table": "portal_webhookattempt",
                "constraints": [
                    models.UniqueConstraint(fields=("delivery", "number"), name="webhookattempt_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["endpoint", "-created_at"], name="webhookdelivery_by_endpoint"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "event_id"), name="webhookdelivery_once"),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
