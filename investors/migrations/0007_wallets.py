import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("investors", "0006_identity_provider")]

    operations = [
        migrations.CreateModel(
            name="ListedAddress",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=120)),
                ("address", models.CharField(max_length=120)),
                ("currency", models.CharField(max_length=12)),
                ("reference", models.CharField(max_length=80)),
                ("list_date", models.DateField()),
                ("listed_at", models.DateTimeField()),
                ("removed_on", models.DateField(null=True)),
            ],
            options={
                "db_table": "investors_listed_address",
                "indexes": [
                    models.Index(
                        condition=models.Q(("removed_on", None)), fields=["key"], name="address_listed_now"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_on", None)),
                        fields=("source", "key"),
                        name="address_listed_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Challenge",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("nonce", models.CharField(max_length=64, unique=True)),
                ("address", models.CharField(max_length=42)),
                ("chain_id", models.BigIntegerField()),
                ("message", models.TextField()),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="investors.investor"
                    ),
                ),
            ],
            options={
                "db_table": "investors_wallet_challenge",
                "indexes": [
                    models.Index(fields=["investor", "-issued_at"], name="wallet_challenge_by_investor")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("issued_at"))), name="challenge_ends"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Wallet",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("address", models.CharField(max_length=42)),
                ("chain_id", models.BigIntegerField()),
                ("label", models.CharField(blank=True, max_length=60)),
                ("message", models.TextField()),
                ("signature", models.CharField(max_length=132)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("blocked", "blocked"), ("retired", "retired")],
                        default="active",
                        max_length=8,
                    ),
                ),
                ("listed", models.CharField(blank=True, max_length=180)),
                ("proved_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wallets",
                        to="investors.investor",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["investor", "-proved_at"], name="wallet_by_investor")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "retired"), _negated=True),
                        fields=("address",),
                        name="wallet_of_one_investor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("retired_at__isnull", False), ("state", "retired")),
                            models.Q(
                                models.Q(("state", "retired"), _negated=True), ("retired_at__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="wallet_retired_when_told",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "blocked"), _negated=True),
                            models.Q(("listed", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="wallet_blocked_by_a_list",
                    ),
                ],
            },
        ),
    ]
