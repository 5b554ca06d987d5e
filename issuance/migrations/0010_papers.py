import uuid

import django.db.models.deletion
from django.db import migrations, models

import issuance.units

TABLES_OF_RECORD = (
    "issuance_roompaper",
    "issuance_roompaperend",
    "issuance_roomaccess",
    "issuance_certificate",
    "issuance_certificatefile",
)


class Migration(migrations.Migration):
    """Certificates, what is laid out in data rooms and who opened it; refuses every change (the function is of portal's 0002)."""

    dependencies = [("issuance", "0009_ocf")]

    operations = [
        migrations.CreateModel(
            name="RoomPaper",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("line", models.UUIDField()),
                ("version", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("document_id", models.UUIDField(unique=True)),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("added_at", models.DateTimeField()),
                ("added_by", models.CharField(max_length=80)),
                (
                    "offering",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="issuance.offering",
                    ),
                ),
            ],
            options={
                "ordering": ("offering", "title", "line", "-version"),
                "constraints": [
                    models.UniqueConstraint(fields=("line", "version"), name="room_paper_version_once"),
                    models.CheckConstraint(condition=models.Q(("version__gt", 0)), name="room_paper_version"),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="room_paper_hash"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoomAccess",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("investor", models.CharField(max_length=64)),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.CharField(max_length=80)),
                (
                    "paper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accesses",
                        to="issuance.roompaper",
                    ),
                ),
            ],
            options={
                "ordering": ("-opened_at", "id"),
                "indexes": [models.Index(fields=["paper", "opened_at"], name="room_access_by_paper")],
            },
        ),
        migrations.CreateModel(
            name="RoomPaperEnd",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "paper",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="issuance.roompaper",
                    ),
                ),
                ("reason", models.CharField(max_length=2000)),
                ("ended_at", models.DateTimeField()),
                ("ended_by", models.CharField(max_length=80)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="room_paper_end_reason"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.CharField(max_length=24, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("holding", "Certificate of holding"),
                            ("agreement", "Subscription agreement"),
                        ],
                        max_length=12,
                    ),
                ),
                ("subject", models.CharField(max_length=80)),
                ("holder", models.CharField(max_length=64)),
                ("quantity", issuance.units.UnitsField(null=True)),
                ("as_of", models.DateTimeField()),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=80)),
                (
                    "security",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="issuance.security",
                    ),
                ),
            ],
            options={
                "ordering": ("-asked_at", "id"),
                "indexes": [models.Index(fields=["holder", "asked_at"], name="certificate_by_holder")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "agreement")),
                        fields=("subject",),
                        name="certificate_agreement_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gt", 0), models.Q(("kind", "holding"), _negated=True), _connector="OR"
                        ),
                        name="certificate_holding_quantity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CertificateFile",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("document_id", models.UUIDField(unique=True)),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("made_at", models.DateTimeField()),
                (
                    "certificate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file",
                        to="issuance.certificate",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="certificate_file_hash"
                    )
                ],
            },
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change(); "
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();",
                f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};",
            )
            for table in TABLES_OF_RECORD
        ),
    ]
