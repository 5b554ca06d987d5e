"""
Who is due what, frozen: one statement takes the holdings of the record instant, splits the pot, keeps back the tax
and writes chunks and lines, whether there are three holders or a million. `issuance.domain.dividends` says the same
line by line; tests hold the two to each other.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg import sql
from psycopg.errors import NotNullViolation

from investors.profiles.selectors import TAX_STANDINGS
from issuance.corporate_actions.models import Dividend, PayoutChunk
from issuance.domain.withholding import PPM, Payee, Rate, rate_for
from portal.domain.errors import Conflict
from portal.ledger.selectors import POSITIONS_AT

SETTINGS = (("statement_timeout", "10min"), ("work_mem", "128MB"), ("jit", "off"), ("enable_nestloop", "off"))
"""
For a million holders, while they are frozen. Without nested loops tables are read as a whole: the planner takes new
ones for small and would compare each holder with each form.
"""
MANY = 1_000
"""From so many accounts on these settings count; fewer are found one by one."""
HASHED_AT_ONCE = 20
"""Chunks whose lines are fetched together for the fingerprint."""

_HELD = """
held AS (
  SELECT p.owner AS holder, sum(p.quantity) AS quantity FROM ({positions}) p
  GROUP BY p.owner HAVING sum(p.quantity) > 0),
forms AS (
  SELECT DISTINCT ON (h.holder) h.holder, t.form, t.residence, t.tin_on_file, t.treaty_claimed
  FROM held h JOIN issuance_taxform t ON t.holder = h.holder ORDER BY h.holder, t.filed_at DESC, t.id),
standing AS (
  SELECT h.holder, h.quantity,
    CASE WHEN f.holder IS NOT NULL THEN f.form WHEN i.id IS NULL THEN '' WHEN i.us_person THEN 'w9' ELSE 'w8' END
      AS form,
    CASE WHEN f.holder IS NOT NULL THEN f.residence WHEN i.id IS NULL THEN '' WHEN i.us_person THEN 'US'
      ELSE i.residence END AS residence,
    coalesce(f.tin_on_file, i.has_identifier, false) AS tin, coalesce(f.treaty_claimed, false) AS treaty
  FROM held h LEFT JOIN forms f ON f.holder = h.holder
  LEFT JOIN ({tax}) i ON i.id = CASE WHEN h.holder LIKE 'investor:%%' THEN substr(h.holder, 10)::uuid END)
"""
_STANDINGS = "WITH {held} SELECT DISTINCT form, residence, tin, treaty FROM standing"
_FREEZE = """
WITH {held},
rates AS MATERIALIZED (
  SELECT * FROM unnest(%(forms)s::text[], %(residences)s::text[], %(tins)s::bool[], %(treaties)s::bool[],
    %(ppms)s::int[], %(reasons)s::text[], %(sources)s::text[])
    WITH ORDINALITY AS r(form, residence, tin, treaty, ppm, reason, source, n)),
placed AS (
  SELECT s.holder, s.quantity, r.n AS rate, r.ppm, row_number() OVER (ORDER BY s.holder COLLATE "C") - 1 AS place,
    {over} * s.quantity AS whole, {under} AS under
  FROM standing s LEFT JOIN rates r USING (form, residence, tin, treaty)),
parts AS (SELECT *, div(whole, under) AS part, mod(whole, under) AS rest FROM placed),
due AS (SELECT holder, quantity, rate, ppm, place, part + {extra} AS gross FROM parts),
lines AS MATERIALIZED (
  SELECT *, place / %(chunk)s AS number, least(div(2 * gross * ppm + {ppm}, 2 * {ppm}), gross) AS withheld FROM due),
chunks AS (
  INSERT INTO issuance_payoutchunk (dividend_id, number, holders, gross_minor, withheld_minor, net_minor)
  SELECT %(dividend)s, number, count(*), sum(gross), sum(withheld), sum(gross - withheld) FROM lines
  GROUP BY number ORDER BY number RETURNING id, number)
INSERT INTO issuance_entitlement (dividend_id, chunk_id, holder, quantity, rate_ppm, rate_reason, rate_source,
  gross_minor, withheld_minor, net_minor)
SELECT %(dividend)s, c.id, l.holder, l.quantity, r.ppm, r.reason, r.source, l.gross, l.withheld, l.gross - l.withheld
FROM lines l JOIN chunks c USING (number) LEFT JOIN rates r ON r.n = l.rate ORDER BY l.place
"""
# The units that whole division leaves over, to the largest remainders, the earlier holder first.
_LARGEST = (
    "CASE WHEN row_number() OVER (ORDER BY rest DESC, place) <= %(pot)s - sum(part) OVER () THEN 1 ELSE 0 END"
)
_LINES = """
SELECT string_agg('[' || to_json(holder)::text || ',"' || quantity || '","' || gross_minor || '","' || withheld_minor
  || '"]', ',' ORDER BY id), sum(quantity)
FROM issuance_entitlement WHERE chunk_id = ANY(%s) GROUP BY chunk_id ORDER BY chunk_id
"""


class StandingChanged(Conflict):
    """A holder's tax standing became another one while entitlements were being frozen; nothing was frozen."""

    code = "tax-standing-changed"


@dataclass(frozen=True, slots=True)
class Frozen:
    """
    Sums of what was written, in minor units, and the fingerprint of the lines.

    quantity  smallest units of all holders
    sha256    of the canonical JSON list of [holder, quantity, gross, withheld] in the order of holders
    """

    holders: int
    quantity: int
    gross: int
    withheld: int
    net: int
    sha256: str


def freeze(row: Dividend, *, instrument_id: int, chunk: int) -> Frozen:
    """
    Write the chunks and entitlements of a dividend from the ledger as of its record instant; nothing when nobody
    held any. In the caller's transaction, under the dividend's lock.

    chunk   holders in one chunk
    raises  StandingChanged
    """
    held = {"instrument": instrument_id, "purpose": "holding", "as_of": row.record_at}
    with connection.cursor() as cursor:
        for name, value in SETTINGS if _many(instrument_id) else ():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        cursor.execute(_of_holders(_STANDINGS), held)
        rates = _rates(cursor.fetchall(), on=row.payment_date)
    statement, terms = _split(row)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {**held, **rates, **terms, "dividend": row.pk, "chunk": chunk})
    except DatabaseError as error:
        if isinstance(error.__cause__, NotNullViolation):
            raise StandingChanged(
                "Somebody's tax form or profile changed at this very moment; nothing was frozen.",
                next_step="Do it again.",
            ) from error
        raise
    frozen = _sums(row)
    with connection.cursor() as cursor:
        for name, _ in SETTINGS:
            cursor.execute(sql.SQL("SET LOCAL {} TO DEFAULT").format(sql.Identifier(name)))
    return frozen


def _rates(standings: list[tuple[str, str, bool, bool]], *, on: date) -> dict[str, list[Any]]:
    """The rate of each tax standing that there is among the holders, as columns."""
    rates: list[Rate] = [
        rate_for(Payee(form, residence, tin, treaty), on=on)  # type: ignore[arg-type]
        for form, residence, tin, treaty in standings
    ]
    return {
        "forms": [one[0] for one in standings],
        "residences": [one[1] for one in standings],
        "tins": [one[2] for one in standings],
        "treaties": [one[3] for one in standings],
        "ppms": [one.ppm for one in rates],
        "reasons": [one.reason for one in rates],
        "sources": [one.source for one in rates],
    }


def _split(row: Dividend) -> tuple[str, dict[str, int]]:
    """The statement that divides: each line is over * quantity / under, rounded down, and what is extra."""
    if row.basis == Dividend.Basis.PER_UNIT:
        over, under = row.per_unit_numerator, row.per_unit_denominator * 10**row.security.scale
        return _freezing("%(over)s::numeric", "%(under)s::numeric", "0"), {"over": over, "under": under}
    extra = _LARGEST if row.rounding == Dividend.Rounding.LARGEST_REMAINDER else "0"
    return _freezing("%(pot)s::numeric", "sum(s.quantity) OVER ()", extra), {"pot": row.pot_minor}


def _freezing(over: str, under: str, extra: str) -> str:
    return _of_holders(_FREEZE, ppm=PPM, over=over, under=under, extra=extra)


def _of_holders(statement: str, **parts: Any) -> str:
    return statement.format(held=_HELD.format(positions=POSITIONS_AT, tax=TAX_STANDINGS), **parts)


def _many(instrument_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM ledger_account WHERE instrument_id = %s AND purpose = 'holding'",
            [instrument_id],
        )
        return cursor.fetchone()[0] >= MANY


def _sums(row: Dividend) -> Frozen:
    chunks = list(PayoutChunk.objects.filter(dividend=row).order_by("number"))
    digest, quantity = hashlib.sha256(b"["), 0
    with connection.cursor() as cursor:
        for first in range(0, len(chunks), HASHED_AT_ONCE):
            cursor.execute(_LINES, [[one.pk for one in chunks[first : first + HASHED_AT_ONCE]]])
            for number, (lines, held) in enumerate(cursor.fetchall(), start=first):
                digest.update((b"," if number else b"") + lines.encode())
                quantity += int(held)
    digest.update(b"]")
    return Frozen(
        holders=sum(one.holders for one in chunks),
        quantity=quantity,
        gross=sum(one.gross_minor for one in chunks),
        withheld=sum(one.withheld_minor for one in chunks),
        net=sum(one.net_minor for one in chunks),
        sha256=digest.hexdigest(),
    )
