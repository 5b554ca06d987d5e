import django.db.models.deletion
import portal.accounts.fields
import uuid
from django.conf import settings
from django.db import migrations, models


TABLES_OF_RECORD = ["investors_screeninglist", "investors_listedname", "investors_screening"]
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
    dependencies = [("investors", "0001_profiles")]

    operations = [
        migrations.CreateModel(
            name="ScreeningList",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("source", models.CharField(max_length=80)),
                ("list_date", models.DateField()),
                ("sha256", models.CharField(max_length=64)),
                ("names", models.PositiveIntegerField()),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=100)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["source", "-list_date", "-imported_at"], name="screening_list_newest"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "sha256"), name="screening_list_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Screening",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("profile_version", models.PositiveIntegerField()),
                ("names", models.PositiveSmallIntegerField()),
                ("hits", models.PositiveSmallIntegerField()),
                ("threshold", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="screenings",
                        to="investors.investor",
                    ),
                ),
                (
                    "list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="investors.screeninglist",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListedName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=300)),
                ("born", models.DateField(null=True)),
                ("birth_year", models.PositiveSmallIntegerField(null=True)),
                (
                    "list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="investors.screeninglist",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Hit",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("source", models.CharField(max_length=80)),
                ("subject", models.CharField(max_length=120)),
                ("reference", models.CharField(max_length=80)),
                ("listed_name", models.CharField(max_length=300)),
                ("own_name", portal.accounts.fields.EncryptedTextField()),
                ("score", models.PositiveSmallIntegerField()),
                ("why", portal.accounts.fields.EncryptedTextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("cleared", "cleared"), ("true_match", "true match")],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
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
                        related_name="hits",
                        to="investors.investor",
                    ),
                ),
                (
                    "screening",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="raised",
                        to="investors.screening",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["found_at"], name="hit_open")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("screening", "subject", "reference"), name="hit_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "open")),
                            models.Q(
                                models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="hit_decided_when_not_open",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="screening",
            index=models.Index(fields=["investor", "list", "-at"], name="screening_by_investor"),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
