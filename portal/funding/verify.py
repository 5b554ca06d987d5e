"""Deposits and withdrawals against the ledger, which holds the money, and against the approvals they needed."""

from collections.abc import Iterator

from portal.audit.verify import named, run
from portal.domain.sealing import CannotUnseal
from portal.funding.models import Withdrawal

_DEPOSITS = """
SELECT d.id, d.owner, d.currency, d.amount_minor FROM portal_deposit d
LEFT JOIN ledger_transaction t ON t.transaction_id = d.transaction_id AND t.key = 'deposit:' || d.id
  AND t.effective_at = d.at
LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
  JOIN ledger_instrument i ON i.id = a.instrument_id
  WHERE e.transaction_id = t.id AND a.owner = d.owner AND a.purpose = 'cash' AND i.code = d.currency) e ON true
WHERE e.amount IS DISTINCT FROM d.amount_minor ORDER BY d.id
"""
_RESERVED = """
SELECT w.id, w.state FROM portal_withdrawal w
LEFT JOIN ledger_reservation r ON r.reservation_id = w.reservation_id AND r.key = 'withdrawal:' || w.id
  AND r.amount = w.amount_minor
LEFT JOIN ledger_account a ON a.id = r.account_id AND a.owner = w.owner
LEFT JOIN ledger_instrument i ON i.id = a.instrument_id AND i.code = w.currency
LEFT JOIN ledger_reservation_end n ON n.reservation_id = r.id
WHERE i.id IS NULL OR (w.state IN ('paid', 'returned', 'rejected', 'cancelled')) <> (n.reservation_id IS NOT NULL)
  OR coalesce(n.settled, 0) <> CASE WHEN w.transaction_id IS NULL THEN 0 ELSE w.amount_minor END ORDER BY w.id
"""
_PAID = """
SELECT w.id FROM portal_withdrawal w
LEFT JOIN ledger_transaction t ON t.transaction_id = w.transaction_id AND t.reference = 'withdrawal:' || w.id
LEFT JOIN ledger_transaction r ON r.key = 'withdrawal:' || w.id || ':returned'
WHERE (w.transaction_id IS NOT NULL) <> (t.id IS NOT NULL) OR (w.state = 'paid' AND t.id IS NULL)
  OR (w.state = 'returned' AND t.id IS NOT NULL) <> (r.id IS NOT NULL) ORDER BY w.id
"""
_APPROVED = """
SELECT w.id, w.state FROM portal_withdrawal w LEFT JOIN portal_approval a ON a.id = w.approval_id
  AND a.subject = 'withdrawal:' || w.id
WHERE w.approval_id IS NOT NULL AND (w.state IN ('approved', 'sent', 'paid', 'returned') AND a.state IS DISTINCT FROM 'approved'
  OR w.approved_by <> '' AND a.checker IS DISTINCT FROM w.approved_by) ORDER BY w.id
"""

CHECKS = (
    (_DEPOSITS, "portal_deposit {0}: the ledger has no posting of {3} {2} to {1} for it"),
    (_RESERVED, "portal_withdrawal {0}: it is {1}, and its reservation in the ledger says otherwise"),
    (_PAID, "portal_withdrawal {0}: row and ledger disagree on whether it is paid or came back"),
    (_APPROVED, "portal_withdrawal {0}: it is {1}, and its approval says otherwise"),
)


def verify_funding() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return [*run(CHECKS), *named(_destinations())]


def _destinations() -> Iterator[str]:
    rows = Withdrawal.objects.only("destination", "account_name", "destination_shown").order_by("pk")
    for row in rows.iterator(chunk_size=5_000):
        try:
            account, name = row.destination, row.account_name
        except CannotUnseal:
            yield f"portal_withdrawal {row.pk}: its destination cannot be opened: it was changed, or its key is not here."
            continue
        if not name or account[-4:] != row.destination_shown[-4:]:
            yield f"portal_withdrawal {row.pk}: the destination shown is not the one that is kept."
