"""A PostgreSQL cluster of our own: made, started, stopped; reachable through one private socket only."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from portal.runtime.accounts import Account, reachable_by_others, server_account
from portal.runtime.binaries import Installation, postgres_installation
from portal.runtime.processes import Child, is_alive, spawn

# A killed server's backends are still going, or nobody has reaped it yet and PostgreSQL takes it for alive.
STILL_GOING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
SUPERUSER = "postgres"
OWNER = "portal_owner"
APP = "portal_app"

# Throw-away clusters only: nothing survives a crash of the machine.
# Their shared memory is files of the cluster, so that a killed run leaves none of it in /dev/shm.
UNSAFE_AND_FAST = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "dynamic_shared_memory_type=mmap",
)  # fmt: skip


class PostgresFailed(RuntimeError):
    """The server did not start; the message carries the end of its log."""


@dataclass
class Cluster:
    """
    One data directory and the server on it.

    home     folder for data, log and (when needed) a copy of the programs; the server's account must reach it
    sockets  a short folder (a socket's path has at most 107 bytes) in which `pg/` is made, mode 0700
    options  further `name=value` settings
    logs     folder of the log; None = home
    """

    home: Path
    sockets: Path
    options: Sequence[str] = ()
    durable: bool = True
    logs: Path | None = None
    child: Child | None = None
    account: Account | None = field(default_factory=server_account)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.installation = self._programs()
        self.data = self.home / "postgres"
        self.socket = self.sockets / "pg"
        self.log = (self.logs or self.home) / "postgres.log"

    def _programs(self) -> Installation:
        """The programs, copied below `home` where the server's account cannot reach them; no parent is changed."""
        installation = postgres_installation()
        if self.account is None or reachable_by_others(installation.root):
            return installation
        folder = self.home / "postgres-programs"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        return installation.relocate(folder)

    def exists(self) -> bool:
        """Whether the data directory has been initialised to the end."""
        return (self.data / "PG_VERSION").exists()

    def initialise(self) -> None:
        """Make the data directory: checksums on, UTF-8, byte order that no library update can change."""
        self._make_own(self.data)
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if self.installation.major() >= 17
            else []
        )
        answer = subprocess.run(
            [
                self.installation.bin / "initdb",
                "--pgdata", self.data, "--username", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C",
                "--data-checksums", *locale, *([] if self.durable else ["--no-sync"]),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            env=server_environment(),
            **(self.account.popen_arguments() if self.account else {}),
        )  # fmt: skip
        if answer.returncode:
            raise PostgresFailed(f"initdb failed:\n{answer.stdout}{answer.stderr}")

    def start(self, timeout: float = 60) -> None:
        """
        Start the server and wait until it answers; also after kill -9 of an earlier one.

        raises  PostgresFailed
        """
        if not self.exists():
            self.initialise()
        self._make_own(self.socket)
        self._wait_for_predecessor()
        settings = [
            "listen_addresses=", "unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC",
            "shared_buffers=64MB", "max_connections=100", "log_min_messages=warning",
            *(() if self.durable else UNSAFE_AND_FAST), *self.options,
        ]  # fmt: skip
        argv: list[str | Path] = [self.installation.bin / "postgres", "-D", self.data, "-k", self.socket]
        for setting in settings:
            argv += ["-c", setting]
        deadline = time.monotonic() + timeout
        while True:
            self.child = spawn(
                "postgres",
                argv,
                stop_signal=signal.SIGINT,
                log=self.log,
                env=server_environment(),
                account=self.account,
            )
            if self._answers(deadline):
                return
            words = self.child.last_words()
            if not any(sign in words for sign in STILL_GOING) or time.monotonic() > deadline:
                raise PostgresFailed(f"PostgreSQL did not start; the end of {self.log}:\n{words}")
            time.sleep(0.3)

    def _answers(self, deadline: float) -> bool:
        assert self.child is not None
        while time.monotonic() < deadline:
            try:
                self.connect("postgres").close()
                return True
            except psycopg.OperationalError:
                if not self.child.running:
                    return False
                time.sleep(0.03)
        return False

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, everything written."""
        if self.child:
            self.child.stop(timeout=30)
            self.child = None

    def _make_own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.account:
            self.account.own(folder)
        folder.chmod(0o700)

    def _wait_for_predecessor(self, timeout: float = 20) -> None:
        """A server killed or orphaned a moment ago may still hold the data directory: see it out."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return
        if not self._is_our_server(pid):
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + timeout
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _is_our_server(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return is_alive(pid) and b"postgres" in command and os.fsencode(self.data) in command

    def url(self, role: str, database: str) -> str:
        """The URL by which `role` reaches `database` through the socket."""
        return f"postgres://{role}@/{database}?host={quote(str(self.socket))}"

    def connect(self, database: str, role: str = SUPERUSER) -> psycopg.Connection:
        """A connection in autocommit mode."""
        return psycopg.connect(
            host=str(self.socket), user=role, dbname=database, autocommit=True, connect_timeout=5
        )

    def ensure_roles(self) -> None:
        """The owner, who migrates, and the application's role, which can do less (docs/adr/0003)."""
        with self.connect("postgres") as connection:
            for role in (OWNER, APP):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
                            sql.Identifier(role)
                        )
                    )

    def ensure_database(self, name: str) -> None:
        """A database that the owner owns."""
        with self.connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
                )


def server_environment() -> dict[str, str]:
    """Nothing of ours (PGDATA, LC_*, secrets) reaches the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
