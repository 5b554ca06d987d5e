"""What holdings are worth where a price is known: an offering's price, or an index's last published close."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse

from indices.subscriptions.selectors import unit_holdings
from issuance.domain.allotment import consideration
from issuance.offerings.facts import OfferingFacts
from issuance.offerings.selectors import offerings
from issuance.securities.selectors import securities
from portal.web.holdings import Position

PRICED = ("open", "closed", "settled")


@dataclass(frozen=True, slots=True)
class Worth:
    """
    What a holding is worth, in minor units of `currency`; None where no price is known.

    basis      what the price is of: an offering, or an index's close
    as_of      the day of that price
    simulated  the price comes from a simulated market
    href       the page of the holding
    """

    minor: int | None
    currency: str = "USD"
    basis: str = ""
    as_of: date | None = None
    simulated: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A position with its worth, as a table prints it."""

    position: Position
    worth: Worth

    @property
    def href(self) -> str:
        return self.worth.href or self.position.href


def priced(rows: Iterable[Position], *, investor_id: UUID, at: datetime) -> list[Line]:
    """The same rows with what they are worth."""
    known = list(rows)
    units = _of_units(investor_id, at)
    held = _of_securities([row for row in known if row.instrument.kind == "security"])
    return [Line(row, units.get(row.code) or held.get(row.code) or Worth(None)) for row in known]


def total(lines: Iterable[Line], *, currency: str = "USD") -> int | None:
    """The sum of what is known in this currency; None where nothing is."""
    found = [
        line.worth.minor for line in lines if line.worth.minor is not None and line.worth.currency == currency
    ]
    return sum(found) if found else None


def _of_units(investor_id: UUID, at: datetime) -> dict[str, Worth]:
    return {
        held.code: Worth(
            held.value_minor,
            basis="index close",
            as_of=held.as_of,
            simulated=held.simulated,
            href=reverse("index", args=[held.code]),
        )
        for held in unit_holdings(investor_id=investor_id, at=at)
    }


def _of_securities(rows: list[Position]) -> dict[str, Worth]:
    """By code of the security: at the price of its last offering, whose day is the day it opened."""
    if not rows:
        return {}
    found = {one.code: one for one in securities(instrument_ids=[row.instrument.id for row in rows])}
    latest = _last_offerings({one.issuer_id for one in found.values()})
    worths = {}
    for row in rows:
        security = found.get(row.code)
        if security is None:
            continue
        href, last = reverse("holding", args=[security.id]), latest.get(security.id)
        worths[row.code] = (
            Worth(None, href=href)
            if last is None
            else Worth(
                consideration(row.posted, price_minor=last.price_minor, scale=last.scale),
                currency=last.currency,
                basis="offering price",
                as_of=last.opens_at.date(),
                href=href,
            )
        )
    return worths


def _last_offerings(issuer_ids: Iterable[UUID]) -> Mapping[UUID, OfferingFacts]:
    latest: dict[UUID, OfferingFacts] = {}
    for one in sorted(offerings(states=PRICED, issuer_ids=set(issuer_ids)), key=lambda one: one.opens_at):
        latest[one.security_id] = one
    return latest
