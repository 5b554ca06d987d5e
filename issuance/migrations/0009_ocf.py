import uuid

import django.db.models.deletion
from django.db import migrations, models

TABLES_OF_RECORD = ("issuance_ocfimport", "issuance_ocfobject")


class Migration(migrations.Migration):
    """Imported Open Cap Table histories, which refuse every change (the function is of portal's migration 0002)."""

    dependencies = [("issuance", "0008_append_only")]

    operations = [
        migrations.CreateModel(
            name="OcfImport",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveIntegerField()),
                ("ocf_issuer_id", models.CharField(max_length=200)),
                ("manifest_file", models.CharField(max_length=300)),
                ("manifest", models.TextField()),
                ("side", models.TextField()),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("objects_count", models.PositiveIntegerField()),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=80)),
                (
                    "issuer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ocf_imports",
                        to="issuance.issuer",
                    ),
                ),
            ],
            options={
                "ordering": ("issuer", "-number"),
                "indexes": [models.Index(fields=["ocf_issuer_id"], name="ocf_import_by_ocf_issuer")],
                "constraints": [
                    models.UniqueConstraint(fields=("issuer", "number"), name="ocf_import_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="ocf_import_hash"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OcfObject",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveIntegerField()),
                ("file", models.CharField(max_length=300)),
                ("object_type", models.CharField(max_length=60)),
                ("object_id", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "imported",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="issuance.ocfimport",
                    ),
                ),
            ],
            options={
                "ordering": ("imported", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("imported", "number"), name="ocf_object_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="ocf_object_hash"
                    ),
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
