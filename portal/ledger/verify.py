"""Re-derives every projection of the ledger from its entries, and its entries from the audit trail."""

from django.db import connection

from portal.audit.verify import one_snapshot
from portal.ledger.chart import CHART

LIMIT = 20
"""Rows named per check; what differs in a thousand places is told by the first twenty and their number."""

# What the log says of each posting must follow from the rows that are there now.
_POSTINGS = """
WITH told AS (
  SELECT e.transaction_id, count(*) AS entries, sha256(convert_to(string_agg(
    a.owner || '|' || a.purpose || '|' || a.subject || '|' || i.code || ' ' || e.amount || ' ' || e.balance_after || E'\\n',
    '' ORDER BY e.account_id, e.id), 'UTF8')) AS lines,
    bool_and(e.effective_at = t.effective_at) AS same_time
  FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
  LEFT JOIN ledger_account a ON a.id = e.account_id LEFT JOIN ledger_instrument i ON i.id = a.instrument_id
  GROUP BY e.transaction_id)
SELECT t.id, t.key FROM ledger_transaction t LEFT JOIN told ON told.transaction_id = t.id
LEFT JOIN audit_event v ON v.id = t.event
WHERE v.id IS NULL OR v.action <> 'ledger.posted' OR v.subject <> 'transaction:' || t.transaction_id
  OR told.entries IS DISTINCT FROM t.entry_count OR NOT told.same_time
  OR v.facts <> '{"body_sha256":"' || encode(t.body_hash, 'hex') || '","effective_at":"' || to_char(t.effective_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","entries":' || t.entry_count || ',"entries_sha256":"' || encode(told.lines, 'hex') || '","key":'
    || to_json(t.key)::text || ',"kind":' || to_json(t.kind)::text || ',"memo":' || to_json(t.memo)::text
    || ',"reference":' || to_json(t.reference)::text || '}'
ORDER BY t.id
"""
_UNTOLD = """
SELECT v.id, v.subject FROM audit_event v LEFT JOIN ledger_transaction t ON t.event = v.id
WHERE v.action = 'ledger.posted' AND t.id IS NULL ORDER BY v.id
"""
_UNBALANCED = """
SELECT transaction_id, instrument_id, sum(amount) FROM ledger_entry GROUP BY transaction_id, instrument_id
HAVING sum(amount) <> 0 ORDER BY transaction_id
"""
_STRAY_ENTRIES = """
SELECT e.id FROM ledger_entry e LEFT JOIN ledger_transaction t ON t.id = e.transaction_id
LEFT JOIN ledger_account a ON a.id = e.account_id AND a.instrument_id = e.instrument_id
WHERE t.id IS NULL OR a.id IS NULL ORDER BY e.id
"""
_RUNNING = """
SELECT id, balance_after, running FROM (
  SELECT id, balance_after, sum(amount) OVER (PARTITION BY account_id ORDER BY id) AS running,
    effective_at < lag(effective_at) OVER (PARTITION BY account_id ORDER BY id) AS backwards FROM ledger_entry) e
WHERE balance_after <> running OR backwards ORDER BY id
"""
_BALANCES = """
SELECT a.id, a.label, b.posted, coalesce(p.total, 0) FROM ledger_account a
LEFT JOIN ledger_balance b ON b.account_id = a.id
LEFT JOIN (SELECT account_id, sum(amount) AS total, max(effective_at) AS latest FROM ledger_entry GROUP BY account_id) p
  ON p.account_id = a.id
WHERE b.posted IS DISTINCT FROM coalesce(p.total, 0) OR b.last_effective_at <> coalesce(p.latest, 'epoch') ORDER BY a.id
"""
_RESERVED = """
SELECT b.account_id, b.reserved, coalesce(r.total, 0) FROM ledger_balance b LEFT JOIN (
  SELECT r.account_id, sum(r.amount) AS total FROM ledger_reservation r
  LEFT JOIN ledger_reservation_end n ON n.reservation_id = r.id WHERE n.reservation_id IS NULL
  GROUP BY r.account_id) r ON r.account_id = b.account_id
WHERE b.reserved <> coalesce(r.total, 0) ORDER BY b.account_id
"""
_RESERVATIONS = """
SELECT r.id, r.key FROM ledger_reservation r LEFT JOIN ledger_account a ON a.id = r.account_id
LEFT JOIN audit_event v ON v.id = r.event
WHERE v.id IS NULL OR v.happened_at <> r.reserved_at OR v.subject <> 'reservation:' || r.reservation_id OR v.facts <> '{"account":' || to_json(a.label)::text
  || ',"amount":"' || r.amount || '","key":' || to_json(r.key)::text || ',"reference":' || to_json(r.reference)::text || '}'
ORDER BY r.id
"""
_ENDS = """
SELECT n.reservation_id FROM ledger_reservation_end n LEFT JOIN ledger_reservation r ON r.id = n.reservation_id
LEFT JOIN ledger_transaction t ON t.id = n.transaction_id LEFT JOIN audit_event v ON v.id = n.event
LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = r.account_id
WHERE r.id IS NULL OR v.id IS NULL
  OR n.ended_at <> coalesce(t.effective_at, v.happened_at)
  OR (t.id IS NULL AND (n.settled <> 0 OR v.action <> 'ledger.released' OR v.subject <> 'reservation:' || r.reservation_id))
  OR (t.id IS NOT NULL AND (e.amount IS DISTINCT FROM -n.settled OR v.subject <> 'transaction:' || t.transaction_id))
ORDER BY n.reservation_id
"""
_RIGHTS = """
SELECT a.id, a.label FROM ledger_account a LEFT JOIN ledger_instrument i ON i.id = a.instrument_id
LEFT JOIN ledger_purpose p ON p.kind = i.kind AND p.name = a.purpose LEFT JOIN ledger_balance b ON b.account_id = a.id
WHERE p.may_go_negative IS DISTINCT FROM a.may_go_negative OR b.may_go_negative IS DISTINCT FROM a.may_go_negative
  OR b.label IS DISTINCT FROM a.label OR b.instrument_id IS DISTINCT FROM a.instrument_id
  OR a.label <> a.owner || '|' || a.purpose || '|' || a.subject || '|' || i.code ORDER BY a.id
"""
_NEGATIVE = """
SELECT a.id, a.label, b.posted, b.reserved FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
WHERE b.posted < b.reserved AND NOT a.may_go_negative ORDER BY a.id
"""
_INSTRUMENTS = """
SELECT i.id, i.code FROM ledger_instrument i LEFT JOIN audit_event v ON v.action = 'ledger.instrument_defined'
  AND v.subject = 'instrument:' || i.id AND v.facts = '{"code":' || to_json(i.code)::text || ',"kind":'
  || to_json(i.kind)::text || ',"name":' || to_json(i.name)::text || ',"scale":' || i.scale || '}'
WHERE v.id IS NULL ORDER BY i.id
"""
_TRIAL = """
SELECT i.code, sum(b.posted) FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
JOIN ledger_instrument i ON i.id = a.instrument_id GROUP BY i.code HAVING sum(b.posted) <> 0 ORDER BY i.code
"""

CHECKS = (
    (_POSTINGS, "ledger_transaction {0} (key {1}): its rows are not what the audit trail recorded."),
    (_UNTOLD, "audit_event {0}: the posting {1} that it records is gone."),
    (_UNBALANCED, "ledger_transaction {0}: its entries of instrument {1} sum to {2}."),
    (_STRAY_ENTRIES, "ledger_entry {0}: it has no transaction or no account of its instrument."),
    (
        _RUNNING,
        "ledger_entry {0}: balance after it is {1}, the entries give {2}, or its time runs backwards.",
    ),
    (
        _BALANCES,
        "ledger_balance {0} ({1}): it says {2}, the entries give {3}, or its last instant is not theirs.",
    ),
    (_RESERVED, "ledger_balance {0}: it says {1} reserved, the open reservations give {2}."),
    (_RESERVATIONS, "ledger_reservation {0} (key {1}): it is not what the audit trail recorded."),
    (_ENDS, "ledger_reservation_end {0}: it does not fit its reservation, posting or record."),
    (
        _RIGHTS,
        "ledger_account {0} ({1}): its name or its right to go negative does not follow from the chart, "
        "or its balance has others.",
    ),
    (_NEGATIVE, "ledger_balance {0} ({1}): {2} posted with {3} reserved is below zero."),
    (_INSTRUMENTS, "ledger_instrument {0} ({1}): it is not what the audit trail recorded."),
    (_TRIAL, "trial balance of {0}: {1}, not zero."),
)


def verify_ledger() -> list[str]:
    """
    Trial balance, balances, running balances, reservations, and every posting against the audit trail.

    returns  one sentence per difference, naming the row; empty when all agree
    """
    differences: list[str] = []
    with one_snapshot(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '600s'")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("SELECT kind, name, may_go_negative FROM ledger_purpose")
        for odd in set(cursor.fetchall()) ^ {(p.kind, p.name, p.may_go_negative) for p in CHART}:
            differences.append(f"ledger_purpose {odd[0]}/{odd[1]}: it is not what the chart says.")
        for query, sentence in CHECKS:
            cursor.execute(query)
            rows = cursor.fetchmany(LIMIT + 1)
            differences.extend(sentence.format(*row) for row in rows[:LIMIT])
            if len(rows) > LIMIT:
                differences.append(
                    f"… and more of the same kind: {sentence.split(':')[0].format(*['…'] * 4)}."
                )
    return differences
