import django.contrib.postgres.fields
import django.db.models.deletion
import portal.accounts.fields
import uuid
from django.conf import settings
from django.db import migrations, models


TABLES_OF_RECORD = ["investors_revision"]
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
            name="Investor",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("reference", models.CharField(max_length=16, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("natural", "Natural person"),
                            ("joint", "Joint holders"),
                            ("entity", "Entity"),
                        ],
                        max_length=8,
                    ),
                ),
                ("country", models.CharField(max_length=2)),
                (
                    "tax_countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2), blank=True, default=list, size=None
                    ),
                ),
                ("us_person", models.BooleanField()),
                ("politically_exposed", models.BooleanField(default=False)),
                ("expected_minor", models.BigIntegerField(default=0)),
                ("legal_name", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("born_or_formed", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("identifier_kind", models.CharField(default="none", max_length=8)),
                ("identifier", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("address", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("identity_changed_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RelatedPerson",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("joint_holder", "Joint holder"),
                            ("beneficial_owner", "Beneficial owner"),
                            ("control_person", "Person in control"),
                            ("signatory", "Authorised signatory"),
                        ],
                        max_length=20,
                    ),
                ),
                ("name", portal.accounts.fields.EncryptedTextField()),
                ("born", portal.accounts.fields.EncryptedTextField(blank=True)),
                ("country", models.CharField(max_length=2)),
                ("ownership_ppm", models.PositiveIntegerField(blank=True, null=True)),
                ("added_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="related_persons",
                        to="investors.investor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.PositiveIntegerField()),
                (
                    "changed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("snapshot", portal.accounts.fields.EncryptedTextField()),
                ("actor", models.CharField(max_length=100)),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "investor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="investors.investor",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="investor",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("natural", "joint", "entity"))), name="investor_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="investor",
            constraint=models.CheckConstraint(
                condition=models.Q(("country__regex", "^[A-Z]{2}$")), name="investor_country"
            ),
        ),
        migrations.AddConstraint(
            model_name="investor",
            constraint=models.CheckConstraint(
                condition=models.Q(("expected_minor__gte", 0)), name="investor_expects_no_less_than_nothing"
            ),
        ),
        migrations.AddConstraint(
            model_name="investor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("country", "US"), _negated=True), ("us_person", True), _connector="OR"
                ),
                name="investor_in_us_is_us_person",
            ),
        ),
        migrations.AddIndex(
            model_name="relatedperson",
            index=models.Index(fields=["investor", "ended_at"], name="related_person_by_investor"),
        ),
        migrations.AddConstraint(
            model_name="relatedperson",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ownership_ppm__isnull", True), ("ownership_ppm__lte", 1000000), _connector="OR"
                ),
                name="related_person_owns_at_most_all",
            ),
        ),
        migrations.AddConstraint(
            model_name="relatedperson",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "beneficial_owner"), _negated=True),
                    ("ownership_ppm__gt", 0),
                    _connector="OR",
                ),
                name="beneficial_owner_owns",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("investor", "version"), name="revision_once"),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
