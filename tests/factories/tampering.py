"""What a superuser could do to a row, column by column, and undo it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.apps import apps
from django.db import models

# Other values of a column by its type; the first that the table's own constraints let through is taken.
OTHERS = {
    "bool": ["NOT {c}"],
    "int2": ["{c} + 1", "{c} - 1"],
    "int4": ["{c} + 1", "{c} - 1"],
    "int8": ["{c} + 1", "{c} - 1"],
    "numeric": ["{c} + 1", "{c} - 1"],
    "varchar": ["overlay({c} placing 'x' from 1 for 1)", "'x'"],
    "text": ["{c} || 'x'"],
    "date": ["{c} + 1", "{c} - 1"],
    "timestamptz": ["{c} - interval '1 second'"],
    "uuid": ["gen_random_uuid()"],
    "jsonb": ["'{{\"forged\": true}}'"],
    "_varchar": ["array_append({c}, 'x')"],
}
EMPTY = {
    "bool": "true", "int2": "7", "int4": "7", "int8": "7", "numeric": "7", "date": "'2020-02-02'", "uuid": "gen_random_uuid()",
    "timestamptz": "'2020-02-02'", "varchar": "'x'", "text": "'x'", "jsonb": "'{}'",
}  # fmt: skip


def kept_models(house: str) -> list[type[models.Model]]:
    """The models of a house whose rows the trail vouches for."""
    return [model for model in apps.get_app_config(house).get_models() if hasattr(model, "ESSENTIALS")]


def columns_of(model: Any) -> list[str]:
    """Column names of what the model says of a row."""
    names = {name for names in model.ESSENTIALS.values() for name in names} - {model._meta.pk.attname}
    fields = {field.attname: field.column for field in model._meta.concrete_fields}
    return sorted(fields[name] for name in names)


def key_of_a_row(superuser: psycopg.Connection, model: type[models.Model]) -> str | None:
    """The key of some row of the model as text; None where it has none."""
    key = model._meta.pk.column
    row = superuser.execute(f"SELECT {key}::text FROM {model._meta.db_table} ORDER BY 1 LIMIT 1").fetchone()
    return row and row[0]


@contextmanager
def changed(superuser: psycopg.Connection, table: str, column: str, key: str) -> Iterator[bool]:
    """
    A superuser changes one column of one row; it is put back afterwards.

    yields  False where no other value passes the table's own constraints, which not even he can pass by
    """
    kind, null = superuser.execute(
        f"SELECT a.atttypid::regtype::oid::int, (t.{column} IS NULL) FROM {table} t, pg_attribute a "
        f"WHERE a.attrelid = '{table}'::regclass AND a.attname = '{column}' AND t.id::text = %s",
        [key],
    ).fetchone()
    name = superuser.execute("SELECT typname FROM pg_type WHERE oid = %s", [kind]).fetchone()[0]
    before = superuser.execute(
        f"SELECT to_jsonb(t)::text FROM {table} t WHERE t.id::text = %s", [key]
    ).fetchone()[0]
    superuser.execute("SET session_replication_role = replica")
    done = False
    for value in [EMPTY[name]] if null else OTHERS[name]:
        try:
            superuser.execute(
                f"UPDATE {table} SET {column} = {value.format(c=column)} WHERE id::text = %s", [key]
            )
            done = True
            break
        except (psycopg.IntegrityError, psycopg.DataError):
            continue
    try:
        yield done
    finally:
        superuser.execute(
            f"UPDATE {table} t SET {column} = r.{column} FROM jsonb_populate_record(NULL::{table}, %s::jsonb) r WHERE t.id::text = %s",
            [before, key],
        )
