"""What others see of a dividend and of what each holder is due."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewDividend:
    """
    A dividend to be declared. Either `pot_minor`, split over all holdings, or `per_unit`, minor units for one
    whole unit, which may be a fraction of a cent.

    record_at  the cut-off instant of the record date in the issuer's calendar, in UTC
    rounding   largest_remainder | down; an amount for each unit is always rounded down
    """

    security_id: UUID
    name: str
    record_date: date
    record_at: datetime
    payment_date: date
    pot_minor: int | None = None
    per_unit: Fraction | None = None
    rounding: str = "largest_remainder"
    ex_date: date | None = None


@dataclass(frozen=True, slots=True)
class DividendFacts:
    """Money in minor units; gross + residue == pot and withheld + net == gross once it is entitled."""

    id: UUID
    security_id: UUID
    security_code: str
    security_name: str
    issuer_id: UUID
    issuer_name: str
    scale: int
    name: str
    currency: str
    basis: str
    rounding: str
    rounding_label: str
    pot_minor: int | None
    per_unit: Fraction | None
    ex_date: date | None
    record_date: date
    record_at: datetime
    payment_date: date
    state: str
    approval_id: UUID | None
    holders: int
    gross_minor: int | None
    withheld_minor: int | None
    net_minor: int | None
    residue_minor: int | None
    created_by: str
    approved_at: datetime | None
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class EntitlementFacts:
    """What one holder is due of one dividend; paid_at is None until his part of the payout was posted."""

    dividend_id: UUID
    dividend_name: str
    security_code: str
    currency: str
    scale: int
    holder: str
    quantity: int
    rate_ppm: int
    rate_reason: str
    rate_source: str
    gross_minor: int
    withheld_minor: int
    net_minor: int
    payment_date: date
    state: str
    transaction_id: UUID | None
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayoutProgress:
    """How far a payout is: holders and gross minor units, paid of all."""

    holders_paid: int
    holders: int
    gross_paid_minor: int
    gross_minor: int
    chunks_paid: int
    chunks: int
