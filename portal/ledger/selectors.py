"""Reading the books: instruments, accounts, balances now and at any past instant, entries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from portal.domain.errors import NotFound
from portal.ledger.facts import BalanceFacts, EntryFacts, InstrumentFacts, ReservationFacts
from portal.ledger.models import Account, Instrument

POSITIONS_AT = """
SELECT a.owner, CASE WHEN b.last_effective_at <= %(as_of)s THEN b.posted ELSE coalesce((
    SELECT e.balance_after FROM ledger_entry e WHERE e.account_id = a.id AND e.effective_at <= %(as_of)s
    ORDER BY e.effective_at DESC, e.id DESC LIMIT 1), 0) END AS quantity
FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
WHERE a.instrument_id = %(instrument)s AND a.purpose = %(purpose)s
"""
"""
Each account's owner and balance as of an instant, as rows for a statement that joins a million of them: only accounts
that moved since are looked up among the entries. Parameters: instrument (id), purpose, as_of.
"""


class NoSuchInstrument(NotFound):
    code = "no-such-instrument"


class NoSuchReservation(NotFound):
    code = "no-such-reservation"


def instrument(code: str) -> InstrumentFacts:
    """raises  NoSuchInstrument"""
    found = Instrument.objects.filter(code=code).first()
    if found is None:
        raise NoSuchInstrument(f"There is no instrument {code}.", field="instrument")
    return InstrumentFacts(found.pk, found.code, found.kind, found.scale, found.name)


def instruments(*, kind: str | None = None, ids: Sequence[int] | None = None) -> list[InstrumentFacts]:
    """Instruments by code; of one kind, or of these ids."""
    query = Instrument.objects.all()
    if kind is not None:
        query = query.filter(kind=kind)
    if ids is not None:
        query = query.filter(pk__in=ids)
    return [InstrumentFacts(i.pk, i.code, i.kind, i.scale, i.name) for i in query.order_by("code")]


def account_id(*, owner: str, instrument_id: int, purpose: str, subject: str = "") -> int | None:
    return (
        Account.objects.filter(owner=owner, instrument_id=instrument_id, purpose=purpose, subject=subject)
        .values_list("pk", flat=True)
        .first()
    )


_BALANCE = """
SELECT a.id, a.owner, a.instrument_id, i.code, a.purpose, a.subject, {figures}
FROM ledger_account a JOIN ledger_instrument i ON i.id = a.instrument_id {join}
WHERE {where} ORDER BY a.id
"""
_PAST = """
CROSS JOIN LATERAL (
  SELECT e.balance_after FROM ledger_entry e WHERE e.account_id = a.id AND e.effective_at <= %s
  ORDER BY e.effective_at DESC, e.id DESC LIMIT 1) past
"""


def balance(account_id: int) -> BalanceFacts:
    """raises  NoSuchInstrument when there is no such account"""
    found = _balances("a.id = %s", [account_id], None)
    if not found:
        raise NoSuchInstrument(f"There is no account {account_id}.")
    return found[0]


def balance_of(*, owner: str, code: str, purpose: str, subject: str = "") -> BalanceFacts | None:
    """
    Balance of one account by its owner, the code of its instrument and its purpose; None where there is none.

    It is found by the account's label, so that it costs the same with ten accounts of an instrument and with a million.
    """
    found = _balances("a.label = %s", [f"{owner}|{purpose}|{subject}|{code}"], None)
    return found[0] if found else None


def balances(
    *,
    owner: str | None = None,
    instrument_id: int | None = None,
    purpose: str | None = None,
    as_of: datetime | None = None,
) -> list[BalanceFacts]:
    """
    Balances of the accounts that fit, now or as they were at an instant; of the past, only accounts that had an
    entry by then, and without reservations.

    One of owner and instrument_id is needed: the whole ledger is not a page.
    """
    where, values = [], []
    for column, value in (("a.owner", owner), ("a.instrument_id", instrument_id), ("a.purpose", purpose)):
        if value is not None:
            where.append(f"{column} = %s")
            values.append(value)
    if owner is None and instrument_id is None:
        raise ValueError("balances() needs an owner or an instrument")
    return _balances(" AND ".join(where), values, as_of)


def _balances(where: str, values: list[Any], as_of: datetime | None) -> list[BalanceFacts]:
    if as_of is None:
        query = _BALANCE.format(
            figures="b.posted, b.reserved", join="JOIN ledger_balance b ON b.account_id = a.id", where=where
        )
    else:
        query = _BALANCE.format(figures="past.balance_after, 0", join=_PAST, where=where)
        values = [as_of, *values]
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [_balance(*row) for row in cursor.fetchall()]


def _balance(*row: Any) -> BalanceFacts:
    values: tuple[Any, ...] = (*row[:6], int(row[6]), int(row[7]))
    return BalanceFacts(*values)


_ENTRIES = """
SELECT e.id, t.transaction_id, t.kind, t.reference, t.memo, a.id, a.owner, i.code, i.scale, a.purpose, a.subject,
       e.amount, e.balance_after, e.effective_at, v.event_id
FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id JOIN ledger_account a ON a.id = e.account_id
JOIN ledger_instrument i ON i.id = e.instrument_id JOIN audit_event v ON v.id = t.event
WHERE {where} ORDER BY e.id DESC LIMIT %s
"""


def entries(
    *,
    owner: str | None = None,
    account_id: int | None = None,
    transaction_id: UUID | None = None,
    reference: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[EntryFacts]:
    """Entries that fit, newest first; before_id is the id of the last one already shown."""
    where, values = ["true"], []
    for column, value in (
        ("a.owner", owner),
        ("e.account_id", account_id),
        ("t.transaction_id", transaction_id),
        ("t.reference", reference),
    ):
        if value is not None:
            where.append(f"{column} = %s")
            values.append(value)
    if before_id is not None:
        where.append("e.id < %s")
        values.append(before_id)
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES.format(where=" AND ".join(where)), [*values, limit])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [_entry(*row) for row in rows]


def _entry(*row: Any) -> EntryFacts:
    amount, after = int(row[11]), int(row[12])
    values: tuple[Any, ...] = (*row[:11], amount, after, *row[13:])
    return EntryFacts(*values)


def reservation(reservation_id: UUID) -> ReservationFacts:
    """raises  NoSuchReservation"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.reservation_id, r.account_id, r.amount, r.reference, r.reserved_at, "
            "CASE WHEN n.reservation_id IS NULL THEN 'open' WHEN n.settled > 0 THEN 'settled' ELSE 'released' END, "
            "coalesce(n.settled, 0) FROM ledger_reservation r "
            "LEFT JOIN ledger_reservation_end n ON n.reservation_id = r.id WHERE r.reservation_id = %s",
            [reservation_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NoSuchReservation("There is no such reservation.")
    return ReservationFacts(row[0], row[1], int(row[2]), row[3], row[4], row[5], int(row[6]))
