"""The terms under which assets are divided."""

import uuid

from django.db import models
from django.db.models import Q

from issuance.assets.models import Asset, Token
from issuance.issuers.models import Issuer
from issuance.units import UnitsField
from portal.domain.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    "security",
    {
        "draft": {"activate": "active", "withdraw": "withdrawn"},
        "active": {"pause": "paused", "retire": "retired"},
        "paused": {"resume": "active", "retire": "retired"},
        "withdrawn": {},
        "retired": {},
    },
)


class Security(models.Model):
    """
    A security: a share class, note, revenue share or fund unit. `code` names its instrument in the ledger;
    quantities are smallest units, 10**scale of them to one; `authorised` empty means unlimited.
    """

    class Kind(models.TextChoices):
        COMMON = "common", "common shares"
        PREFERRED = "preferred", "preferred shares"
        DEBT = "debt", "debt"
        REVENUE_SHARE = "revenue_share", "revenue share"
        FUND_UNIT = "fund_unit", "fund units"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="securities")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="securities")
    token = models.OneToOneField(Token, on_delete=models.PROTECT, related_name="security")
    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Kind)
    isin = models.CharField("ISIN", max_length=12, blank=True)
    scale = models.PositiveSmallIntegerField()
    authorised = UnitsField(null=True, blank=True)
    par_minor = UnitsField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    reporting = models.BooleanField(default=False)
    instrument_id = models.BigIntegerField(unique=True)
    state = models.CharField(max_length=12, choices=LIFECYCLE.choices(), default="draft")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "securities"
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(condition=Q(scale__lte=18), name="security_scale"),
            models.CheckConstraint(
                condition=Q(authorised=None) | Q(authorised__gt=0), name="security_authorised_positive"
            ),
            models.CheckConstraint(condition=Q(state__in=LIFECYCLE.states), name="security_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
