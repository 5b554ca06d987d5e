import uuid

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
CREATE FUNCTION approval_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an approval is never deleted' USING ERRCODE = '55000';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'requested' THEN
      RAISE EXCEPTION 'an approval begins as a request, not as %', NEW.state USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state <> 'requested' THEN
    RAISE EXCEPTION 'this approval is % already; it cannot change any more', OLD.state USING ERRCODE = '55000';
  END IF;
  IF (OLD.id, OLD.action, OLD.subject, OLD.organisation_id, OLD.maker, OLD.maker_label, OLD.facts, OLD.requested_at)
     IS DISTINCT FROM
     (NEW.id, NEW.action, NEW.subject, NEW.organisation_id, NEW.maker, NEW.maker_label, NEW.facts, NEW.requested_at)
  THEN
    RAISE EXCEPTION 'what was asked to be approved cannot change; withdraw it and ask anew' USING ERRCODE = '55000';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_guard BEFORE INSERT OR UPDATE OR DELETE ON portal_approval
  FOR EACH ROW EXECUTE FUNCTION approval_guard();
CREATE TRIGGER approval_no_truncate BEFORE TRUNCATE ON portal_approval
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
NO_TRIGGERS = """
DROP TRIGGER approval_no_truncate ON portal_approval;
DROP TRIGGER approval_guard ON portal_approval;
DROP FUNCTION approval_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0005_ledger")]

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("action", models.CharField(max_length=80)),
                ("subject", models.CharField(max_length=120)),
                ("maker", models.CharField(max_length=100)),
                ("maker_label", models.CharField(blank=True, max_length=200)),
                ("checker", models.CharField(blank=True, max_length=100)),
                ("checker_label", models.CharField(blank=True, max_length=200)),
                ("facts", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "requested"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("requested_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.organisation",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["subject", "action"], name="approval_by_subject")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("checker", models.F("maker")), _negated=True),
                        name="approval_checker_is_not_maker",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("maker", ""), _negated=True), name="approval_has_maker"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "requested")),
                            models.Q(
                                ("decided_at__isnull", False), ("state__in", ("approved", "rejected", "withdrawn"))
                            ),
                            _connector="OR",
                        ),
                        name="approval_decided_when_not_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("approved", "rejected")), models.Q(("checker", ""), _negated=True)
                            ),
                            models.Q(("checker", ""), ("state__in", ("requested", "withdrawn"))),
                            _connector="OR",
                        ),
                        name="approval_decided_by_checker",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "requested")),
                        fields=("action", "subject"),
                        name="approval_open_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
