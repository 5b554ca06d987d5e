"""What goes into the register's door and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from issuance.compliance.facts import DecisionFacts
from issuance.domain.compliance.facts import Dated, OfferingTerms, Purchase
from portal.ledger.facts import Leg


@dataclass(frozen=True, slots=True)
class Pending:
    """
    What is subscribed for and not settled yet, as the offerings tell it: for the whole security (quantity, and
    holders who are none yet) and for the one who asks.

    by_country  holders who are none yet, by country
    purchases   by those who are not accredited, over all securities of the issuer
    raised      minor units by day and exemption, over all securities of the issuer
    own_bought  the same of the one who asks, over all issuers
    """

    quantity: int = 0
    holders: int = 0
    non_accredited: int = 0
    own_quantity: int = 0
    by_country: Mapping[str, int] = field(default_factory=dict)
    purchases: tuple[Purchase, ...] = ()
    raised: tuple[Dated, ...] = ()
    own_bought: tuple[Dated, ...] = ()


@dataclass(frozen=True, slots=True)
class Intended:
    """
    A movement as it is meant, before anything is asked or written.

    kind          issue | transfer | redeem
    source        holder who gives; "" for an issue
    target        holder who gets; "" for a redemption
    quantity      smallest units, > 0
    amount_minor  what is paid for it, None where nothing is
    cash_minor    what the buyer has free to pay with; None where it is not asked
    subject       what it is about, for the decision: "subscription:<uuid>"
    resale        the exemption a transfer relies on instead of Rule 144: "144A" or "4(a)(7)"
    cause         "family", "inheritance" or "divorce" where that is why it moves
    income_minor, net_worth_minor  as the receiver told them for this purchase
    """

    kind: str
    security_id: UUID
    quantity: int
    subject: str
    source: str = ""
    target: str = ""
    amount_minor: int | None = None
    cash_minor: int | None = None
    offering: OfferingTerms | None = None
    pending: Pending = field(default_factory=Pending)
    resale: str = ""
    cause: str = ""
    income_minor: int | None = None
    net_worth_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """
    The cash side of a movement: delivery against payment in one transaction.

    legs            sum to zero by themselves
    reservation_id  what they are taken from, where the money was set aside
    """

    legs: tuple[Leg, ...]
    reservation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LotTerms:
    """
    What a new lot is told with.

    price_minor   for one whole unit
    acquired_on   None: the day of the movement
    """

    exemption: str = ""
    price_minor: int | None = None
    acquired_on: date | None = None
    affiliate: bool = False
    locked_until: date | None = None


@dataclass(frozen=True, slots=True)
class MovementFacts:
    """One line of the register. `replayed`: it had been written under this key before, and nothing was done now."""

    id: UUID
    security_id: UUID
    number: int
    kind: str
    source: str
    target: str
    quantity: int | None
    consideration_minor: int | None
    reason: str
    decision_id: UUID | None
    transaction_id: UUID | None
    effective_at: datetime
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Assessed:
    """The answer of the rules with what was looked at on the way."""

    decision: DecisionFacts
    receiver_country: str
    receiver_accredited: bool
    receiver_is_new: bool


@dataclass(frozen=True, slots=True)
class LotFacts:
    id: UUID
    acquired_on: date
    exemption: str
    price_minor: int | None
    locked_until: date | None
    quantity: int
    affiliate: bool = False


@dataclass(frozen=True, slots=True)
class HoldingFacts:
    """A holder's position in one security: smallest units and his share of what is outstanding."""

    security_id: UUID
    security_code: str
    security_name: str
    issuer_name: str
    scale: int
    holder: str
    quantity: int
    outstanding: int
    share_ppm: int


@dataclass(frozen=True, slots=True)
class LotStep:
    """What one movement put into a lot (quantity > 0) or took out of it, with what the lot is told with."""

    number: int
    kind: str
    lot_id: UUID
    origin_id: UUID | None
    holder: str
    quantity: int
    acquired_on: date
    exemption: str
    price_minor: int | None
    reason: str
    consideration_minor: int | None
    effective_at: datetime
