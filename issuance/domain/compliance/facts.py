"""What the rules look at: plain values gathered by the register under its lock, for one intended movement."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from investors.domain.claims import Claims
from issuance.domain.lots import Lot

Kind = Literal["issue", "transfer", "redeem"]
UNLIMITED = None


@dataclass(frozen=True, slots=True)
class Dated:
    """What was done on one day (UTC) by past movements: smallest units, or minor units of money; with the exemption."""

    on: date
    amount: int
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase by one who was not accredited: who, when, under which exemption."""

    holder: str
    on: date
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """
    One side of a movement, as he stands before it.

    holder           "investor:<uuid>"
    claims           what is established of him on the day; None for the issuer's own treasury
    holding          smallest units held now
    pending          smallest units asked for in subscriptions that are not settled yet
    lots             the lots of the holding; only rules about time look at them
    frozen           every unit of his holding is frozen
    frozen_quantity  smallest units frozen beside that
    affiliate        an affiliate of the issuer
    sent             smallest units of this security that he gave away by transfers, by day
    bought           what he paid for securities of any issuer here, in minor units, by day and exemption
    income_minor, net_worth_minor   as he told them for this purchase; None where he told nothing
    """

    holder: str
    claims: Claims | None = None
    holding: int = 0
    pending: int = 0
    lots: tuple[Lot, ...] = ()
    frozen: bool = False
    frozen_quantity: int = 0
    affiliate: bool = False
    sent: tuple[Dated, ...] = ()
    bought: tuple[Dated, ...] = ()
    income_minor: int | None = None
    net_worth_minor: int | None = None

    @property
    def country(self) -> str:
        return self.claims.country if self.claims else ""

    @property
    def accredited(self) -> bool:
        return self.claims is not None and self.claims.is_accredited


@dataclass(frozen=True, slots=True)
class Count:
    """Holders of record of one class: all of them, those not accredited, and by country."""

    holders: int = 0
    non_accredited: int = 0
    by_country: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecurityState:
    """
    authorised  smallest units that may be outstanding; None is unlimited
    issued      smallest units outstanding now
    pending     smallest units subscribed for and not settled yet
    counted     holders of record, with those whose first subscription is not settled yet
    scale       decimals of one unit
    reporting   the issuer has reported to the SEC for 90 days: Rule 144's shorter period
    first_issued_on  the day of the first issue; None before it
    traded      smallest units that changed hands between holders, by day
    raised      what the issuer took for its securities, in minor units, by day and exemption
    purchases   purchases from the issuer by persons who were not accredited
    present     those of the holders whom the rules name who hold the security now
    """

    code: str
    scale: int = 0
    authorised: int | None = UNLIMITED
    issued: int = 0
    pending: int = 0
    counted: Count = field(default_factory=Count)
    paused: bool = False
    reporting: bool = False
    first_issued_on: date | None = None
    traded: tuple[Dated, ...] = ()
    raised: tuple[Dated, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    present: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OfferingTerms:
    """
    The offering a subscription is made in; absent for other movements. Instants are UTC.

    remaining  smallest units that nobody has asked for yet; None where more may be asked for than there is
    admits_others  persons who are not accredited may buy: the issuer furnishes the information of Rule 502(b)
    """

    exemption: str
    opens_at: datetime
    closes_at: datetime
    min_investment_minor: int | None = None
    max_investment_minor: int | None = UNLIMITED
    remaining: int | None = UNLIMITED
    admits_others: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """
    One intended movement and everything the rules may ask about it.

    kind          issue (also each subscription), transfer, redeem
    quantity      smallest units, > 0
    amount_minor  what is paid for it, in minor units; None where nothing is paid
    at, on        the instant and the day that the rules are asked for
    sender        None for an issue; receiver is None for a redemption
    cash_minor    what the buyer has free to pay with, in minor units; None where it is not asked
    resale        the exemption that a transfer relies on ("144A", "4(a)(7)"); "" for Rule 144
    cause         why it moves, where a rule asks: "family", "inheritance", "divorce"; "" for a sale
    approved_by   roles whose approval of exactly this movement waits to be used
    """

    kind: Kind
    security: SecurityState
    quantity: int
    at: datetime
    on: date
    amount_minor: int | None = None
    sender: Party | None = None
    receiver: Party | None = None
    offering: OfferingTerms | None = None
    cash_minor: int | None = None
    resale: str = ""
    cause: str = ""
    approved_by: tuple[str, ...] = ()

    def at_quantity(self, quantity: int) -> "Facts":
        """The same movement of another quantity, at the same price (rounded up to a minor unit)."""
        amount = self.amount_minor
        if amount is not None:
            amount = -(-amount * quantity // self.quantity)
        return replace(self, quantity=quantity, amount_minor=amount)

    def as_dict(self) -> dict[str, Any]:
        """What people read of the facts of a decision, JSON-able and without personal data."""
        return {
            "kind": self.kind,
            "security": self.security.code,
            "quantity": str(self.quantity),
            "amount_minor": None if self.amount_minor is None else str(self.amount_minor),
            "at": self.at.isoformat(),
            "on": self.on.isoformat(),
            "issued": str(self.security.issued),
            "pending": str(self.security.pending),
            "holders": self.security.counted.holders,
            "non_accredited": self.security.counted.non_accredited,
            "sender": _party(self.sender),
            "receiver": _party(self.receiver),
            "offering": self.offering.exemption if self.offering else None,
        }


def _party(party: Party | None) -> dict[str, Any] | None:
    if party is None:
        return None
    return {
        "holder": party.holder,
        "holding": str(party.holding),
        "pending": str(party.pending),
        "claims": party.claims.as_dict() if party.claims else None,
    }
