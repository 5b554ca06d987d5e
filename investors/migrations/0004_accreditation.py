import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


TABLES_OF_RECORD = [
    "investors_accreditation_paper",
    "investors_representation",
    "investors_determination",
    "investors_determination_evidence",
    "investors_determination_revocation",
]
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
    dependencies = [("investors", "0003_kyc")]

    operations = [
        migrations.CreateModel(
            name="Determination",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("accredited", models.BooleanField()),
                ("basis", models.CharField(max_length=12)),
                ("method", models.CharField(max_length=24)),
                ("verified", models.BooleanField()),
                ("issuer_id", models.UUIDField(null=True)),
                ("findings", models.TextField()),
                ("evidence_dated", models.DateField(null=True)),
                ("evidence_until", models.DateField(null=True)),
                ("reuse_until", models.DateField(null=True)),
                ("decided_label", models.CharField(blank=True, max_length=200)),
                ("reason", models.TextField()),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="determinations",
                        to="investors.investor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Representation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("issuer_id", models.UUIDField(null=True)),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), size=None
                    ),
                ),
                ("text", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("actor", models.CharField(max_length=100)),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="representations",
                        to="investors.investor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeterminationEvidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=32)),
                ("dated", models.DateField()),
                ("tax_year", models.PositiveSmallIntegerField(null=True)),
                ("document_id", models.UUIDField(null=True)),
                ("sha256", models.CharField(max_length=64)),
                (
                    "determination",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="investors.determination",
                    ),
                ),
                (
                    "representation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="investors.representation",
                    ),
                ),
            ],
            options={
                "db_table": "investors_determination_evidence",
            },
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("basis", models.CharField(max_length=12)),
                ("method", models.CharField(max_length=24)),
                ("issuer_id", models.UUIDField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("open", "open"),
                            ("decided", "decided"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accreditation_requests",
                        to="investors.investor",
                    ),
                ),
            ],
            options={
                "db_table": "investors_accreditation_request",
            },
        ),
        migrations.AddField(
            model_name="determination",
            name="request",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="determination",
                to="investors.request",
            ),
        ),
        migrations.CreateModel(
            name="RequestPaper",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("document_id", models.UUIDField()),
                ("sha256", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=32)),
                ("filename", models.CharField(max_length=160)),
                ("dated", models.DateField()),
                ("tax_year", models.PositiveSmallIntegerField(null=True)),
                ("added_by", models.CharField(max_length=100)),
                ("added_at", models.DateTimeField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="investors.request",
                    ),
                ),
            ],
            options={
                "db_table": "investors_accreditation_paper",
            },
        ),
        migrations.CreateModel(
            name="Revocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("actor", models.CharField(max_length=100)),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("reason", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "determination",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revocation",
                        to="investors.determination",
                    ),
                ),
            ],
            options={
                "db_table": "investors_determination_revocation",
            },
        ),
        migrations.AddIndex(
            model_name="representation",
            index=models.Index(fields=["investor", "-at"], name="representation_by_investor"),
        ),
        migrations.AddConstraint(
            model_name="determinationevidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("document_id__isnull", False), ("representation__isnull", True)),
                    models.Q(("document_id__isnull", True), ("representation__isnull", False)),
                    _connector="OR",
                ),
                name="determination_evidence_is_one_paper",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(fields=["state", "submitted_at"], name="accreditation_queue"),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "open"])),
                fields=("investor",),
                name="accreditation_request_open_once",
            ),
        ),
        migrations.AddIndex(
            model_name="determination",
            index=models.Index(fields=["investor", "-decided_at"], name="determination_by_investor"),
        ),
        migrations.AddConstraint(
            model_name="determination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reuse_until__isnull", True), ("issuer_id__isnull", False), _connector="OR"
                ),
                name="determination_reused_by_its_issuer",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestpaper",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("tax_year__isnull", True),
                    models.Q(("tax_year__gte", 1990), ("tax_year__lte", 2200)),
                    _connector="OR",
                ),
                name="accreditation_paper_tax_year",
            ),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
