"""Terms of an offering before they become a row."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from issuance.domain.allotment import METHODS
from portal.domain.errors import Invalid
from portal.domain.money import format_amount

EXEMPTIONS = ("506(c)", "506(b)", "Reg S")


@dataclass(frozen=True, slots=True)
class NewOffering:
    """Terms of an offering to be made; quantities in smallest units, money in minor units; None is unlimited."""

    security_id: UUID
    name: str
    exemption: str
    price_minor: int
    max_quantity: int
    opens_at: datetime
    closes_at: datetime
    agreement: str
    summary: str = ""
    method: str = "pro_rata"
    step: int = 1
    min_quantity: int | None = None
    min_investment_minor: int | None = None
    max_investment_minor: int | None = None
    lock_up_days: int | None = None


def check(terms: NewOffering, *, authorised: int | None, scale: int) -> None:
    """
    Refuse terms that make no sense by themselves, or that offer more than is authorised.

    authorised  smallest units, None is unlimited; scale: the security's decimals
    raises      Invalid naming the field
    """
    if not terms.name.strip() or len(terms.name) > 200:
        raise Invalid("The name has 1 to 200 characters.", field="name")
    if not terms.agreement.strip():
        raise Invalid("The subscription agreement has no text.", field="agreement")
    if terms.exemption not in EXEMPTIONS:
        raise Invalid(f"{terms.exemption[:20]!r} is not an exemption on record.", field="exemption")
    if terms.method not in METHODS:
        raise Invalid(f"{terms.method[:20]!r} is no way to allot.", field="method")
    if terms.price_minor <= 0:
        raise Invalid("The price has to be above zero.", field="price")
    if terms.step <= 0 or terms.max_quantity <= 0 or terms.max_quantity % terms.step:
        raise Invalid("The maximum has to be above zero and a whole number of steps.", field="max_quantity")
    if terms.min_quantity is not None and not 0 < terms.min_quantity <= terms.max_quantity:
        raise Invalid("The minimum lies between nothing and the maximum.", field="min_quantity")
    lowest, highest = terms.min_investment_minor, terms.max_investment_minor
    if lowest is not None and lowest <= 0:
        raise Invalid("The minimum for one investor has to be above zero.", field="min_investment")
    if highest is not None and highest < max(lowest or 1, 1):
        raise Invalid("The maximum for one investor lies below the minimum.", field="max_investment")
    if terms.opens_at.tzinfo is None or terms.closes_at.tzinfo is None:
        raise Invalid("Instants are told with their zone.", field="opens_at")
    if terms.closes_at <= terms.opens_at:
        raise Invalid("An offering closes after it has opened.", field="closes_at")
    if authorised is not None and terms.max_quantity > authorised:
        raise Invalid(
            f"{format_amount(authorised, scale=scale)} are authorised; more cannot be offered.",
            field="max_quantity",
        )
