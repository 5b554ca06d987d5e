"""Every published level derived again, from its basket and the prices that were known when it was calculated."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection

from indices.domain import valuation
from indices.domain.level import level_of
from portal.audit.verify import named, one_snapshot
from portal.domain.canonical import sha256_hex

# Worth in 1e-36 dollars, prices as the canonical JSON whose hash was published, and the basket that was in force.
_LEVELS = """
SELECT x.code, l.day, l.level, l.divisor, l.value, l.data_hash, l.simulated, w.worth, '{' || coalesce(w.prices, '') || '}',
  coalesce(w.simulated, false), coalesce(w.lacking, '{}'), b.divisor,
  l.basket_id = coalesce(
    (SELECT c.id FROM indices_basket c WHERE c.index_id = l.index_id AND c.effective_date < l.day
     ORDER BY c.effective_date DESC LIMIT 1),
    (SELECT c.id FROM indices_basket c WHERE c.index_id = l.index_id AND c.effective_date = l.day)),
  lag(l.day) OVER (PARTITION BY l.index_id ORDER BY l.day),
  (SELECT min(c.effective_date) FROM indices_basket c WHERE c.index_id = l.index_id)
FROM indices_level l JOIN indices_index x ON x.id = l.index_id JOIN indices_basket b ON b.id = l.basket_id
LEFT JOIN LATERAL (
  SELECT sum(n.quantity * CASE WHEN n.symbol = 'USD' THEN 1000000000000000000 ELSE trunc(o.close * 1000000000000000000) END) AS worth,
    string_agg(to_json(n.symbol)::text || ':"' || trunc(o.close * 1000000000000000000) || '"', ',' ORDER BY n.symbol COLLATE "C")
      FILTER (WHERE o.close IS NOT NULL) AS prices,
    bool_or(o.simulated) AS simulated,
    array_agg(n.symbol) FILTER (WHERE o.close IS NULL AND n.symbol <> 'USD' AND n.quantity <> 0) AS lacking
  FROM indices_basketline n LEFT JOIN indices_asset a ON a.symbol = n.symbol AND n.symbol <> 'USD'
  LEFT JOIN LATERAL (SELECT p.close, p.simulated, p.excluded FROM indices_observation p WHERE p.asset_id = a.id AND p.day = l.day
    AND p.known_at <= l.calculated_at ORDER BY p.known_at DESC LIMIT 1) o ON NOT o.excluded
  WHERE n.basket_id = l.basket_id) w ON true
ORDER BY x.code, l.day
"""


def verify_levels() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    with one_snapshot(), connection.cursor() as cursor:
        cursor.execute(_LEVELS)
        return named(sentence for row in cursor.fetchall() for sentence in _differences(*row))


def _differences(
    code, day, level, divisor, value, data_hash, simulated, worth, prices, made_up, lacking, of_basket, in_force,
    yesterday, first,
) -> Iterator[str]:  # fmt: skip
    said = f"indices_level {code} of {day}"
    if not in_force:
        yield f"{said}: it counts a basket that was not in force."
    if day != (first if yesterday is None else yesterday + timedelta(days=1)):
        yield f"{said}: the level of the day before it is missing."
    if divisor != of_basket:
        yield f"{said}: its divisor is not that of its basket."
    if lacking or worth is None:
        yield f"{said}: prices that it counted are gone: {', '.join(sorted(lacking)) or 'all'}."
        return
    derived = valuation.dollars(int(worth))
    if value != derived or level != level_of(derived, of_basket):
        yield f"{said}: it says {level}, basket and prices give {level_of(derived, of_basket)}."
    if data_hash != sha256_hex(prices.encode()) or simulated != made_up:
        yield f"{said}: the prices known then are not those that it was calculated from."
