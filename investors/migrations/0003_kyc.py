import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


TABLES_OF_RECORD = ["investors_casedocument", "investors_caseevent"]
TRIGGERS = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
    for table in TABLES_OF_RECORD
)
NO_TRIGGERS = "".join(
    f"""
DROP TRIGGER {table}_no_truncate ON {table};
DROP TRIGGER {table}_append_only ON {table};
"""
    for table in TABLES_OF_RECORD
)


class Migration(migrations.Migration):
    dependencies = [("investors", "0002_screening")]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("in_review", "in review"),
                            ("needs_information", "needs information"),
                            ("awaiting_second", "awaiting second"),
                            ("approved", "approved"),
                            ("expired", "expired"),
                            ("rejected", "rejected"),
                            ("superseded", "superseded"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("profile_version", models.PositiveIntegerField(default=0)),
                ("risk", models.JSONField(default=dict)),
                ("risk_points", models.PositiveSmallIntegerField(default=0)),
                ("question", models.TextField(blank=True)),
                ("approval_id", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision_reason", models.TextField(blank=True)),
                ("valid_until", models.DateField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="investors.investor",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseDocument",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("document_id", models.UUIDField()),
                ("sha256", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=20)),
                ("filename", models.CharField(max_length=160)),
                ("expires_on", models.DateField(null=True)),
                ("added_by", models.CharField(max_length=100)),
                ("added_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="investors.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.CharField(max_length=24)),
                ("before", models.CharField(max_length=20)),
                ("after", models.CharField(max_length=20)),
                ("text", models.TextField(blank=True)),
                ("actor", models.CharField(max_length=100)),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="investors.case",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["state", "submitted_at"], name="kyc_case_queue"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("state", "approved")), fields=["valid_until"], name="kyc_case_due"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["investor", "decided_at"], name="kyc_case_by_investor"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ["awaiting_second", "draft", "in_review", "needs_information", "submitted"])
                ),
                fields=("investor",),
                name="kyc_case_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "approved")), fields=("investor",), name="kyc_case_approved_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["approved", "expired", "superseded"]), _negated=True),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("valid_until__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="kyc_case_approved_until",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), _negated=True),
                    ("decided_at__isnull", False),
                    _connector="OR",
                ),
                name="kyc_case_rejected_when_decided",
            ),
        ),
        migrations.AddIndex(
            model_name="casedocument",
            index=models.Index(fields=["case", "added_at"], name="kyc_document_by_case"),
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(fields=["case", "id"], name="kyc_event_by_case"),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
