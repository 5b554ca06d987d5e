"""Deliveries of prices: every observation is what came in."""

from indices.prices.selectors import OBSERVATIONS
from portal.audit.verify import run

_BATCHES = f"""
WITH told AS (
  SELECT subject, facts::jsonb ->> 'observations_sha256' AS hash FROM audit_event WHERE action = 'prices.imported'),
kept AS ({OBSERVATIONS} GROUP BY o.batch_id)
SELECT b.id, b.source, b.accepted FROM indices_importbatch b LEFT JOIN told ON told.subject = 'price_batch:' || b.id
LEFT JOIN kept ON kept.batch_id = b.id
WHERE told.subject IS NULL OR told.hash IS DISTINCT FROM kept.hash ORDER BY b.imported_at, b.id
"""  # noqa: S608  constants of this room

CHECKS = (
    (
        _BATCHES,
        "indices_importbatch {0} ({1}): its observations, {2} when they came in, are not what was recorded",
    ),
)


def verify_prices() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return run(CHECKS)
