"""Sealing of personal columns: each value is bound to its table, column and row, so it cannot be moved."""

from uuid import UUID

from portal.domain.sealing import seal, unseal


def sealed(text: str, *, table: str, column: str, pk: UUID | str) -> str:
    """The encrypted form of a column's text; "" stays "" so that empty fields can be told."""
    return seal(text, context=f"{table}|{column}|{pk}") if text else ""


def opened(text: str, *, table: str, column: str, pk: UUID | str) -> str:
    """
    The plain text again.

    raises  portal.domain.sealing's error when the value was altered, moved, or its key is gone
    """
    return unseal(text, context=f"{table}|{column}|{pk}") if text else ""
