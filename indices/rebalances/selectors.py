"""Reads of rebalances, of the basket in force on a day, and of what an index holds and is worth."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

from indices.domain import valuation
from indices.domain.schedule import effective_date, reference_dates
from indices.methodologies.models import Index, MethodologyVersion
from indices.methodologies.selectors import version_facts
from indices.prices.facts import PriceFacts
from indices.prices.selectors import prices_on
from indices.rebalances.facts import (
    BasketFacts,
    ConstituentFacts,
    HoldingFacts,
    RebalanceFacts,
    TradeFacts,
    ValuationFacts,
)
from indices.rebalances.models import Basket, Constituent, Rebalance, Trade
from portal.domain.errors import NotFound
from portal.ledger import selectors as ledger

LEDGER_PREFIX = "crypto:"


class NoSuchRebalance(NotFound):
    code = "no-such-rebalance"


def rebalance(rebalance_id: UUID) -> RebalanceFacts:
    """raises  NoSuchRebalance"""
    found = Rebalance.objects.select_related("version").filter(pk=rebalance_id).first()
    if found is None:
        raise NoSuchRebalance("There is no rebalance with this id.")
    return rebalance_facts(found)


def rebalances(
    *, index_id: UUID | None = None, states: Collection[str] | None = None, limit: int = 60
) -> list[RebalanceFacts]:
    """Rebalances, the newest period first."""
    query = Rebalance.objects.select_related("version").order_by("-reference_date", "index_id")
    if index_id is not None:
        query = query.filter(index_id=index_id)
    if states is not None:
        query = query.filter(state__in=list(states))
    return [rebalance_facts(found) for found in query[:limit]]


def constituents(rebalance_id: UUID) -> list[ConstituentFacts]:
    """Everybody of the universe at a rebalance: those in by weight, then those out by rank and symbol."""
    return [constituent_facts(found) for found in Constituent.objects.filter(rebalance_id=rebalance_id)]


def trades(*, rebalance_id: UUID) -> list[TradeFacts]:
    return [
        TradeFacts(t.symbol, t.day, t.quantity, t.price, t.value_minor, t.cost_minor)
        for t in Trade.objects.filter(rebalance_id=rebalance_id)
    ]


def last_applied(index_id: UUID, *, before: date | None = None) -> RebalanceFacts | None:
    """The newest rebalance applied, or the newest with a reference date before the day."""
    query = Rebalance.objects.select_related("version").filter(index_id=index_id, state="applied")
    if before is not None:
        query = query.filter(reference_date__lt=before)
    found = query.order_by("-reference_date").first()
    return None if found is None else rebalance_facts(found)


def basket_on(index_id: UUID, day: date) -> BasketFacts | None:
    """The basket that a day's level counts: the newest that took effect before the day, or the first on its day."""
    query = Basket.objects.filter(index_id=index_id)
    found = query.filter(effective_date__lt=day).order_by("-effective_date").first()
    found = found or query.filter(effective_date=day).first()
    return None if found is None else basket_facts(found)


def last_basket(index_id: UUID) -> BasketFacts | None:
    found = Basket.objects.filter(index_id=index_id).order_by("-effective_date").first()
    return None if found is None else basket_facts(found)


def first_basket_day(index_id: UUID) -> date | None:
    return (
        Basket.objects.filter(index_id=index_id)
        .order_by("effective_date")
        .values_list("effective_date", flat=True)
        .first()
    )


def holdings(index_id: UUID, *, as_of: datetime | None = None) -> dict[str, int]:
    """symbol -> 1e-18 tokens in the index's own accounts, those above zero."""
    found = ledger.balances(owner=f"index:{index_id}", purpose="holding", as_of=as_of)
    return {
        balance.instrument_code.removeprefix(LEDGER_PREFIX): balance.posted
        for balance in found
        if balance.posted and balance.instrument_code.startswith(LEDGER_PREFIX)
    }


def cash_minor(index_id: UUID, *, as_of: datetime | None = None) -> int:
    """Cents in the index's own cash account; what waits in the pot of a dealing run is not among them."""
    found = ledger.balances(owner=f"index:{index_id}", purpose="cash", as_of=as_of)
    return sum(balance.posted for balance in found if balance.instrument_code == valuation.CASH)


def value(index_id: UUID, *, day: date, known_by: datetime) -> ValuationFacts:
    """
    What the index holds now, at the closes of a day.

    raises  MissingPrice naming every token held without a price of that day
    """
    held, cash = holdings(index_id), cash_minor(index_id)
    priced = prices_on(day, symbols=list(held), known_by=known_by)
    prices = whole_prices(priced)
    total = valuation.value_e36(held, prices)
    nav = cash + valuation.minor_down(total)
    lines = [
        HoldingFacts(
            symbol=symbol,
            quantity=quantity,
            price=prices[symbol],
            value_minor=valuation.minor_down(quantity * prices[symbol]),
            share_ppm=valuation.minor_down(quantity * prices[symbol]) * 1_000_000 // nav if nav else 0,
        )
        for symbol, quantity in held.items()
    ]
    lines.sort(key=lambda line: (-line.value_minor, line.symbol))
    simulated = any(price.simulated for price in priced.values())
    return ValuationFacts(index_id, day, nav, cash, tuple(lines), simulated)


def weights_of(quantities: Mapping[str, int], prices: Mapping[str, int]) -> dict[str, int]:
    """Shares of a basket at prices in parts per billion, rounded down."""
    total = valuation.value_e36(quantities, prices)
    if total == 0:
        return {}
    return {
        symbol: quantity * prices[symbol] * 1_000_000_000 // total
        for symbol, quantity in quantities.items()
        if quantity
    }


def whole_prices(found: Mapping[str, PriceFacts]) -> dict[str, int]:
    """symbol -> 1e-18 dollars, cash among them."""
    return {symbol: price.price_e18 for symbol, price in found.items()} | {
        valuation.CASH: valuation.CASH_PRICE
    }


def periods(index_id: UUID, *, until: date) -> list[tuple[date, UUID, date]]:
    """(reference date, version, effective date) in order: each version's schedule within the days it is in force."""
    base = Index.objects.values_list("base_date", flat=True).get(pk=index_id)
    rows = MethodologyVersion.objects.filter(index_id=index_id).order_by("effective_from", "number")
    versions = [version_facts(row) for row in rows]
    found = []
    for place, version in enumerate(versions):
        ends = versions[place + 1].effective_from if place + 1 < len(versions) else None
        found += [
            (day, version.id, effective_date(version.rules, day))
            for day in reference_dates(version.rules, base=base, until=until)
            if version.effective_from <= day and (ends is None or day < ends)
        ]
    return sorted(found)


def rebalance_facts(found: Rebalance) -> RebalanceFacts:
    return RebalanceFacts(
        id=found.pk,
        index_id=found.index_id,
        version_number=found.version.number,
        reference_date=found.reference_date,
        effective_date=found.effective_date,
        state=found.state,
        reason=found.reason,
        snapshot=found.snapshot,
        simulated=found.simulated,
        approval_id=found.approval_id,
        level=found.level,
        turnover_minor=found.turnover_minor,
        cost_minor=found.cost_minor,
        proposed_at=found.proposed_at,
        applied_at=found.applied_at,
    )


def constituent_facts(found: Constituent) -> ConstituentFacts:
    return ConstituentFacts(
        symbol=found.symbol,
        included=found.included,
        rank=found.rank,
        reasons=tuple(found.reasons),
        price=found.price,
        market_cap=found.market_cap,
        weight_ppb=found.weight_ppb,
        previous_ppb=found.previous_ppb,
    )


def basket_facts(found: Basket) -> BasketFacts:
    return BasketFacts(
        id=found.pk,
        rebalance_id=found.rebalance_id,
        effective_date=found.effective_date,
        divisor=found.divisor,
        level_before=found.level_before,
        level_after=found.level_after,
        quantities={line.symbol: line.quantity for line in found.lines.all()},
    )
