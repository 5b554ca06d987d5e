"""Re-derives offerings and dividends: what is kept beside the ledger has to follow from it and from the rows below."""

from issuance.register.verify import run

_SUBSCRIBED = """
SELECT o.id, o.subscribed_quantity, coalesce(sum(s.quantity) FILTER (WHERE s.state IN ('reserved', 'allotted')), 0),
  o.subscribers, count(s.id)
FROM issuance_offering o LEFT JOIN issuance_subscription s ON s.offering_id = o.id
GROUP BY o.id HAVING o.subscribers <> count(s.id)
  OR o.subscribed_quantity <> coalesce(sum(s.quantity) FILTER (WHERE s.state IN ('reserved', 'allotted')), 0)
ORDER BY o.id
"""
_RESERVED = """
SELECT s.id, s.state FROM issuance_subscription s
LEFT JOIN ledger_reservation r ON r.reservation_id = s.reservation_id AND r.amount = s.amount_minor
LEFT JOIN ledger_reservation_end e ON e.reservation_id = r.id
WHERE r.id IS NULL OR (s.state IN ('reserved', 'allotted')) <> (e.reservation_id IS NULL)
  OR coalesce(e.settled, 0) <> coalesce(s.paid_minor, 0) ORDER BY s.id
"""
_CHUNKS = """
SELECT c.dividend_id, c.number FROM issuance_payoutchunk c JOIN issuance_entitlement e ON e.chunk_id = c.id
GROUP BY c.id HAVING (c.holders, c.gross_minor, c.withheld_minor, c.net_minor)
  <> (count(*), sum(e.gross_minor), sum(e.withheld_minor), sum(e.net_minor)) ORDER BY c.dividend_id, c.number
"""
_STRAYS = """
SELECT e.dividend_id, e.id FROM issuance_entitlement e LEFT JOIN issuance_payoutchunk c ON c.id = e.chunk_id
  AND c.dividend_id = e.dividend_id WHERE c.id IS NULL ORDER BY e.id
"""
_TOTALS = """
SELECT d.id FROM issuance_dividend d LEFT JOIN issuance_payoutchunk c ON c.dividend_id = d.id
WHERE d.gross_minor IS NOT NULL GROUP BY d.id
HAVING (d.holders, d.gross_minor, d.withheld_minor, d.net_minor)
  <> (sum(c.holders), sum(c.gross_minor), sum(c.withheld_minor), sum(c.net_minor)) ORDER BY d.id
"""
_UNPAID = """
SELECT c.dividend_id, c.number FROM issuance_payoutchunk c
LEFT JOIN ledger_transaction t ON t.transaction_id = c.transaction_id
  AND t.key = 'dividend:' || c.dividend_id || ':' || c.number
WHERE (c.paid_at IS NOT NULL) <> (t.id IS NOT NULL) AND c.gross_minor > 0 ORDER BY c.dividend_id, c.number
"""
_POTS = """
SELECT d.id, d.state, coalesce(b.posted, 0) FROM issuance_dividend d
LEFT JOIN ledger_account a ON a.owner = 'house' AND a.purpose = 'payout' AND a.subject = 'dividend:' || d.id
LEFT JOIN ledger_balance b ON b.account_id = a.id
WHERE coalesce(b.posted, 0) <> CASE WHEN d.state IN ('approved', 'paying') THEN d.pot_minor
  - coalesce((SELECT sum(c.gross_minor) FROM issuance_payoutchunk c WHERE c.dividend_id = d.id AND c.paid_at IS NOT NULL), 0)
  ELSE 0 END ORDER BY d.id
"""

CHECKS = (
    (
        _SUBSCRIBED,
        "offering {0} keeps {1} as subscribed; it is {2}. It numbers {3} subscriptions; there are {4}",
    ),
    (_RESERVED, "subscription {0} is {1}, and its reservation in the ledger says otherwise"),
    (_CHUNKS, "dividend {0}: part {1} is not the sum of its entitlements"),
    (_STRAYS, "dividend {0}: line {1} belongs to none of its parts"),
    (_TOTALS, "dividend {0}: its totals are not the sum of its parts"),
    (_UNPAID, "dividend {0}: part {1} and the ledger disagree on whether it is paid"),
    (_POTS, "dividend {0} is {1}; its pot holds {2}, which is not what is still to be paid"),
)


def verify_distributions() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return run(CHECKS)
