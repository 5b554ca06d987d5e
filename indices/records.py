"""What this house holds about an investor, for his data export; and what of it keeps his account open."""

from collections.abc import Iterable

from indices.subscriptions import selectors as subscriptions
from investors.closure.facts import Obstacle, Section
from investors.closure.ports import obstacle, section
from investors.profiles.facts import InvestorFacts
from portal.domain.money import told_amount
from portal.ledger import selectors as ledger

MOST = 100_000


@section
def index_orders(investor: InvestorFacts) -> Section:
    found = subscriptions.orders(investor_id=investor.id, limit=MOST)
    return Section("index_orders", "Your orders for index units and how they were dealt", found)


@section
def index_units(investor: InvestorFacts) -> Section:
    units = _units()
    held = [
        one for one in ledger.balances(owner=investor.owner, purpose="holding") if one.instrument_id in units
    ]
    return Section("index_units", "Index units that you hold", held)


@obstacle
def units_held(investor: InvestorFacts) -> Iterable[Obstacle]:
    units = _units()
    for one in ledger.balances(owner=investor.owner, purpose="holding"):
        if one.posted and one.instrument_id in units:
            yield Obstacle(
                f"You hold {told_amount(one.posted, scale=units[one.instrument_id])} units of {one.instrument_code}.",
                "Redeem them first.",
            )


@obstacle
def orders_open(investor: InvestorFacts) -> Iterable[Obstacle]:
    for one in subscriptions.orders(investor_id=investor.id, states=("placed",), limit=MOST):
        yield Obstacle(
            f"Your order for {one.index_name} of {one.placed_at:%d %b %Y} is not dealt yet.",
            "Cancel it, or wait for the next close.",
        )


def _units() -> dict[int, int]:
    """Scale by instrument of everything that is a unit of an index."""
    return {one.id: one.scale for one in ledger.instruments(kind="index_unit")}
