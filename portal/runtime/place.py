"""One installation of the embedded portal: its folder, its sockets, and the environment that reaches its servers."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from portal.runtime import keys
from portal.runtime.accounts import reachable_by_others, server_account
from portal.runtime.postgres import APP, OWNER, SUPERUSER

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = "PORTAL_UP"  # in the environment of every process that `manage.py up` starts: the folder it serves
ELSEWHERE = Path("/var/lib/portal")  # root's, where var/ lies below a folder that no other account may enter
SOCKET_PATH_BYTES = 100  # the kernel allows 107
DATABASE = "portal"
PRIVATE = ("keys", "documents", "mail", "log", "static")


class FolderNotOurs(RuntimeError):
    """A folder that should be ours alone belongs to somebody else."""


@dataclass(frozen=True)
class Place:
    """`var` is the folder that holds everything this installation keeps."""

    var: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Place":
        """The folder VAR_DIR names, else var/ beside manage.py."""
        return cls(Path(environment.get("VAR_DIR") or ROOT / "var").resolve())

    @property
    def name(self) -> str:
        return hashlib.sha256(os.fsencode(self.var)).hexdigest()[:12]

    @property
    def lock(self) -> Path:
        return self.var / "up.lock"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def servers(self) -> Path:
        """The folder of the servers' data: `var`, unless the account they run as cannot enter it."""
        account = server_account()
        if account is None or not self.var.exists() or reachable_by_others(self.var):
            return self.var
        return ELSEWHERE / self.name

    @property
    def sockets(self) -> Path:
        """Always the same folder for the same `var`, short enough for a socket's path."""
        folder = self.servers / "run"
        if len(os.fsencode(folder / "pg" / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES:
            return folder
        return Path(tempfile.gettempdir()) / f"portal-{os.geteuid()}-{self.name}"

    def make(self) -> None:
        """
        Make the folders and secrets that are missing. Others may walk through `var` (the database server must, where
        we are root) but list nothing; what is private has folders of its own, mode 0700.
        """
        if not self.var.exists():
            self.var.mkdir(parents=True)
            self.var.chmod(0o711)
        for name in PRIVATE:
            (self.var / name).mkdir(mode=0o700, exist_ok=True)
        mine = [self.servers, self.sockets]
        if self.servers.parent == ELSEWHERE:
            mine.insert(0, ELSEWHERE)
        for folder in mine:
            folder.mkdir(parents=True, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                raise FolderNotOurs(
                    f"{folder} belongs to another account; remove it or set VAR_DIR to another folder."
                )
            if folder != self.var:
                folder.chmod(0o711)
        keys.ensure_keys(self.var / "keys")

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """What settings need to reach this installation's servers and keys, without what `given` already says."""
        host = quote(str(self.sockets / "pg"))
        valkey = self.sockets / "valkey.sock"
        found = {"VAR_DIR": str(self.var)}
        if "DATABASE_URL" not in given:
            found["DATABASE_URL"] = f"postgres://{APP}@/{DATABASE}?host={host}"
            found["DATABASE_OWNER_URL"] = f"postgres://{OWNER}@/{DATABASE}?host={host}"
            found["DATABASE_SUPERUSER_URL"] = f"postgres://{SUPERUSER}@/{DATABASE}?host={host}"
        if "BROKER_URL" not in given:
            found["BROKER_URL"] = f"redis+socket://{valkey}?virtual_host=0"
            found["CACHE_URL"] = given.get("CACHE_URL", f"unix://{valkey}?db=1")
        for name, file in (("SECRET_KEY", "secret-key"), ("FIELD_KEYS", "field-keys")):
            if name not in given and f"{name}_FILE" not in given:
                found[f"{name}_FILE"] = str(self.var / "keys" / file)
        if not {"PRODUCTION", "DEMO_MODE"} & set(given):
            found["DEMO_MODE"] = "1"
        return found
