"""Baskets follow from weights and prices, trades from the ledger: both are derived a second time here."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection

from indices.domain import valuation
from indices.domain.level import BadQuantities
from indices.domain.valuation import MissingPrice, price_e18
from indices.rebalances.facts import BasketFacts
from indices.rebalances.models import Basket, BasketLine, Constituent
from indices.rebalances.trading import basket_after
from portal.audit.verify import named, one_snapshot, run

# The prices of a basket's day that were known when it was made, of its own tokens and of those of the one before it.
_PRICES = """
WITH following AS (
  SELECT id, effective_date, created_at, lag(id) OVER (PARTITION BY index_id ORDER BY effective_date) AS earlier
  FROM indices_basket)
SELECT b.id, s.symbol, o.close FROM following b
CROSS JOIN LATERAL (SELECT DISTINCT l.symbol FROM indices_basketline l WHERE l.basket_id IN (b.id, b.earlier)) s
JOIN indices_asset a ON a.symbol = s.symbol
CROSS JOIN LATERAL (SELECT o.close FROM indices_observation o WHERE o.asset_id = a.id AND o.day = b.effective_date
  AND o.known_at <= b.created_at ORDER BY o.known_at DESC LIMIT 1) o
"""
_TRADES = """
WITH booked AS (
  SELECT t.key, a.owner, i.code, sum(e.amount) AS amount FROM ledger_transaction t
  JOIN ledger_entry e ON e.transaction_id = t.id JOIN ledger_account a ON a.id = e.account_id
  JOIN ledger_instrument i ON i.id = a.instrument_id
  WHERE t.kind IN ('index.rebalance', 'index.sale') AND a.owner LIKE 'index:%' GROUP BY t.key, a.owner, i.code),
kept AS (
  SELECT coalesce('rebalance:' || rebalance_id, 'run:' || dealing_run_id || ':sales') AS key, 'index:' || index_id AS owner,
    'crypto:' || symbol AS code, quantity AS amount FROM indices_trade
  UNION ALL SELECT coalesce('rebalance:' || rebalance_id, 'run:' || dealing_run_id || ':sales'), 'index:' || index_id, 'USD',
    sum(CASE WHEN quantity > 0 THEN -value_minor ELSE value_minor END - cost_minor) FROM indices_trade
  GROUP BY 1, 2 HAVING sum(CASE WHEN quantity > 0 THEN -value_minor ELSE value_minor END - cost_minor) <> 0)
SELECT key, replace(code, 'crypto:', ''), coalesce(kept.amount, 0), coalesce(booked.amount, 0)
FROM kept FULL JOIN booked USING (key, owner, code)
WHERE kept.amount IS DISTINCT FROM booked.amount ORDER BY key, code
"""
_TURNOVER = """
SELECT r.id, coalesce(r.turnover_minor, 0), coalesce(r.cost_minor, 0), coalesce(t.turnover, 0), coalesce(t.cost, 0)
FROM indices_rebalance r LEFT JOIN (
  SELECT rebalance_id, sum(value_minor) AS turnover, sum(cost_minor) AS cost FROM indices_trade GROUP BY rebalance_id) t
  ON t.rebalance_id = r.id
WHERE coalesce(r.turnover_minor, 0) <> coalesce(t.turnover, 0) OR coalesce(r.cost_minor, 0) <> coalesce(t.cost, 0)
ORDER BY r.id
"""
_APPLIED = """
SELECT r.id, r.state FROM indices_rebalance r LEFT JOIN indices_basket b ON b.rebalance_id = r.id
  AND b.index_id = r.index_id AND b.effective_date = r.effective_date AND b.level_after = r.level
WHERE (r.state = 'applied') <> (b.id IS NOT NULL) ORDER BY r.id
"""

CHECKS = (
    (_TRADES, "indices_trade of {0}: {2} of {1} by the trades, {3} by the ledger"),
    (_TURNOVER, "indices_rebalance {0}: it says {1} traded at a cost of {2}; its trades give {3} and {4}"),
    (_APPLIED, "indices_rebalance {0}: it is {1}, and its basket says otherwise"),
)


def verify_rebalances() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    with one_snapshot():
        return [*run(CHECKS), *named(_baskets())]


def _baskets() -> Iterator[str]:
    """Each basket computed anew from its weights, the basket before it, and the prices known then."""
    prices: dict[int, dict[str, int]] = defaultdict(lambda: {valuation.CASH: valuation.CASH_PRICE})
    with connection.cursor() as cursor:
        cursor.execute(_PRICES)
        for basket, symbol, close in cursor.fetchall():
            prices[basket][symbol] = price_e18(close)
    weights, lines = _by(Constituent, "rebalance_id", "weight_ppb"), _by(BasketLine, "basket_id", "quantity")
    before: dict[Any, BasketFacts] = {}
    for row in Basket.objects.select_related("index").order_by("index_id", "effective_date"):
        shares = {symbol: share for symbol, share in weights[row.rebalance_id].items() if share}
        try:
            made = basket_after(
                before.get(row.index_id), shares, prices[row.pk], base_level=row.index.base_level
            )
        except (MissingPrice, BadQuantities, KeyError, ZeroDivisionError):
            yield f"indices_basket {row.pk} of {row.effective_date}: prices that it needs are gone."
        else:
            for symbol in sorted(made.quantities.keys() | lines[row.pk].keys()):
                if made.quantities.get(symbol) != lines[row.pk].get(symbol):
                    yield (
                        f"indices_basketline {symbol} of basket {row.pk}: it says {lines[row.pk].get(symbol)}, "
                        f"weight and price give {made.quantities.get(symbol)}."
                    )
            if (made.divisor, made.before, made.after) != (row.divisor, row.level_before, row.level_after):
                yield f"indices_basket {row.pk} of {row.effective_date}: divisor or levels do not follow from its lines."
        before[row.index_id] = _facts(row, lines[row.pk])


def _facts(row: Basket, quantities: dict[str, int]) -> BasketFacts:
    return BasketFacts(
        id=row.pk,
        rebalance_id=row.rebalance_id,
        effective_date=row.effective_date,
        divisor=row.divisor,
        level_before=row.level_before,
        level_after=row.level_after,
        quantities=quantities,
    )


def _by(model: Any, key: str, figure: str) -> dict[Any, dict[str, int]]:
    found: dict[Any, dict[str, int]] = defaultdict(dict)
    for parent, symbol, value in model.objects.values_list(key, "symbol", figure):
        found[parent][symbol] = value
    return found
