import portal.accounts.fields
import uuid
from django.db import migrations, models


TABLES_OF_RECORD = ["portal_deposit"]
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
    dependencies = [("portal", "0007_documents")]

    operations = [
        migrations.CreateModel(
            name="Deposit",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.CharField(max_length=120, unique=True)),
                ("owner", models.CharField(max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("bank_reference", models.CharField(max_length=80, unique=True)),
                ("transaction_id", models.UUIDField(unique=True)),
                ("recorded_by", models.CharField(max_length=100)),
                ("recorded_label", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["owner", "-at"], name="deposit_by_owner")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="deposit_is_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.CharField(max_length=120, unique=True)),
                ("owner", models.CharField(max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("account_name", portal.accounts.fields.EncryptedTextField()),
                ("destination", portal.accounts.fields.EncryptedTextField()),
                ("destination_shown", models.CharField(max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("awaiting_approval", "awaiting approval"),
                            ("approved", "approved"),
                            ("paid", "paid"),
                            ("rejected", "rejected"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reservation_id", models.UUIDField(unique=True)),
                ("approval_id", models.UUIDField(null=True)),
                ("approved_by", models.CharField(blank=True, max_length=100)),
                ("requested_by", models.CharField(max_length=100)),
                ("requested_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=100)),
                ("reason", models.TextField(blank=True)),
                ("bank_reference", models.CharField(blank=True, max_length=80)),
                ("transaction_id", models.UUIDField(null=True, unique=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "-requested_at"], name="withdrawal_by_owner"),
                    models.Index(fields=["state", "requested_at"], name="withdrawal_queue"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="withdrawal_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "paid"), ("transaction_id__isnull", False)),
                            models.Q(
                                models.Q(("state", "paid"), _negated=True), ("transaction_id__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="withdrawal_paid_when_posted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approval_id__isnull", True),
                            models.Q(("state", "paid"), _negated=True),
                            models.Q(("ended_by", models.F("approved_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="withdrawal_payer_is_not_approver",
                    ),
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
