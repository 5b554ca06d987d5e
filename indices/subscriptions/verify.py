"""Orders, dealing runs and streamed fees against the ledger, where units and cash are."""

from portal.audit.verify import run

_SETTLED = """
SELECT o.id, o.kind FROM indices_order o
LEFT JOIN ledger_transaction t ON t.transaction_id = o.transaction_id AND t.key = 'order:' || o.id
LEFT JOIN LATERAL (
  SELECT coalesce(sum(e.amount) FILTER (WHERE a.purpose = 'cash' AND a.owner = 'investor:' || o.investor_id), 0) AS cash,
    coalesce(sum(e.amount) FILTER (WHERE a.purpose = 'holding' AND a.owner = 'investor:' || o.investor_id
      AND a.instrument_id = x.unit_instrument_id), 0) AS units,
    coalesce(sum(e.amount) FILTER (WHERE a.purpose = 'fees' AND a.owner = 'house'), 0) AS fee
  FROM indices_index x, ledger_entry e JOIN ledger_account a ON a.id = e.account_id
  WHERE x.id = o.index_id AND e.transaction_id = t.id) b ON true
WHERE (o.state = 'settled') <> (t.id IS NOT NULL)
  OR o.state = 'settled' AND (b.cash, b.units, b.fee) IS DISTINCT FROM (
    CASE WHEN o.kind = 'create' THEN -o.cash_settled_minor ELSE o.cash_settled_minor END,
    CASE WHEN o.kind = 'create' THEN o.units_settled ELSE -o.units_settled END, o.fee_minor)
ORDER BY o.id
"""
_RESERVED = """
SELECT o.id, o.state FROM indices_order o
LEFT JOIN ledger_reservation r ON r.reservation_id = o.reservation_id AND r.key = 'order:' || o.id
  AND r.amount = CASE WHEN o.kind = 'create' THEN o.amount_minor ELSE o.units END
LEFT JOIN ledger_account a ON a.id = r.account_id AND a.owner = 'investor:' || o.investor_id
LEFT JOIN ledger_reservation_end n ON n.reservation_id = r.id
WHERE a.id IS NULL OR (o.state = 'placed') <> (n.reservation_id IS NULL)
  OR o.state <> 'settled' AND coalesce(n.settled, 0) <> 0 ORDER BY o.id
"""
_RUNS = """
SELECT r.id, r.day FROM indices_dealingrun r LEFT JOIN (
  SELECT run_id, count(*) AS orders, sum(units_settled) FILTER (WHERE kind = 'create') AS created,
    sum(units_settled) FILTER (WHERE kind = 'redeem') AS redeemed,
    sum(cash_settled_minor - fee_minor) FILTER (WHERE kind = 'create') AS paid_in,
    sum(cash_settled_minor + fee_minor) FILTER (WHERE kind = 'redeem') AS paid_out,
    count(*) FILTER (WHERE state = 'placed') AS waiting, count(DISTINCT index_id) AS indices
  FROM indices_order WHERE run_id IS NOT NULL GROUP BY run_id) o ON o.run_id = r.id
LEFT JOIN (SELECT subject, facts::jsonb AS facts FROM audit_event WHERE action = 'subscriptions.run_priced') e
  ON e.subject = 'run:' || r.id
WHERE (r.created_units, r.redeemed_units, r.paid_in_minor, r.paid_out_minor) IS DISTINCT FROM
    (coalesce(o.created, 0), coalesce(o.redeemed, 0), coalesce(o.paid_in, 0), coalesce(o.paid_out, 0))
  OR (e.facts ->> 'orders')::bigint IS DISTINCT FROM coalesce(o.orders, 0) OR coalesce(o.indices, 1) <> 1
  OR r.state = 'settled' AND coalesce(o.waiting, 0) > 0 ORDER BY r.id
"""
_POTS = """
SELECT r.id, coalesce(r.pot_minor, 0), coalesce(p.amount, 0), coalesce(b.posted, 0) FROM indices_dealingrun r
LEFT JOIN ledger_account a ON a.owner = 'index:' || r.index_id AND a.purpose = 'payout' AND a.subject = 'run:' || r.id
LEFT JOIN ledger_balance b ON b.account_id = a.id
LEFT JOIN ledger_transaction t ON t.key = 'run:' || r.id || ':pot'
LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount FROM ledger_entry e WHERE e.transaction_id = t.id AND e.account_id = a.id) p
  ON true
WHERE coalesce(r.pot_minor, 0) <> coalesce(p.amount, 0) OR r.state = 'settled' AND coalesce(b.posted, 0) <> 0 ORDER BY r.id
"""
_FEES = """
SELECT f.id, x.code, f.until, f.units, coalesce(e.amount, 0) FROM indices_streamedfee f
JOIN indices_index x ON x.id = f.index_id
LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id WHERE t.kind = 'index.streaming_fee' AND t.reference = 'index:' || f.index_id
  AND t.effective_at = f.until AND a.owner = 'house' AND a.purpose = 'holding') e ON f.units > 0
WHERE f.units <> coalesce(e.amount, 0) ORDER BY f.id
"""
# All units there are were created, streamed or not yet redeemed; what each investor holds the ledger itself verifies.
_SUPPLY = """
SELECT x.code, coalesce(u.posted, 0), coalesce(o.units, 0) + coalesce(f.units, 0) FROM indices_index x
LEFT JOIN (SELECT a.instrument_id, -sum(b.posted) AS posted FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
  WHERE a.purpose = 'issued' GROUP BY a.instrument_id) u ON u.instrument_id = x.unit_instrument_id
LEFT JOIN (SELECT index_id, sum(CASE WHEN kind = 'create' THEN units_settled ELSE -units_settled END) AS units
  FROM indices_order WHERE state = 'settled' GROUP BY index_id) o ON o.index_id = x.id
LEFT JOIN (SELECT index_id, sum(units) AS units FROM indices_streamedfee GROUP BY index_id) f ON f.index_id = x.id
WHERE coalesce(u.posted, 0) <> coalesce(o.units, 0) + coalesce(f.units, 0) ORDER BY x.code
"""

CHECKS = (
    (_SETTLED, "indices_order {0} ({1}): cash, units or fee are not what the ledger moved for it"),
    (_RESERVED, "indices_order {0}: it is {1}, and its reservation in the ledger says otherwise"),
    (_RUNS, "indices_dealingrun {0} of {1}: its totals are not the sum of its orders"),
    (
        _POTS,
        "indices_dealingrun {0}: its pot was to hold {1}, the ledger put {2} aside, and {3} are in it now",
    ),
    (_FEES, "indices_streamedfee {0} of {1} until {2}: it says {3} units, the ledger gave {4}"),
    (_SUPPLY, "indices_index {0}: the ledger has {1} units, orders and fees give {2}"),
)


def verify_subscriptions() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return run(CHECKS)
