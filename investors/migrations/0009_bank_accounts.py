import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.accounts.fields


class Migration(migrations.Migration):
    dependencies = [("investors", "0008_closure")]

    operations = [
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("account", portal.accounts.fields.EncryptedTextField()),
                ("holder", portal.accounts.fields.EncryptedTextField()),
                ("bic", models.CharField(blank=True, max_length=11)),
                ("shown", models.CharField(max_length=60)),
                ("name_match", models.CharField(max_length=10)),
                ("organisation", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("added", "added"),
                            ("verified", "verified"),
                            ("refused", "refused"),
                            ("retired", "retired"),
                        ],
                        max_length=10,
                    ),
                ),
                ("added_by", models.CharField(max_length=100)),
                ("added_at", models.DateTimeField()),
                ("usable_from", models.DateTimeField()),
                ("method", models.CharField(blank=True, max_length=20)),
                ("evidence_id", models.UUIDField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=100)),
                ("decided_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_accounts",
                        to="investors.investor",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["investor", "state"], name="bank_account_by_investor"),
                    models.Index(fields=["state", "added_at"], name="bank_account_queue"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "verified"), _negated=True),
                            models.Q(
                                ("evidence_id__isnull", False),
                                ("method__in", ("evidence", "incoming_transfer")),
                            ),
                            _connector="OR",
                        ),
                        name="bank_account_verified_on_evidence",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("usable_from__gte", models.F("added_at"))),
                        name="bank_account_cools_off",
                    ),
                ],
            },
        ),
    ]
