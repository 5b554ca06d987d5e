"""
An idempotency key and its effect live in one transaction: either both are there or neither is.

A request that is refused rolls its key back with everything else, so that it may be sent again, corrected,
under the same key; only a request that had an effect is remembered.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from portal.audit.services import OutsideTransaction
from portal.domain.errors import Conflict, Refused
from portal.idempotency.models import Key


class KeyReused(Refused):
    """The key was used before with another body."""

    code = "idempotency-key-reused"
    status = 422


class KeyUnderWay(Conflict):
    """The first request with this key has not finished."""

    code = "idempotency-key-under-way"


@dataclass(frozen=True, slots=True)
class StoredResponse:
    status: int
    response: dict[str, Any]


def claim(*, scope: str, key: str, request_hash: str, at: datetime) -> StoredResponse | None:
    """
    Take the key for the work of this transaction.

    returns  None when the work is yours to do; the stored answer when it was done before
    raises   KeyReused (same key, other body), KeyUnderWay (the first is still running), OutsideTransaction
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("An idempotency key was to be claimed outside a transaction.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 727202))", [f"{scope}\n{key}"])
        if not cursor.fetchone()[0]:
            raise KeyUnderWay(
                "A request with this idempotency key is still under way.",
                field="Idempotency-Key",
                next_step="Wait a moment and send the same request again: it will return the first one's answer.",
            )
    known = Key.objects.filter(scope=scope, key=key).first()
    if known is None:
        Key.objects.create(scope=scope, key=key, request_hash=request_hash, created_at=at)
        return None
    if known.request_hash != request_hash:
        raise KeyReused(
            "This idempotency key was used before with another request. Nothing was changed.",
            field="Idempotency-Key",
            next_step="Use a new key for a new request; repeat the old request unchanged to see its answer.",
        )
    return StoredResponse(known.status or 200, known.response or {})


def complete(*, scope: str, key: str, status: int, response: dict[str, Any]) -> None:
    """Remember the answer, in the same transaction as claim() and the effect."""
    Key.objects.filter(scope=scope, key=key, response__isnull=True).update(status=status, response=response)
