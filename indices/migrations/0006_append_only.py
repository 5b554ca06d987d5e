from django.db import migrations

TABLES_OF_RECORD = (
    "indices_importbatch",
    "indices_observation",
    "indices_methodologyversion",
    "indices_constituent",
    "indices_trade",
    "indices_basket",
    "indices_basketline",
    "indices_level",
    "indices_streamedfee",
)


class Migration(migrations.Migration):
    """Tables of record refuse every change, whoever asks (the function is of portal's migration 0002)."""

    dependencies = [("indices", "0005_subscriptions"), ("portal", "0002_audit")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change(); "
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();",
            f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};",
        )
        for table in TABLES_OF_RECORD
    ]
