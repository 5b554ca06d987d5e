"""The legal entities that issue."""

import uuid

from django.db import models

from portal.domain.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    "issuer",
    {
        "in_review": {"approve": "approved", "refuse": "refused"},
        "approved": {"suspend": "suspended"},
        "suspended": {"approve": "approved"},
        "refused": {},
    },
)


class Issuer(models.Model):
    """A legal entity on the portal. Its id is also its organisation's: the tenant and the issuer are one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.OneToOneField("portal.Organisation", on_delete=models.PROTECT, related_name="+")
    legal_name = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    lei = models.CharField("LEI", max_length=20, blank=True)
    state = models.CharField(max_length=12, choices=LIFECYCLE.choices(), default="in_review")
    review_note = models.TextField(blank=True)
    reviewed_by = models.CharField(max_length=80, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("legal_name", "id")
        constraints = [
            models.UniqueConstraint(fields=["lei"], condition=~models.Q(lei=""), name="issuer_lei_unique"),
            models.CheckConstraint(condition=models.Q(state__in=LIFECYCLE.states), name="issuer_state_known"),
        ]

    def __str__(self) -> str:
        return self.legal_name
