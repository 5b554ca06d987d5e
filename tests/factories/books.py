"""Entries in the ledger for tests of pages: an investor with cash, a holding and index units, made through services."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from investors.profiles.facts import InvestorFacts
from investors.profiles.services import create_investor
from portal.accounts.facts import UserFacts
from portal.ledger import services
from portal.ledger.facts import Leg, Posted
from tests.factories import accounts

USD = 2


@dataclass(frozen=True)
class Owner:
    user: UserFacts
    investor: InvestorFacts

    @property
    def owner(self) -> str:
        return self.investor.owner


def owner(at: datetime, *, name: str = "") -> Owner:
    """Somebody who has an investor's profile and owns nothing yet."""
    user = accounts.person(name)
    investor = create_investor(
        kind="natural", country="US", user_id=user.id, us_person=True, actor=accounts.actor(user), at=at
    )
    return Owner(user, investor)


def deposit(to: str, cents: int, at: datetime, *, memo: str = "") -> Posted:
    """Cash from the outside bank."""
    dollars = services.define_instrument(
        code="USD", kind="cash", scale=USD, name="US dollar", actor=accounts.SETUP, at=at
    )
    bank = services.open_account(owner="outside", instrument_id=dollars.id, purpose="bank")
    cash = services.open_account(owner=to, instrument_id=dollars.id, purpose="cash")
    return services.post(
        key=f"deposit:{uuid4()}",
        kind="funding.deposit",
        reference=f"deposit:{uuid4()}",
        legs=[Leg(bank, -cents), Leg(cash, cents)],
        actor=accounts.SETUP,
        at=at,
        memo=memo,
    )


def hold(
    to: str, quantity: int, at: datetime, *, code: str, name: str, scale: int, kind: str = "security"
) -> Posted:
    """Units of a security or an index, out of its issued account."""
    instrument = services.define_instrument(
        code=code, kind=kind, scale=scale, name=name, actor=accounts.SETUP, at=at
    )
    issued = services.open_account(owner=f"issuer:{uuid4()}", instrument_id=instrument.id, purpose="issued")
    holding = services.open_account(owner=to, instrument_id=instrument.id, purpose="holding")
    return services.post(
        key=f"issue:{uuid4()}",
        kind="register.issue",
        reference=f"offering:{uuid4()}",
        legs=[Leg(issued, -quantity), Leg(holding, quantity)],
        actor=accounts.SETUP,
        at=at,
    )
