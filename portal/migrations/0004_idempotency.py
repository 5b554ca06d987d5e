from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_outbox")]

    operations = [
        migrations.CreateModel(
            name="Key",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=200)),
                ("key", models.CharField(max_length=200)),
                ("request_hash", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField(null=True)),
                ("response", models.JSONField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "idempotency_key",
                "constraints": [models.UniqueConstraint(fields=("scope", "key"), name="idempotency_key_once")],
            },
        ),
    ]
