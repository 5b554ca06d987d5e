"""
One door for everything that is owned: post(), and set aside, settle, release.

Each function is one call of a database function, which locks balances in the order of account ids, checks,
writes header, entries, balances and the audit event, all in the caller's transaction. Refusals come back as
named errors; the caller's transaction is then to be left, as after any database error. Who means to go on after
a refusal puts the call into a `transaction.atomic()` of its own.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.ledger.facts import Ask, InstrumentFacts, Leg, Posted, Posting, Told
from portal.runtime.statements import one_row

# Arrays are put together by the server: psycopg would quote each text of a list in Python.
_POST = (
    "SELECT transaction_id, effective_at, replayed FROM ledger_post(ARRAY[%s, %s, %s, %s, %s]::text[], "
    "%s, %s, %s, %s, %s, %s::bigint[], %s::numeric[], %s{told}{message})"
)
_TOLD = ", told => ARRAY[%s, %s, %s, %s, %s]::text[]"
_MESSAGE = ", message => ARRAY[%s, %s, %s, %s]::text[]"
# By whether something is told and whether something is asked: each is prepared once per connection.
_POSTS = {
    (told, asked): _POST.format(told=_TOLD if told else "", message=_MESSAGE if asked else "")
    for told in (False, True)
    for asked in (False, True)
}
_KEY_ONCE = "ledger_transaction_key_once"


class KeyReused(Conflict):
    """The key was posted before with another body; nothing was posted."""

    code = "ledger-key-reused"
    status = 422


class KeyUnderWay(Conflict):
    """Somebody else is posting under this key at this moment; ask again to get the answer."""

    code = "ledger-key-under-way"


class InsufficientBalance(Refused):
    """account_id, available and asked (smallest units) say how much is missing where."""

    code = "insufficient-balance"
    status = 409

    def __init__(self, message: str, *, account_id: int = 0, available: int = 0, asked: int = 0) -> None:
        super().__init__(message, field="amount", next_step="Lower the amount, or add what is missing first.")
        self.account_id = account_id
        self.available = available
        self.asked = asked


class WrongTime(Invalid):
    """The books are not written into the past or the future."""

    code = "ledger-wrong-time"


class Malformed(Invalid):
    """Too few legs, a zero or broken amount, a purpose that the chart does not have."""

    code = "ledger-malformed"


class Unbalanced(Invalid):
    """The legs of one instrument do not sum to zero."""

    code = "ledger-unbalanced"


class NoSuchAccount(NotFound):
    code = "no-such-account"


class ReservationEnded(Conflict):
    """What was set aside has been settled or released already."""

    code = "reservation-ended"


_BY_CODE: dict[str, type[Refused]] = {
    "LG001": KeyReused,
    "LG003": WrongTime,
    "LG004": KeyUnderWay,
    "LG005": Malformed,
    "LG006": NoSuchAccount,
    "LG007": ReservationEnded,
    "LG008": Unbalanced,
}


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns the database's judgement into named errors."""
    try:
        yield
    except DatabaseError as error:
        cause = error.__cause__
        state = getattr(cause, "sqlstate", None)
        diagnostics = getattr(cause, "diag", None)
        if state is None or diagnostics is None:
            raise
        message = (diagnostics.message_primary or str(error)).strip()
        if state == "LG002":
            told = json.loads(diagnostics.message_detail)
            raise InsufficientBalance(
                f"Not enough: {message}. Nothing was posted.",
                account_id=told["account"],
                available=int(told["available"]),
                asked=int(told["asked"]),
            ) from error
        if diagnostics.constraint_name == _KEY_ONCE:
            raise KeyUnderWay("Nothing was posted: the key is being posted by somebody else.") from error
        if state in _BY_CODE:
            raise _BY_CODE[state](f"Nothing was posted: {message}.") from error
        raise


@contextmanager
def _one_statement() -> Iterator[None]:
    """
    For a door that is one statement: in the caller's transaction if there is one, else the statement is a transaction
    by itself, and BEGIN and COMMIT need not travel.
    """
    with _refusals(), transaction.atomic(savepoint=False) if connection.in_atomic_block else nullcontext():
        yield


@contextmanager
def _door() -> Iterator[None]:
    """
    A transaction of its own, or the caller's without a savepoint: that would cost two round trips per posting, and
    nothing could be done with the transaction of a refused posting but to leave it.
    """
    with _refusals(), transaction.atomic(savepoint=False):
        yield


def _actor(actor: Actor) -> list[str]:
    return [actor.kind, actor.id, actor.label, actor.origin, actor.session]


def _array(values: Sequence[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def define_instrument(
    *, code: str, kind: str, scale: int, name: str, actor: Actor, at: datetime
) -> InstrumentFacts:
    """
    Make an instrument, or find it: the same code with another kind or scale is refused.

    kind    cash | security | index_unit | crypto
    scale   decimals, 0 to 18
    raises  KeyReused
    """
    with _door(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_define_instrument(%s::text[], %s, %s, %s, %s, %s)",
            [_actor(actor), at, code, kind, scale, name],
        )
        return InstrumentFacts(cursor.fetchone()[0], code, kind, scale, name)


def open_account(*, owner: str, instrument_id: int, purpose: str, subject: str = "") -> int:
    """
    The id of the owner's account of this instrument for this purpose; opened when it is not there yet.

    owner    "investor:<uuid>" | "issuer:<uuid>" | "index:<uuid>" | "house" | "outside"
    purpose  a name of portal.ledger.chart.CHART that fits the instrument's kind
    subject  "<noun>:<uuid>" where one owner needs several, such as one escrow per offering
    raises   Malformed
    """
    with _door(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_open_account(%s, %s, %s, %s)", [owner, instrument_id, purpose, subject])
        return cursor.fetchone()[0]


def open_accounts(
    *, owners: Sequence[str], instrument_id: int, purpose: str, subject: str = ""
) -> dict[str, int]:
    """
    open_account() for many owners in one statement.

    returns  owner -> account id, for each owner named
    raises   Malformed, and then nothing is opened
    """
    with _door(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT owner, account_id FROM ledger_open_accounts(%s::text[], %s, %s, %s)",
            [list(owners), instrument_id, purpose, subject],
        )
        return dict(cursor.fetchall())


def post(
    *,
    key: str,
    kind: str,
    reference: str,
    legs: Sequence[Leg],
    actor: Actor,
    at: datetime,
    memo: str = "",
    told: Told | None = None,
    ask: Ask | None = None,
) -> Posted:
    """
    Post one transaction: entries that sum to zero per instrument.

    key      unique for ever; the same key and body again returns the first answer
    told     the caller's own event, recorded with the posting; ask: an effect, enqueued with it. One round trip in
             place of three, and outside a transaction the whole change is this one statement. A replay writes
             neither again: they went with the first.
    at       when it takes effect: not in the future, and no more than five minutes before the last entry of any
             of its accounts (then it takes effect at that entry's instant)
    returns  Posted(transaction_id, effective_at, replayed)
    raises   InsufficientBalance, KeyReused, KeyUnderWay, WrongTime, Malformed, Unbalanced, NoSuchAccount
    """
    return _post(key, kind, reference, legs, actor, at, memo, None, told, ask)


def settle(
    *,
    key: str,
    reservation_id: UUID,
    legs: Sequence[Leg],
    kind: str,
    reference: str,
    actor: Actor,
    at: datetime,
    memo: str = "",
    told: Told | None = None,
    ask: Ask | None = None,
) -> Posted:
    """
    Post a transaction out of what was set aside; what it does not take of the reservation is free again.

    legs    one of them takes from the reserved account, at most the reserved amount
    told, ask  as in post()
    raises  as post(), and ReservationEnded
    """
    return _post(key, kind, reference, legs, actor, at, memo, reservation_id, told, ask)


def _post(
    key: str,
    kind: str,
    reference: str,
    legs: Sequence[Leg],
    actor: Actor,
    at: datetime,
    memo: str,
    settles: UUID | None,
    told: Told | None,
    ask: Ask | None,
) -> Posted:
    with _one_statement():
        row = one_row(
            _POSTS[told is not None, ask is not None],
            [
                *_actor(actor),
                at,
                key,
                kind,
                reference,
                memo,
                _array([leg.account_id for leg in legs]),
                _array([leg.amount for leg in legs]),
                settles,
                *(_told(told) if told else ()),
                *(_asked(ask, at) if ask else ()),
            ],
        )
        assert row is not None
        return Posted(*row)


def _told(told: Told) -> list[str | None]:
    organisation = None if told.organisation is None else str(told.organisation)
    facts = canonical_json(dict(told.facts)).decode()
    return [told.action, told.subject, organisation, told.reason, facts]


def _asked(ask: Ask, at: datetime) -> list[str]:
    return [ask.topic, ask.key, json.dumps(dict(ask.payload)), (ask.available_at or at).isoformat()]


def post_many(*, postings: Sequence[Posting], actor: Actor, at: datetime) -> list[Posted]:
    """
    Post many transactions set by set: all of them or none. Postings done before are left as they are.

    postings  in order; a balance may not fall below zero after any of them
    returns   one Posted per posting, in the same order
    raises    as post()
    """
    if not postings:
        return []
    places: list[int] = []
    accounts: list[int] = []
    amounts: list[int] = []
    for place, posting in enumerate(postings, start=1):
        places.extend([place] * len(posting.legs))
        accounts.extend([leg.account_id for leg in posting.legs])
        amounts.extend([leg.amount for leg in posting.legs])
    with _door(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT transaction_id, effective_at, replayed FROM ledger_post_many(%s::text[], %s, %s::text[], "
            "%s::text[], %s::text[], %s::text[], %s::int[], %s::bigint[], %s::numeric[]) ORDER BY place",
            [
                _actor(actor),
                at,
                [posting.key for posting in postings],
                [posting.kind for posting in postings],
                [posting.reference for posting in postings],
                [posting.memo for posting in postings],
                _array(places),
                _array(accounts),
                _array(amounts),
            ],
        )
        return [Posted(*row) for row in cursor.fetchall()]


def reserve(*, key: str, account_id: int, amount: int, reference: str, actor: Actor, at: datetime) -> UUID:
    """
    Set an amount aside: it stays in the account and cannot be spent until settled or released.

    returns  the reservation's id; the same key and body again returns the same
    raises   InsufficientBalance, KeyReused, KeyUnderWay, Malformed, NoSuchAccount
    """
    with _door(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_reserve(%s::text[], %s, %s, %s, %s::numeric, %s)",
            [_actor(actor), at, key, account_id, str(amount), reference],
        )
        return cursor.fetchone()[0]


def release(*, reservation_id: UUID, actor: Actor, at: datetime) -> bool:
    """
    Free what was set aside.

    returns  False when it had been released before
    raises   ReservationEnded when it was settled, NoSuchAccount when there is none
    """
    with _door(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_release(%s::text[], %s, %s)", [_actor(actor), at, reservation_id])
        return cursor.fetchone()[0]
