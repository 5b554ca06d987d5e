"""
After a change of keys: every sealed value is sealed again by the newest. What is current already is left alone, so a
run that was broken off goes on where it stopped, and a second run does nothing.

Runs as the owner of the tables: the application may not touch tables of record, whose trigger lets the owner change a
seal and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from portal.accounts.fields import MFA_CONTEXT, EncryptedTextField, keyring
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.sealing import CannotUnseal

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Resealed:
    """One chunk of a table: rows sealed anew, and those that no key here opens, which stay as they are."""

    table: str
    rows: int
    shut: tuple[str, ...]


def sealed_models() -> list[tuple[type[models.Model], list[EncryptedTextField]]]:
    """Every model with sealed columns, by the name of its table."""
    found = []
    for model in apps.get_models():
        fields = [
            field for field in model._meta.local_concrete_fields if isinstance(field, EncryptedTextField)
        ]
        if fields:
            found.append((model, fields))
    return sorted(found, key=lambda pair: pair[0]._meta.db_table)


def reseal_columns(*, actor: Actor, at: datetime, chunk: int = CHUNK) -> Iterator[Resealed]:
    """Seal every column of every table anew, a transaction and an audit event for each chunk."""
    for model, fields in sealed_models():
        after: Any = None
        while True:
            with transaction.atomic():
                rows = _waiting(model, fields, after, chunk)
                done, shut = 0, []
                for pk, *values in rows:
                    try:
                        done += _reseal_row(model, fields, pk, values)
                    except CannotUnseal:
                        shut.append(str(pk))
                part = _told(model._meta.db_table, done, shut, actor=actor, at=at)
            if not rows:
                break
            after = rows[-1][0]
            yield part


def reseal_second_factors(*, actor: Actor, at: datetime) -> Resealed:
    """Second factors lie sealed inside a JSON value."""
    done, shut = 0, []
    with transaction.atomic():
        for row in Authenticator.objects.select_for_update().order_by("pk"):
            try:
                fresh = _reseal_inside(row.data)
            except CannotUnseal:
                shut.append(str(row.pk))
                continue
            if fresh != row.data:
                Authenticator.objects.filter(pk=row.pk).update(data=fresh)
                done += 1
        return _told(Authenticator._meta.db_table, done, shut, actor=actor, at=at)


def _told(table: str, done: int, shut: list[str], *, actor: Actor, at: datetime) -> Resealed:
    if done:
        record(
            actor=actor,
            action="sealing.rows_resealed",
            subject=f"table:{table}",
            at=at,
            rows_resealed=done,
            rows_shut=len(shut),
            key_id=keyring().newest,
        )
    return Resealed(table, done, tuple(shut))


def _waiting(
    model: type[models.Model], fields: list[EncryptedTextField], after: Any, chunk: int
) -> list[tuple[Any, ...]]:
    """Locked rows whose seal is not the newest key's: (key, column, …) in the order of the keys."""
    key = sql.Identifier(_key(model).column)
    columns = [sql.Identifier(field.column) for field in fields]
    old = sql.SQL(" OR ").join(
        sql.SQL("({0} <> '' AND NOT starts_with({0}, %(newest)s))").format(column) for column in columns
    )
    further = sql.SQL("TRUE") if after is None else sql.SQL("{} > %(after)s").format(key)
    statement = sql.SQL(
        "SELECT {key}, {columns} FROM {table} WHERE ({old}) AND {further} ORDER BY {key} LIMIT %(chunk)s FOR UPDATE"
    ).format(
        key=key,
        columns=sql.SQL(", ").join(columns),
        table=sql.Identifier(model._meta.db_table),
        old=old,
        further=further,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"newest": f"s1.{keyring().newest}.", "after": after, "chunk": chunk})
        return list(cursor.fetchall())


def _reseal_row(
    model: type[models.Model], fields: list[EncryptedTextField], pk: Any, values: list[str | None]
) -> int:
    instance = model(pk=pk)
    fresh = []
    for field, value in zip(fields, values, strict=True):
        if not value or keyring().is_current(value):
            fresh.append(value)
            continue
        context = field.context_of(instance)
        fresh.append(keyring().seal(keyring().unseal(value, context=context), context=context))
    statement = sql.SQL("UPDATE {table} SET {columns} WHERE {key} = %s").format(
        table=sql.Identifier(model._meta.db_table),
        columns=sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(f.column)) for f in fields),
        key=sql.Identifier(_key(model).column),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*fresh, pk])
        return int(cursor.rowcount)


def _reseal_inside(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reseal_inside(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_reseal_inside(one) for one in value]
    if isinstance(value, str) and value.startswith("s1.") and not keyring().is_current(value):
        return keyring().seal(keyring().unseal(value, context=MFA_CONTEXT), context=MFA_CONTEXT)
    return value


def _key(model: type[models.Model]) -> Any:
    key = model._meta.pk
    assert key is not None
    return key
