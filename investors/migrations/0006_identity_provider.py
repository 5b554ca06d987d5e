import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.accounts.fields

TRIGGERS = """
CREATE TRIGGER investors_providermessage_append_only BEFORE UPDATE OR DELETE ON investors_providermessage
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER investors_providermessage_no_truncate BEFORE TRUNCATE ON investors_providermessage
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A revision stays as it was written, but a newer key may seal its text. The application has no right to update it.
DROP TRIGGER investors_revision_append_only ON investors_revision;
CREATE TRIGGER investors_revision_append_only BEFORE UPDATE ON investors_revision FOR EACH ROW
  WHEN (to_jsonb(NEW) - 'snapshot' IS DISTINCT FROM to_jsonb(OLD) - 'snapshot') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER investors_revision_no_delete BEFORE DELETE ON investors_revision
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
NO_TRIGGERS = """
DROP TRIGGER investors_revision_no_delete ON investors_revision;
DROP TRIGGER investors_revision_append_only ON investors_revision;
CREATE TRIGGER investors_revision_append_only BEFORE UPDATE OR DELETE ON investors_revision
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP TRIGGER investors_providermessage_no_truncate ON investors_providermessage;
DROP TRIGGER investors_providermessage_append_only ON investors_providermessage;
"""


class Migration(migrations.Migration):
    dependencies = [("investors", "0005_screening_lists")]

    operations = [
        migrations.CreateModel(
            name="ProviderMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("message_id", models.CharField(max_length=200, unique=True)),
                ("check_id", models.UUIDField(null=True)),
                ("sha256", models.CharField(max_length=64)),
                ("sent_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="IdentityCheck",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("subject", models.CharField(max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "requested"),
                            ("started", "started"),
                            ("refused", "refused"),
                            ("canceled", "canceled"),
                            ("completed", "completed"),
                        ],
                        default="requested",
                        max_length=12,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("continue_url", models.CharField(blank=True, max_length=500)),
                ("outcome", models.CharField(blank=True, max_length=10)),
                ("findings", models.JSONField(default=list)),
                ("document_expires_on", models.DateField(null=True)),
                ("report", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=300)),
                ("requested_by", models.CharField(max_length=100)),
                ("requested_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identity_checks",
                        to="investors.case",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["case", "requested_at"], name="identity_check_by_case")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["requested", "started"])),
                        fields=("case", "subject"),
                        name="identity_check_under_way_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "completed"), _negated=True),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                models.Q(("sha256", ""), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="identity_check_completed_with_result",
                    ),
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        *(
            migrations.AddField(model, name, field)
            for model, name, field in (
                (
                    "investor",
                    "mailing_address",
                    portal.accounts.fields.EncryptedTextField(blank=True, default=""),
                ),
                ("investor", "phone", portal.accounts.fields.EncryptedTextField(blank=True, default="")),
                (
                    "investor",
                    "entity_form",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("corporation", "Corporation"),
                            ("llc", "Limited liability company"),
                            ("partnership", "Partnership"),
                            ("trust", "Trust"),
                            ("plan", "IRA or retirement plan"),
                        ],
                        max_length=12,
                        default="",
                    ),
                ),
                ("investor", "no_large_owner", models.BooleanField(default=False)),
                ("investor", "lei", models.CharField(blank=True, max_length=20, default="")),
                ("relatedperson", "is_entity", models.BooleanField(default=False)),
                (
                    "relatedperson",
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stakes",
                        to="investors.investor",
                    ),
                ),
                ("relatedperson", "title", models.CharField(blank=True, max_length=80, default="")),
                ("relatedperson", "identifier_kind", models.CharField(default="none", max_length=8)),
                (
                    "relatedperson",
                    "identifier",
                    portal.accounts.fields.EncryptedTextField(blank=True, default=""),
                ),
            )
        ),
        migrations.AddConstraint(
            "investor",
            models.CheckConstraint(
                condition=models.Q(
                    ("kind", "entity"),
                    models.Q(("entity_form", ""), ("lei", ""), ("no_large_owner", False)),
                    _connector="OR",
                ),
                name="investor_entity_facts_of_entities",
            ),
        ),
        migrations.AddConstraint(
            "relatedperson",
            models.CheckConstraint(
                condition=models.Q(
                    ("role", "beneficial_owner"),
                    models.Q(("is_entity", False), ("owner__isnull", True)),
                    _connector="OR",
                ),
                name="only_owners_are_entities",
            ),
        ),
        migrations.AddConstraint(
            "relatedperson",
            models.CheckConstraint(
                condition=models.Q(
                    ("owner__isnull", True),
                    models.Q(("owner", models.F("investor")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_owns_himself",
            ),
        ),
    ]
