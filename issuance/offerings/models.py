"""What is sold, what investors ask for and sign, and what they get."""

import uuid

from django.db import models
from django.db.models import F, Q

from issuance.compliance.models import DecisionRecord
from issuance.securities.models import Security
from issuance.units import UnitsField
from portal.domain.lifecycle import Lifecycle

OFFERING_LIFECYCLE = Lifecycle(
    "offering",
    {
        "draft": {"open": "open", "cancel": "cancelled"},
        "open": {"close": "closed", "cancel": "cancelling"},
        "closed": {"settle": "settled"},
        "cancelling": {"finish_cancelling": "cancelled"},
        "settled": {},
        "cancelled": {},
    },
)
SUBSCRIPTION_LIFECYCLE = Lifecycle(
    "subscription",
    {
        "reserved": {"allot": "allotted", "release": "released", "withdraw": "withdrawn"},
        "allotted": {"settle": "settled", "refuse": "refused"},
        "settled": {},
        "released": {},
        "withdrawn": {},
        "refused": {},
    },
)


class Offering(models.Model):
    """
    Terms under which a security is sold. Quantities in the security's smallest units, money in minor units of
    its currency; an empty maximum is unlimited. The two totals are kept under the row's lock:
    `subscribers` numbers the subscriptions, `subscribed_quantity` is what waits to be settled.
    """

    class Exemption(models.TextChoices):
        C506 = "506(c)", "Rule 506(c)"
        B506 = "506(b)", "Rule 506(b)"
        REG_S = "Reg S", "Regulation S"

    class Method(models.TextChoices):
        PRO_RATA = "pro_rata", "pro rata"
        FIRST_COME = "first_come", "first come, first served"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="offerings")
    name = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    agreement = models.TextField()
    agreement_sha256 = models.CharField(max_length=64)
    exemption = models.CharField(max_length=8, choices=Exemption)
    method = models.CharField(max_length=12, choices=Method, default=Method.PRO_RATA)
    price_minor = UnitsField()
    step = UnitsField(default=1)
    min_quantity = UnitsField(null=True, blank=True)
    max_quantity = UnitsField()
    min_investment_minor = UnitsField(null=True, blank=True)
    max_investment_minor = UnitsField(null=True, blank=True)
    lock_up_days = models.PositiveIntegerField(null=True, blank=True)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=OFFERING_LIFECYCLE.choices(), default="draft")
    subscribers = models.PositiveIntegerField(default=0)
    subscribed_quantity = UnitsField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        ordering = ("-opens_at", "id")
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gt=0), name="offering_price"),
            models.CheckConstraint(condition=Q(max_quantity__gt=0), name="offering_maximum"),
            models.CheckConstraint(condition=Q(step__gt=0), name="offering_step"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="offering_dates"),
            models.CheckConstraint(
                condition=Q(min_quantity=None) | Q(min_quantity__lte=F("max_quantity")),
                name="offering_minimum",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OFFERING_LIFECYCLE.states), name="offering_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """
    What an investor asks for. Its cash is reserved in the ledger until it is settled against the security or
    released. `number` is its place in the offering: first come, and the order of equal remainders.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="subscriptions")
    number = models.PositiveIntegerField()
    investor = models.CharField(max_length=64, db_index=True)
    accredited = models.BooleanField()
    quantity = UnitsField()
    amount_minor = UnitsField()
    decision = models.ForeignKey(DecisionRecord, on_delete=models.PROTECT, related_name="+")
    reservation_id = models.UUIDField()
    state = models.CharField(max_length=12, choices=SUBSCRIPTION_LIFECYCLE.choices(), default="reserved")
    allotted_quantity = UnitsField(null=True)
    paid_minor = UnitsField(null=True)
    movement_id = models.UUIDField(null=True)
    subscribed_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("offering", "number")
        constraints = [
            models.UniqueConstraint(fields=["offering", "number"], name="subscription_number_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="subscription_quantity"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="subscription_amount"),
            models.CheckConstraint(
                condition=Q(allotted_quantity=None) | Q(allotted_quantity__lte=F("quantity")),
                name="subscription_allotment",
            ),
            models.CheckConstraint(
                condition=Q(paid_minor=None) | Q(paid_minor__lte=F("amount_minor")),
                name="subscription_paid",
            ),
        ]
        indexes = [models.Index(fields=["offering", "state", "number"], name="subscription_work")]

    def __str__(self) -> str:
        return f"subscription {self.number}"


class Signature(models.Model):
    """
    That an investor agreed: to which text (its SHA-256), to which risks, when, and from where. A table of record.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscription = models.OneToOneField(Subscription, on_delete=models.PROTECT, related_name="signature")
    signer = models.CharField(max_length=80)
    typed_name_sha256 = models.CharField(max_length=64)
    agreement_sha256 = models.CharField(max_length=64)
    risks_acknowledged = models.BooleanField()
    origin = models.CharField(max_length=64, blank=True)
    session = models.CharField(max_length=64, blank=True)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(risks_acknowledged=True), name="signature_acknowledges"),
        ]

    def __str__(self) -> str:
        return f"signature of {self.subscription}"
