from django.db import migrations, models

STATES = [("waiting", "waiting"), ("sent", "sent"), ("dead", "dead"), ("done", "done")]


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_audit")]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=120)),
                ("key", models.CharField(max_length=200)),
                ("payload", models.JSONField()),
                ("state", models.CharField(choices=STATES, default="waiting", max_length=10)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("available_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True)),
            ],
            options={
                "db_table": "outbox_message",
                "constraints": [models.UniqueConstraint(fields=("topic", "key"), name="outbox_message_once")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["available_at", "id"], name="outbox_waiting"
                    ),
                    models.Index(condition=models.Q(("state", "sent")), fields=["sent_at"], name="outbox_sent"),
                    models.Index(condition=models.Q(("state", "dead")), fields=["id"], name="outbox_dead"),
                ],
            },
        ),
    ]
