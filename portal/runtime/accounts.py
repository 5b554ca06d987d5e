"""Whom the embedded servers run as, and where that account can reach."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOW_PRIVILEGE = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments that make subprocess.Popen drop to this account, supplementary groups included."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give the account this one path; never its parents."""
        os.chown(path, self.uid, self.gid)


def server_account() -> Account | None:
    """
    The account for PostgreSQL, which refuses to run as root. None when we are no root and need no other.

    raises  RuntimeError where root finds no account of low privilege
    """
    if os.geteuid() != 0:
        return None
    for name in LOW_PRIVILEGE:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise RuntimeError(
        f"PostgreSQL does not run as root and none of the accounts {', '.join(LOW_PRIVILEGE)} exists."
    )


def reachable_by_others(path: Path) -> bool:
    """Whether an account that is neither owner nor group can walk to `path` and enter it."""
    resolved = path.resolve()
    return all(step.stat().st_mode & 0o001 for step in [resolved, *resolved.parents])
