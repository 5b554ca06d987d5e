"""Re-derives what stands beside the ledger from the register's movements, and both from the ledger's entries."""

from django.db import connection

LIMIT = 20
"""Rows named per check; the rest is told by their number."""

# What each holder holds by the ledger, by the movements and by the lots; all three have to be the same.
_HOLDINGS = """
WITH booked AS (
  SELECT s.id AS security, a.owner AS holder, b.posted AS quantity FROM issuance_security s
  JOIN ledger_account a ON a.instrument_id = s.instrument_id AND a.purpose = 'holding'
  JOIN ledger_balance b ON b.account_id = a.id),
moved AS (
  SELECT security, holder, sum(quantity) AS quantity FROM (
    SELECT security_id AS security, target AS holder, quantity FROM issuance_movement
      WHERE kind IN ('issue', 'transfer', 'redeem')
    UNION ALL SELECT security_id, source, -quantity FROM issuance_movement
      WHERE kind IN ('issue', 'transfer', 'redeem')) m
  WHERE holder <> '' GROUP BY security, holder),
parts AS (
  SELECT l.security_id AS security, l.holder, sum(e.quantity) AS quantity
  FROM issuance_lot l JOIN issuance_lotentry e ON e.lot_id = l.id GROUP BY l.security_id, l.holder)
SELECT s.code, k.holder, coalesce(booked.quantity, 0), coalesce(moved.quantity, 0), coalesce(parts.quantity, 0)
FROM (SELECT security, holder FROM booked UNION SELECT security, holder FROM moved
      UNION SELECT security, holder FROM parts) k
JOIN issuance_security s ON s.id = k.security
LEFT JOIN booked USING (security, holder) LEFT JOIN moved USING (security, holder) LEFT JOIN parts USING (security, holder)
WHERE coalesce(booked.quantity, 0) <> coalesce(moved.quantity, 0)
   OR coalesce(booked.quantity, 0) <> coalesce(parts.quantity, 0)
ORDER BY s.code, k.holder
"""
_HOLDERS = """
SELECT s.code, coalesce(h.holder, a.owner), coalesce(h.active, false), coalesce(b.posted, 0)
FROM issuance_security s
JOIN ledger_account a ON a.instrument_id = s.instrument_id AND a.purpose = 'holding'
JOIN ledger_balance b ON b.account_id = a.id
LEFT JOIN issuance_holderofrecord h ON h.security_id = s.id AND h.holder = a.owner
WHERE coalesce(h.active, false) <> (b.posted > 0) ORDER BY s.code, a.owner
"""
_COUNTS = """
SELECT s.code, coalesce(c.country, h.country), coalesce(c.holders, 0), coalesce(h.holders, 0)
FROM (SELECT security_id, country, accredited, count(*) AS holders FROM issuance_holderofrecord
      WHERE active GROUP BY security_id, country, accredited) h
FULL JOIN issuance_holdercount c USING (security_id, country, accredited)
JOIN issuance_security s ON s.id = security_id
WHERE coalesce(c.holders, 0) <> coalesce(h.holders, 0) ORDER BY s.code, 2
"""
_NUMBERS = """
SELECT s.code, r.movements, count(m.id), coalesce(max(m.number), 0) FROM issuance_register r
JOIN issuance_security s ON s.id = r.security_id LEFT JOIN issuance_movement m ON m.security_id = r.security_id
GROUP BY s.code, r.movements HAVING r.movements <> count(m.id) OR coalesce(max(m.number), 0) <> count(m.id)
ORDER BY s.code
"""
_STRANGERS = """
SELECT s.code, t.transaction_id FROM issuance_security s
JOIN ledger_entry e ON e.instrument_id = s.instrument_id JOIN ledger_transaction t ON t.id = e.transaction_id
LEFT JOIN issuance_movement m ON m.transaction_id = t.transaction_id AND m.security_id = s.id
WHERE m.id IS NULL GROUP BY s.code, t.transaction_id ORDER BY s.code, t.transaction_id
"""
_UNDECIDED = """
SELECT s.code, m.number FROM issuance_movement m JOIN issuance_security s ON s.id = m.security_id
LEFT JOIN issuance_decisionrecord d ON d.id = m.decision_id
WHERE m.kind IN ('issue', 'transfer', 'redeem') AND NOT coalesce(d.passed, false) ORDER BY s.code, m.number
"""

CHECKS = (
    (_HOLDINGS, "{0}: {1} holds {2} by the ledger, {3} by the movements, {4} by the lots"),
    (_HOLDERS, "{0}: {1} is a holder of record: {2}, and holds {3}"),
    (_COUNTS, "{0}: holders in {1} are counted as {2}; there are {3}"),
    (_NUMBERS, "{0}: the register counts {1} movements; there are {2}, numbered up to {3}"),
    (_STRANGERS, "{0}: transaction {1} moved it without a line in the register"),
    (_UNDECIDED, "{0}: movement {1} has no decision that allows it"),
)


def verify_register() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return run(CHECKS)


def run(checks: tuple[tuple[str, str], ...]) -> list[str]:
    """Each query's rows in its sentence, the first LIMIT of them and the number of the rest."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for query, sentence in checks:
            cursor.execute(query)
            rows = cursor.fetchall()
            found.extend(f"{sentence.format(*row)}." for row in rows[:LIMIT])
            if len(rows) > LIMIT:
                found.append(f"And {len(rows) - LIMIT} more of the same kind.")
    return found
