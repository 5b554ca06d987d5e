import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

TRIGGERS = """
CREATE FUNCTION membership_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  place text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a membership is ended, never deleted' USING ERRCODE = '55000';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.ended_at IS NOT NULL THEN
      RAISE EXCEPTION 'this membership ended on %; it cannot change any more', OLD.ended_at USING ERRCODE = '55000';
    END IF;
    IF (OLD.user_id, OLD.organisation_id, OLD.role, OLD.created_at)
       IS DISTINCT FROM (NEW.user_id, NEW.organisation_id, NEW.role, NEW.created_at) THEN
      RAISE EXCEPTION 'of a membership only the end can be written' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
  END IF;
  SELECT kind INTO place FROM portal_organisation WHERE id = NEW.organisation_id;
  IF (NEW.role IN ('issuer_admin', 'issuer_viewer')) <> (place = 'issuer') THEN
    RAISE EXCEPTION '% is no role in an organisation of kind %', NEW.role, place USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER membership_guard BEFORE INSERT OR UPDATE OR DELETE ON portal_membership
  FOR EACH ROW EXECUTE FUNCTION membership_guard();

CREATE FUNCTION organisation_kind_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.kind <> NEW.kind THEN
    RAISE EXCEPTION 'the kind of an organisation cannot change' USING ERRCODE = '55000';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER organisation_kind_stays BEFORE UPDATE ON portal_organisation
  FOR EACH ROW EXECUTE FUNCTION organisation_kind_stays();
"""
NO_TRIGGERS = """
DROP TRIGGER organisation_kind_stays ON portal_organisation;
DROP FUNCTION organisation_kind_stays();
DROP TRIGGER membership_guard ON portal_membership;
DROP FUNCTION membership_guard();
"""
ROLES = [
    ("issuer_admin", "issuer admin"),
    ("issuer_viewer", "issuer viewer"),
    ("compliance_officer", "compliance officer"),
    ("operator", "operator"),
    ("auditor", "auditor"),
]


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("session_epoch", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="user_email_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("house", "House"), ("issuer", "Issuer")], max_length=10)),
                ("name", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "house")), fields=("kind",), name="one_house"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["house", "issuer"])), name="organisation_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="organisation_named"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("role", models.CharField(choices=ROLES, max_length=24)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="portal.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("user", "organisation", "role"),
                        name="membership_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", [role for role, _ in ROLES])), name="membership_role"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("created_at")), _connector="OR"
                        ),
                        name="membership_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bucket", models.CharField(max_length=80)),
                ("window_start", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name_plural": "attempts",
                "indexes": [models.Index(fields=["window_start"], name="attempts_by_window")],
                "constraints": [
                    models.UniqueConstraint(fields=("bucket", "window_start"), name="attempts_once")
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
