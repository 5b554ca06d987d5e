import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.accounts.fields

TABLES_OF_RECORD = [
    "portal_cashreference",
    "portal_statementfile",
    "portal_statement",
    "portal_statementline",
    "portal_paymentfile",
    "portal_paymentitem",
]
TRIGGERS = (
    "".join(
        f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
        for table in TABLES_OF_RECORD
    )
    + """
-- A newer key may seal the texts of a line; nothing else of it changes, and the application has no right to do it.
DROP TRIGGER portal_statementline_append_only ON portal_statementline;
CREATE TRIGGER portal_statementline_append_only BEFORE UPDATE ON portal_statementline FOR EACH ROW
  WHEN (to_jsonb(NEW) - '{counterparty,counterparty_account,text}'::text[]
    IS DISTINCT FROM to_jsonb(OLD) - '{counterparty,counterparty_account,text}'::text[])
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER portal_statementline_no_delete BEFORE DELETE ON portal_statementline
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
)
NO_TRIGGERS = "DROP TRIGGER portal_statementline_no_delete ON portal_statementline;" + "".join(
    f"""
DROP TRIGGER {table}_no_truncate ON {table};
DROP TRIGGER {table}_append_only ON {table};
"""
    for table in TABLES_OF_RECORD
)


class Migration(migrations.Migration):
    dependencies = [("portal", "0008_funding")]

    operations = [
        migrations.CreateModel(
            name="CashReference",
            fields=[
                ("reference", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("owner", models.CharField(max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("position", models.PositiveIntegerField()),
                ("fingerprint", models.CharField(max_length=64, unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("booked_on", models.DateField()),
                ("valued_on", models.DateField()),
                ("bank_reference", models.CharField(blank=True, max_length=80)),
                ("end_to_end", models.CharField(blank=True, max_length=80)),
                ("counterparty", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("counterparty_account", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("text", portal.accounts.fields.EncryptedTextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="PaymentFile",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("code", models.CharField(max_length=15, unique=True)),
                ("format", models.CharField(max_length=20)),
                ("currency", models.CharField(max_length=3)),
                ("count", models.PositiveIntegerField()),
                ("total_minor", models.BigIntegerField()),
                ("execute_on", models.DateField()),
                ("document_id", models.UUIDField(unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("made_by", models.CharField(max_length=100)),
                ("made_label", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PaymentItem",
            fields=[
                (
                    "withdrawal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="payment",
                        serialize=False,
                        to="portal.withdrawal",
                    ),
                ),
                ("end_to_end", models.CharField(max_length=15, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("account", models.CharField(max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("reference", models.CharField(blank=True, max_length=60)),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("opening_minor", models.BigIntegerField(null=True)),
                ("closing_minor", models.BigIntegerField(null=True)),
                ("lines_seen", models.PositiveIntegerField()),
                ("lines_new", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="StatementFile",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("document_id", models.UUIDField(unique=True)),
                ("format", models.CharField(max_length=20)),
                ("filename", models.CharField(max_length=160)),
                ("imported_by", models.CharField(max_length=100)),
                ("imported_label", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="withdrawal",
            name="withdrawal_paid_when_posted",
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="bank_account_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="organisation",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="withdrawal",
            name="state",
            field=models.CharField(
                choices=[
                    ("awaiting_approval", "awaiting approval"),
                    ("approved", "approved"),
                    ("sent", "sent"),
                    ("paid", "paid"),
                    ("returned", "returned"),
                    ("rejected", "rejected"),
                    ("cancelled", "cancelled"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="withdrawal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "paid"), ("transaction_id__isnull", False)),
                    ("state", "returned"),
                    models.Q(models.Q(("state", "paid"), _negated=True), ("transaction_id__isnull", True)),
                    _connector="OR",
                ),
                name="withdrawal_paid_when_posted",
            ),
        ),
        migrations.AddConstraint(
            model_name="cashreference",
            constraint=models.UniqueConstraint(
                fields=("owner", "currency"), name="one_reference_per_account"
            ),
        ),
        migrations.AddField(
            model_name="paymentitem",
            name="file",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="items", to="portal.paymentfile"
            ),
        ),
        migrations.AddField(
            model_name="statementline",
            name="statement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="portal.statement"
            ),
        ),
        migrations.AddField(
            model_name="statement",
            name="file",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statements",
                to="portal.statementfile",
            ),
        ),
        migrations.CreateModel(
            name="LineMatter",
            fields=[
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="matter",
                        serialize=False,
                        to="portal.statementline",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("credited", "credited"),
                            ("suspense", "suspense"),
                            ("proposed", "proposed"),
                            ("return_proposed", "return proposed"),
                            ("returning", "returning"),
                            ("assigned", "assigned"),
                            ("returned", "returned"),
                            ("unexplained", "unexplained"),
                            ("settled", "settled"),
                        ],
                        max_length=20,
                    ),
                ),
                ("why", models.TextField(blank=True)),
                ("owner", models.CharField(blank=True, max_length=60)),
                ("deposit_id", models.UUIDField(null=True, unique=True)),
                ("withdrawal_id", models.UUIDField(null=True)),
                ("payment_file_id", models.UUIDField(null=True)),
                ("transaction_id", models.UUIDField(null=True)),
                ("ended_transaction_id", models.UUIDField(null=True)),
                ("approval_id", models.UUIDField(null=True)),
                ("proposed_owner", models.CharField(blank=True, max_length=60)),
                ("proposed_by", models.CharField(blank=True, max_length=100)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["state", "at"], name="line_queue")],
            },
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor", 0), _negated=True), name="statement_line_moves_money"
            ),
        ),
        migrations.AddIndex(
            model_name="statement",
            index=models.Index(fields=["currency", "-last_on"], name="statement_by_currency"),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
