"""How a journey goes on while what it stands on is killed: a step is tried until the database is there to do it."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connection

T = TypeVar("T")
PATIENCE = 240


def lasting(step: Callable[[], T]) -> T:
    """Do a step that may be done twice until the database is there to do it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return step()
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition, which may do a step each time it is asked, is true."""
    deadline = time.monotonic() + PATIENCE
    while not lasting(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.1)
