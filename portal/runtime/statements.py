"""
Prepared statements for the few doors through which nearly every write goes: parsed and planned once per connection.

Django binds parameters on the client and so sends a new text each time. DATABASE_PREPARE=false turns preparing
off, for a connection pooler that cannot carry prepared statements.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import Cursor


def one_row(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """
    Run one statement on Django's connection, in its transaction.

    returns  its first row; None where it gives no rows
    raises   Django's database errors, as a Django cursor would
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, prepare=True)
        return cursor.fetchone() if cursor.description else None
