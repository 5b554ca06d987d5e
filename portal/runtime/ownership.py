"""Acting as the owner of the tables, for migrations and privileges only."""

from collections.abc import Iterator
from contextlib import contextmanager

import environ
from django.db import connections

LONG = "-c timezone=UTC -c statement_timeout=0 -c lock_timeout=60000"


class OwnerUnknown(RuntimeError):
    """No URL is given by which the owner of the tables signs in."""


@contextmanager
def as_owner(url: str, *, alias: str = "default") -> Iterator[None]:
    """
    Within the block Django's connection `alias` is the owner's, with no limit on the time of a statement.

    url     DATABASE_OWNER_URL
    raises  OwnerUnknown when it is empty
    """
    if not url:
        raise OwnerUnknown(
            "Migrations run as the owner of the tables: set DATABASE_OWNER_URL "
            "(the role that owns the database, not the one in DATABASE_URL)."
        )
    connection = connections[alias]
    mine = dict(connection.settings_dict)
    owner = environ.Env.db_url_config(url)
    options = dict(owner.get("OPTIONS", {}), options=LONG, application_name="portal-prepare")
    connection.close()
    connection.settings_dict.update({**owner, "ENGINE": mine["ENGINE"], "OPTIONS": options})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(mine)
