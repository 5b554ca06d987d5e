"""One order against cash or units: delivery versus payment in one transaction of the ledger."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from indices.domain import valuation
from indices.domain.fee import fee_minor
from indices.domain.methodology import Rules
from indices.rebalances.trading import cash_account
from indices.subscriptions.models import DealingRun, Order
from portal.domain.actors import Actor
from portal.ledger.facts import Leg
from portal.ledger.selectors import instrument
from portal.ledger.services import open_account, settle

HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Settled:
    """units in 1e-8; gross_minor: cents the investor pays for a creation, or the units are worth at a redemption."""

    units: int
    gross_minor: int
    fee_minor: int
    transaction_id: UUID


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts that every order of a run meets, opened once per chunk."""

    unit_instrument_id: int
    issued: int
    cash: int
    fees: int
    pot: int


def accounts_of(run: DealingRun, *, actor: Actor, at: datetime) -> Accounts:
    """The index's accounts and the house's, for the orders of a run."""
    owner, unit = f"index:{run.index_id}", run.index.unit_instrument_id
    dollars = instrument(valuation.CASH).id
    return Accounts(
        unit_instrument_id=unit,
        issued=open_account(owner=owner, instrument_id=unit, purpose="issued"),
        cash=cash_account(owner, actor=actor, at=at),
        fees=open_account(owner=HOUSE, instrument_id=dollars, purpose="fees"),
        pot=open_account(owner=owner, instrument_id=dollars, purpose="payout", subject=f"run:{run.pk}"),
    )


def units_for(order: Order, run: DealingRun, rules: Rules, first_price_minor: int) -> tuple[int, int]:
    """(units, fee in cents) of a creation at the run's price."""
    fee = fee_minor(order.amount_minor, bps=rules.entry_bps)
    units = valuation.units_created(
        net_minor=order.amount_minor - fee,
        nav_minor=run.nav_minor,
        outstanding=run.units_before,
        first_price_minor=first_price_minor,
    )
    return units, fee


def worth_of(order: Order, run: DealingRun) -> int:
    """Cents of a redemption at the run's price, the exit fee still in it."""
    return valuation.units_worth(units=order.units, nav_minor=run.nav_minor, outstanding=run.units_before)


def settle_create(
    order: Order, run: DealingRun, accounts: Accounts, *, units: int, fee: int, actor: Actor, at: datetime
) -> Settled:
    """Cash to the index and the fee to the house, against new units."""
    owner = f"investor:{order.investor_id}"
    legs = [
        Leg(cash_account(owner, actor=actor, at=at), -order.amount_minor),
        Leg(accounts.cash, order.amount_minor - fee),
        Leg(accounts.fees, fee),
        Leg(accounts.issued, -units),
        Leg(open_account(owner=owner, instrument_id=accounts.unit_instrument_id, purpose="holding"), units),
    ]
    posted = _settle(order, run, legs, "index.create", actor, at)
    return Settled(units, order.amount_minor, fee, posted)


def settle_redeem(
    order: Order, run: DealingRun, accounts: Accounts, rules: Rules, *, actor: Actor, at: datetime
) -> Settled:
    """Units back to the index against cash from the run's pot; the exit fee goes to the house."""
    owner, gross = f"investor:{order.investor_id}", worth_of(order, run)
    fee = fee_minor(gross, bps=rules.exit_bps)
    legs = [
        Leg(
            open_account(owner=owner, instrument_id=accounts.unit_instrument_id, purpose="holding"),
            -order.units,
        ),
        Leg(accounts.issued, order.units),
        Leg(accounts.pot, -gross),
        Leg(accounts.fees, fee),
        Leg(cash_account(owner, actor=actor, at=at), gross - fee),
    ]
    posted = _settle(order, run, legs, "index.redeem", actor, at)
    return Settled(order.units, gross, fee, posted)


def _settle(order: Order, run: DealingRun, legs: list[Leg], kind: str, actor: Actor, at: datetime) -> UUID:
    return settle(
        key=f"order:{order.pk}",
        reservation_id=order.reservation_id,
        legs=[leg for leg in legs if leg.amount],
        kind=kind,
        reference=f"order:{order.pk}",
        memo=f"run:{run.pk}",
        actor=actor,
        at=at,
    ).transaction_id
