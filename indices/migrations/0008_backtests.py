import uuid

import django.db.models.deletion
from django.db import migrations, models

TABLE = "indices_backtest"


class Migration(migrations.Migration):
    """Backtests are a table of record: what was shown before an index was published stays."""

    dependencies = [("indices", "0007_token_events")]

    operations = [
        migrations.CreateModel(
            name="Backtest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("document", models.JSONField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("cost_bps", models.PositiveIntegerField()),
                ("lag_days", models.PositiveIntegerField()),
                ("engine", models.PositiveIntegerField()),
                ("inputs_sha256", models.CharField(max_length=64, unique=True)),
                ("prices_sha256", models.CharField(max_length=64)),
                ("result_sha256", models.CharField(max_length=64)),
                ("result", models.JSONField()),
                ("simulated", models.BooleanField()),
                ("known_by", models.DateTimeField()),
                ("calculated_at", models.DateTimeField()),
                (
                    "index",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="backtests",
                        to="indices.index",
                    ),
                ),
            ],
            options={
                "ordering": ["-calculated_at"],
                "indexes": [models.Index(fields=["index", "-calculated_at"], name="backtest_of_index")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("first__lte", models.F("last"))), name="backtest_span")
                ],
            },
        ),
        migrations.RunSQL(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change(); "
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();",
            f"DROP TRIGGER {TABLE}_append_only ON {TABLE}; DROP TRIGGER {TABLE}_no_truncate ON {TABLE};",
        ),
    ]
