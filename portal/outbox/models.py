"""Effects that wait to leave: one row each, written in the transaction of their cause."""

from django.db import models

from portal.domain.lifecycle import Lifecycle

MESSAGE = Lifecycle(
    "message",
    {
        "waiting": {"send": "sent", "finish": "done"},
        "sent": {"finish": "done", "resend": "waiting", "fail": "waiting", "give_up": "dead"},
        "dead": {"retry": "waiting"},
        "done": {},
    },
)


class Message(models.Model):
    """
    topic     the Celery task's name
    payload   keyword arguments of the task: ids only
    attempts  deliveries so far
    """

    topic = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=MESSAGE.choices(), default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        db_table = "outbox_message"
        constraints = [models.UniqueConstraint(fields=["topic", "key"], name="outbox_message_once")]
        indexes = [
            models.Index(
                fields=["available_at", "id"], condition=models.Q(state="waiting"), name="outbox_waiting"
            ),
            models.Index(fields=["sent_at"], condition=models.Q(state="sent"), name="outbox_sent"),
            models.Index(fields=["id"], condition=models.Q(state="dead"), name="outbox_dead"),
        ]
