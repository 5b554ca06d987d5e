"""The test process's own database: a copy of the migrated template, replaced whole after tests that commit."""

import os

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from portal.runtime.privileges import close_database
from portal.runtime.testing import TEMPLATE, with_database
from tests.environment import DATABASE


def superuser_url(database: str = DATABASE) -> str:
    """How the superuser reaches a database of the test server."""
    return with_database(os.environ["DATABASE_SUPERUSER_URL"], database)


def make_copy() -> None:
    """
    A fresh copy of the template under this process's name; what was there is gone.

    The application still signs in as its own role: the rights of production are those of the tests.
    """
    connections.close_all()
    copy, template = sql.Identifier(DATABASE), sql.Identifier(TEMPLATE)
    with psycopg.connect(superuser_url("postgres"), autocommit=True) as admin:
        row = admin.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [TEMPLATE]
        ).fetchone()
        assert row is not None, f"the server has no database {TEMPLATE}"
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy))
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(copy, template, sql.Identifier(row[0]))
        )
    with psycopg.connect(superuser_url(), autocommit=True) as admin:
        close_database(admin.cursor(), role=settings.DATABASE_APP_ROLE)


def drop_copy() -> None:
    """Take the copy away."""
    connections.close_all()
    with psycopg.connect(superuser_url("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
