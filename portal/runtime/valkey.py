"""A Valkey server of our own: the broker and the cache, on one private socket, its queue kept on disk."""

import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from portal.runtime.binaries import valkey_server
from portal.runtime.processes import Child, spawn

DATABASES = 64


class ValkeyFailed(RuntimeError):
    """The server did not start; the message carries the end of its log."""


@dataclass
class Valkey:
    """
    One data directory and the server on it.

    home     folder for data and log
    sockets  a short folder for the socket
    logs     folder of the log; None = home
    durable  append-only file, written out every second (a killed process loses nothing, a power cut one second)
    """

    home: Path
    sockets: Path
    durable: bool = True
    logs: Path | None = None
    child: Child | None = None

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def start(self, timeout: float = 20) -> None:
        """
        Start the server and wait until it answers.

        raises  ValkeyFailed
        """
        data = self.home / "valkey"
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        argv: list[str | Path] = [
            valkey_server(), "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700", "--dir", data,
            "--databases", str(DATABASES), "--save", "", "--appendonly", "yes" if self.durable else "no",
            "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
            "--set-proc-title", "no",  # it would write over the mark by which a later start knows its orphans
        ]  # fmt: skip
        self.child = spawn(
            "valkey", argv, stop_signal=signal.SIGTERM, log=(self.logs or self.home) / "valkey.log", cwd=data
        )
        deadline = time.monotonic() + timeout
        while not self.answers():
            if not self.child.running or time.monotonic() > deadline:
                raise ValkeyFailed(f"Valkey did not start; the end of its log:\n{self.child.last_words()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether PING is answered by PONG (not while the queue is still being loaded)."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(2)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        """Write the queue out and end."""
        if self.child:
            self.child.stop(timeout=15)
            self.child = None

    def broker_url(self, database: int = 0) -> str:
        return f"redis+socket://{self.socket}?virtual_host={database}"

    def cache_url(self, database: int = 1) -> str:
        return f"unix://{self.socket}?db={database}"
