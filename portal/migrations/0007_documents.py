import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TRIGGERS = """
CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE ON portal_document
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_no_truncate BEFORE TRUNCATE ON portal_document
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
NO_TRIGGERS = """
DROP TRIGGER document_no_truncate ON portal_document;
DROP TRIGGER document_append_only ON portal_document;
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0006_approvals")]

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("owner", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=60)),
                ("filename", models.CharField(max_length=160)),
                ("media_type", models.CharField(max_length=60)),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("storage_key", models.CharField(max_length=64, unique=True)),
                ("published", models.BooleanField(default=False)),
                ("uploaded_by", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.organisation",
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["owner", "created_at"], name="document_by_owner")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="document_not_empty"),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="document_hash"
                    ),
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
