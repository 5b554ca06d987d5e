"""From what is held to what should be held: the difference only, nothing too small, costs told beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass

from indices.domain import valuation
from portal.domain.errors import Invalid

MOST_ROUNDS = 12


class CannotFund(Invalid):
    """The trades cost more than the fund has; it does not happen with weights that sum to one."""

    code = "cannot-fund"


@dataclass(frozen=True, slots=True)
class Trade:
    """
    quantity     signed smallest units: above zero is bought
    price        1e-18 of the currency per token
    value_minor  cents paid (rounded up) or received (rounded down), >= 0, without costs
    cost_minor   cents of costs, rounded up
    """

    symbol: str
    quantity: int
    price: int
    value_minor: int
    cost_minor: int

    @property
    def cash_minor(self) -> int:
        """What the trade does to the fund's cash."""
        return (-self.value_minor if self.quantity > 0 else self.value_minor) - self.cost_minor


@dataclass(frozen=True, slots=True)
class Plan:
    """
    trades       sales first, then purchases, each by symbol
    left_out     symbols whose difference was too small to trade
    cash_minor   of the fund afterwards, >= 0
    """

    trades: tuple[Trade, ...]
    left_out: tuple[str, ...]
    cash_minor: int

    @property
    def cost_minor(self) -> int:
        return sum(trade.cost_minor for trade in self.trades)

    @property
    def turnover_minor(self) -> int:
        """Sales and purchases together."""
        return sum(trade.value_minor for trade in self.trades)


def trades(
    current: Mapping[str, int],
    target: Mapping[str, int],
    *,
    prices: Mapping[str, int],
    minimum_minor: int = 0,
    cost_bps: int = 0,
) -> tuple[Trade, ...]:
    """
    The difference between two baskets.

    current, target  symbol -> smallest units (1e-18 tokens), >= 0; what is absent is zero
    prices           symbol -> 1e-18 of the currency per token
    minimum_minor    a difference worth less (in cents) is left alone, unless it is the whole position that leaves
    cost_bps         costs in hundredths of a percent of each trade's value
    returns          Trade per difference: sales first, then purchases, each by symbol
    raises           MissingPrice naming every token without a price
    """
    moved = {symbol: target.get(symbol, 0) - current.get(symbol, 0) for symbol in sorted({*current, *target})}
    valuation.value_e36(moved, prices)
    made = []
    for symbol, quantity in moved.items():
        if quantity == 0:
            continue
        worth = abs(quantity) * prices[symbol]
        value = valuation.minor_up(worth) if quantity > 0 else valuation.minor_down(worth)
        if value < minimum_minor and target.get(symbol, 0) > 0:
            continue
        made.append(Trade(symbol, quantity, prices[symbol], value, -(-value * cost_bps // 10_000)))
    return tuple(sorted(made, key=lambda trade: (trade.quantity > 0, trade.symbol)))


def plan(
    holdings: Mapping[str, int],
    cash_minor: int,
    weights_ppb: Mapping[str, int],
    *,
    prices: Mapping[str, int],
    minimum_minor: int = 0,
    cost_bps: int = 0,
) -> Plan:
    """
    Trades that bring a fund to its weights and pay for themselves.

    holdings     symbol -> smallest units;  cash_minor cents, >= 0
    weights_ppb  symbol -> parts per billion, summing to at most 1e9: what is missing stays cash
    returns      Plan; the budget is lowered until the costs are covered, so cash never falls below zero
    raises       MissingPrice, CannotFund
    """
    worth = cash_minor + valuation.minor_down(valuation.value_e36(holdings, prices))
    budget = worth
    for _ in range(MOST_ROUNDS):
        target = {
            symbol: valuation.quantity_down(budget * share // 1_000_000_000, prices[symbol])
            for symbol, share in weights_ppb.items()
            if share and _priced(symbol, prices)
        }
        made = trades(holdings, target, prices=prices, minimum_minor=minimum_minor, cost_bps=cost_bps)
        after = cash_minor + sum(trade.cash_minor for trade in made)
        if after >= 0:
            moved = {trade.symbol for trade in made}
            left = sorted(
                symbol
                for symbol in {*holdings, *target}
                if symbol not in moved and holdings.get(symbol, 0) != target.get(symbol, 0)
            )
            return Plan(made, tuple(left), after)
        budget += after - len(weights_ppb)
        if budget <= 0:
            break
    raise CannotFund(
        f"A fund worth {worth} cents cannot pay for its trades: it would lack {-after} cents.",
        next_step="Lower the minimum trade size, or put cash into the index first.",
    )


def to_raise(
    holdings: Mapping[str, int], needed_minor: int, *, prices: Mapping[str, int], cost_bps: int = 0
) -> tuple[Trade, ...]:
    """
    Sales in proportion to the holdings that bring at least `needed_minor` cents after costs.

    raises  CannotFund when everything together does not bring as much
    """
    if needed_minor <= 0:
        return ()
    worth = valuation.value_e36(holdings, prices)
    if worth == 0:
        raise CannotFund(f"{needed_minor} cents are needed and the fund holds no tokens.")
    wanted = needed_minor + len(holdings)
    for _ in range(MOST_ROUNDS):
        gross = -(-wanted * 10_000 // (10_000 - cost_bps)) + len(holdings)
        share = min(gross, valuation.minor_up(worth))
        whole = valuation.minor_up(worth)
        kept = {symbol: quantity - quantity * share // whole for symbol, quantity in holdings.items()}
        made = trades(holdings, kept, prices=prices, cost_bps=cost_bps)
        raised = sum(trade.cash_minor for trade in made)
        if raised >= needed_minor:
            return made
        if share == whole:
            break
        wanted += needed_minor - raised
    raise CannotFund(
        f"{needed_minor} cents are needed and selling everything brings {raised}.",
        next_step="Redeem less, or wait for the next dealing run.",
    )


def _priced(symbol: str, prices: Mapping[str, int]) -> bool:
    if symbol not in prices:
        raise valuation.MissingPrice(f"No price is known for {symbol}.", field="prices")
    return True
