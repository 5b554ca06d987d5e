"""
What the database server must promise before the portal trusts it with money: an acknowledged commit survives
kill -9 and power cuts, and time is UTC.
"""

import os
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from portal.runtime.privileges import Cursor

REQUIRED = {
    "fsync": ("on",),
    "synchronous_commit": ("on", "remote_write", "remote_apply"),
    "full_page_writes": ("on",),
    "TimeZone": ("UTC", "Etc/UTC"),
}
# Set by the test runner alone, whose cluster lives in memory.
MAY_FORGET = "DATABASE_MAY_FORGET"


def broken_promises(cursor: Cursor) -> list[str]:
    """A sentence for each setting of the server that would lose or bend a record; none when all is well."""
    broken = []
    for name, allowed in REQUIRED.items():
        cursor.execute("SELECT current_setting(%s)", [name])
        value = cursor.fetchone()[0]
        if value not in allowed:
            broken.append(
                f"The database server has {name} = {value}; the portal needs {' or '.join(allowed)}."
            )
    return broken


@register(Tags.database)
def check_durability(databases: list[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Part of `check --database default`, of `prepare` and so of every start."""
    if os.environ.get(MAY_FORGET) == "1":
        return []
    found: list[CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            found += [Error(sentence, id="portal.E001") for sentence in broken_promises(cursor)]
            cursor.execute("SELECT current_setting('data_checksums')")
            if cursor.fetchone()[0] != "on":
                found.append(
                    Warning(
                        "The database server was initialised without data checksums.",
                        hint="pg_checksums --enable, on a stopped server: silent damage to a page is then noticed.",
                        id="portal.W001",
                    )
                )
    return found
