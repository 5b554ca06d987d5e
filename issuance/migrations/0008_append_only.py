from django.db import migrations

TABLES_OF_RECORD = (
    "issuance_assetdocument",
    "issuance_token",
    "issuance_howeyassessment",
    "issuance_rulesetversion",
    "issuance_decisionrecord",
    "issuance_movement",
    "issuance_lot",
    "issuance_lotentry",
    "issuance_signature",
    "issuance_entitlement",
    "issuance_taxform",
)


class Migration(migrations.Migration):
    """Tables of record refuse every change, whoever asks (the function is of portal's migration 0002)."""

    dependencies = [("issuance", "0007_corporate_actions"), ("portal", "0002_audit")]

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
