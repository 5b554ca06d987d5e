"""Votes: meetings, resolutions, voters at the record instant, ballots that are only added to, proxies."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import issuance.units

TABLES_OF_RECORD = ("issuance_voter", "issuance_ballot")
WHILE_OPEN = """
CREATE FUNCTION ballot_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM issuance_resolution r JOIN issuance_meeting m ON m.id = r.meeting_id
                 JOIN issuance_voter v ON v.meeting_id = m.id
                 WHERE r.id = NEW.resolution_id AND v.id = NEW.voter_id AND m.state = 'open') THEN
    RAISE EXCEPTION 'a ballot is cast by a voter of the meeting while it is open' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ballot_while_open BEFORE INSERT ON issuance_ballot FOR EACH ROW EXECUTE FUNCTION ballot_while_open();
"""


class Migration(migrations.Migration):
    dependencies = [("issuance", "0011_distributions")]

    operations = [
        migrations.CreateModel(
            name="Meeting",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("meeting", "meeting"), ("consent", "written consent")], max_length=8
                    ),
                ),
                ("secret", models.BooleanField()),
                ("early_close", models.BooleanField()),
                ("record_at", models.DateTimeField()),
                ("opens_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("announced", "announced"),
                            ("open", "open"),
                            ("closed", "closed"),
                            ("certified", "certified"),
                            ("cancelled", "cancelled"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("approval_id", models.UUIDField(null=True)),
                ("powers_sha256", models.CharField(blank=True, max_length=64)),
                ("result", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=80)),
                ("announced_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("certified_at", models.DateTimeField(null=True)),
                (
                    "issuer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="meetings",
                        to="issuance.issuer",
                    ),
                ),
            ],
            options={
                "db_table": "issuance_meeting",
                "ordering": ("-opens_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="MeetingClass",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("place", models.PositiveSmallIntegerField()),
                ("votes_numerator", models.PositiveIntegerField()),
                ("votes_denominator", models.PositiveIntegerField(default=1)),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="classes",
                        to="issuance.meeting",
                    ),
                ),
                (
                    "security",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="issuance.security"
                    ),
                ),
            ],
            options={
                "db_table": "issuance_meetingclass",
                "ordering": ("meeting", "place"),
            },
        ),
        migrations.CreateModel(
            name="Resolution",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("quorum_numerator", models.PositiveIntegerField()),
                ("quorum_denominator", models.PositiveIntegerField()),
                ("threshold_numerator", models.PositiveIntegerField()),
                ("threshold_denominator", models.PositiveIntegerField()),
                (
                    "base",
                    models.CharField(
                        choices=[("cast", "cast"), ("outstanding", "outstanding")], max_length=12
                    ),
                ),
                ("more_than", models.BooleanField()),
                ("abstentions_count", models.BooleanField()),
                (
                    "class_votes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), default=list, size=None
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "nothing by itself"),
                            ("offering.close", "close an offering"),
                            ("offering.cancel", "cancel an offering"),
                            ("dividend.announce", "announce a dividend"),
                            ("dividend.cancel", "cancel a dividend"),
                        ],
                        max_length=20,
                    ),
                ),
                ("action_subject", models.UUIDField(null=True)),
                ("passed", models.BooleanField(null=True)),
                ("carried_at", models.DateTimeField(null=True)),
                ("carried_note", models.CharField(blank=True, max_length=400)),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resolutions",
                        to="issuance.meeting",
                    ),
                ),
            ],
            options={
                "db_table": "issuance_resolution",
                "ordering": ("meeting", "number"),
            },
        ),
        migrations.CreateModel(
            name="Voter",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("holder", models.CharField(max_length=64)),
                ("code", models.UUIDField(unique=True)),
                (
                    "quantities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=issuance.units.UnitsField(), size=None
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="voters",
                        to="issuance.meeting",
                    ),
                ),
            ],
            options={
                "db_table": "issuance_voter",
                "ordering": ("meeting", "holder"),
            },
        ),
        migrations.CreateModel(
            name="Proxy",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.UUIDField(unique=True)),
                ("content", models.TextField()),
                ("commitment", models.CharField(max_length=64)),
                ("given_at", models.DateTimeField()),
                ("given_by", models.CharField(max_length=80)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proxies",
                        to="issuance.meeting",
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="carried",
                        to="issuance.voter",
                    ),
                ),
                (
                    "principal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proxies",
                        to="issuance.voter",
                    ),
                ),
            ],
            options={
                "db_table": "issuance_proxy",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Ballot",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.UUIDField(unique=True)),
                ("content", models.TextField()),
                ("commitment", models.CharField(max_length=64)),
                ("cast_at", models.DateTimeField()),
                ("cast_by", models.CharField(max_length=80)),
                (
                    "resolution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ballots",
                        to="issuance.resolution",
                    ),
                ),
                (
                    "voter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ballots",
                        to="issuance.voter",
                    ),
                ),
            ],
            options={
                "db_table": "issuance_ballot",
                "ordering": ("id",),
            },
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("draft", "announced", "open", "closed", "certified", "cancelled"))
                ),
                name="meeting_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("opens_at__lt", models.F("closes_at")), ("record_at__lte", models.F("opens_at"))
                ),
                name="meeting_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.CheckConstraint(
                condition=models.Q(("early_close", True), ("secret", True), _negated=True),
                name="meeting_secret_to_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="meetingclass",
            constraint=models.UniqueConstraint(fields=("meeting", "place"), name="meetingclass_place"),
        ),
        migrations.AddConstraint(
            model_name="meetingclass",
            constraint=models.UniqueConstraint(fields=("meeting", "security"), name="meetingclass_once"),
        ),
        migrations.AddConstraint(
            model_name="meetingclass",
            constraint=models.CheckConstraint(
                condition=models.Q(("votes_denominator__gt", 0)), name="meetingclass_votes"
            ),
        ),
        migrations.AddConstraint(
            model_name="resolution",
            constraint=models.UniqueConstraint(fields=("meeting", "number"), name="resolution_number"),
        ),
        migrations.AddConstraint(
            model_name="resolution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quorum_denominator__gt", 0),
                    ("threshold_denominator__gt", 0),
                    ("threshold_numerator__gt", 0),
                ),
                name="resolution_shares",
            ),
        ),
        migrations.AddIndex(
            model_name="voter",
            index=models.Index(fields=["holder"], name="voter_by_holder"),
        ),
        migrations.AddConstraint(
            model_name="voter",
            constraint=models.UniqueConstraint(fields=("meeting", "holder"), name="voter_once"),
        ),
        migrations.AddConstraint(
            model_name="proxy",
            constraint=models.CheckConstraint(
                condition=models.Q(("principal", models.F("agent")), _negated=True), name="proxy_to_another"
            ),
        ),
        migrations.AddConstraint(
            model_name="proxy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)),
                fields=("principal", "agent"),
                name="proxy_stands_once",
            ),
        ),
        migrations.RunSQL(
            WHILE_OPEN,
            "DROP TRIGGER ballot_while_open ON issuance_ballot; DROP FUNCTION ballot_while_open();",
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change(); "
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();",
                f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};",
            )
            for table in TABLES_OF_RECORD
        ),
    ]
