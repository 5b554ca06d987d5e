import django.db.models.deletion
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

# Dates of birth move from two columns into one; the table of record is opened for that by its owner alone.
MOVE_BIRTHS = """
ALTER TABLE investors_listedname DISABLE TRIGGER investors_listedname_append_only;
UPDATE investors_listedname SET births = ARRAY[coalesce(born::text, birth_year::text)]
  WHERE born IS NOT NULL OR birth_year IS NOT NULL;
UPDATE investors_listedname SET words = lower(name);
ALTER TABLE investors_listedname ENABLE TRIGGER investors_listedname_append_only;
"""
MOVE_BACK = """
ALTER TABLE investors_listedname DISABLE TRIGGER investors_listedname_append_only;
UPDATE investors_listedname SET birth_year = left(births[1], 4)::int WHERE cardinality(births) > 0;
UPDATE investors_listedname SET born = births[1]::date WHERE births[1] ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';
ALTER TABLE investors_listedname ENABLE TRIGGER investors_listedname_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("investors", "0004_accreditation")]

    operations = [
        migrations.AddField("screeninglist", "form", models.CharField(default="own-csv", max_length=20)),
        migrations.AddField("screeninglist", "parties", models.PositiveIntegerField(default=0)),
        migrations.AddField("screeninglist", "remarks", models.TextField(blank=True, default="")),
        migrations.AlterField("screeninglist", "remarks", models.TextField(blank=True)),
        migrations.AddField("listedname", "kind", models.CharField(blank=True, default="", max_length=8)),
        migrations.AddField(
            "listedname", "births", ArrayField(models.CharField(max_length=10), default=list)
        ),
        migrations.AddField(
            "listedname", "countries", ArrayField(models.CharField(max_length=2), default=list)
        ),
        migrations.AddField(
            "listedname", "programs", models.CharField(blank=True, default="", max_length=300)
        ),
        migrations.AlterField("listedname", "kind", models.CharField(blank=True, max_length=8)),
        migrations.AlterField("listedname", "programs", models.CharField(blank=True, max_length=300)),
        migrations.AddField("listedname", "words", models.TextField(default="")),
        migrations.RunSQL(MOVE_BIRTHS, MOVE_BACK),
        migrations.RemoveField("listedname", "born"),
        migrations.RemoveField("listedname", "birth_year"),
        migrations.AddIndex(
            "listedname", models.Index(fields=["list", "reference"], name="listed_name_by_reference")
        ),
        migrations.CreateModel(
            name="RescreenChunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("first", models.UUIDField()),
                ("last", models.UUIDField()),
                ("investors", models.PositiveIntegerField()),
                ("new_hits", models.PositiveIntegerField(default=0)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chunks",
                        to="investors.screeninglist",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("list", "number"), name="rescreen_chunk_once")
                ],
            },
        ),
    ]
