"""Real processes for tests: a Celery worker, a web server, the relay; they can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from portal.runtime.processes import Child, spawn

ROOT = Path(__file__).resolve().parent.parent


class Program:
    """
    One process of the product against the test database and broker; not running until `start()`.

    argv     what follows the interpreter, for instance ["manage.py", "relay"]
    ready    asked until it says yes, after each start
    extra    further environment
    """

    def __init__(
        self,
        name: str,
        argv: list[str],
        *,
        folder: Path,
        ready: Callable[["Program"], bool],
        extra: dict[str, str],
    ) -> None:
        self.name, self.argv, self.ready, self.extra = name, argv, ready, extra
        self.log = folder / f"{name}.log"
        self.child: Child | None = None

    def start(self, timeout: float = 60) -> "Program":
        """Start it and wait until it is ready."""
        self.log.write_bytes(b"")
        self.child = spawn(
            self.name, [sys.executable, *self.argv], log=self.log, env={**os.environ, **self.extra}, cwd=ROOT
        )
        deadline = time.monotonic() + timeout
        while not self.ready(self):
            if not self.child.running or time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not start:\n{self.child.last_words(4000)}")
            time.sleep(0.05)
        return self

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.process.pid

    def stop(self, timeout: float = 20) -> None:
        """Ask it to end, as an operator would."""
        if self.child:
            self.child.stop(timeout)
            self.child = None

    def kill(self) -> None:
        """kill -9, its children with it."""
        if self.child:
            self.child.kill()
            self.child = None

    def pause(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def says(self, text: str) -> bool:
        """Whether `text` is in what it has printed since its last start."""
        return text in self.log.read_text(errors="replace")


def celery_worker(folder: Path, *, name: str = "worker", processes: int = 1) -> Program:
    """A prefork Celery worker on this test process's queue."""
    argv = ["-m", "celery", "-A", "portal", "worker", "-l", "INFO", "-c", str(processes), "-n", f"{name}@%h-{os.getpid()}",
            "--without-gossip", "--without-mingle"]  # fmt: skip
    return Program(name, argv, folder=folder, ready=lambda p: p.says(" ready."), extra={"LOG_LEVEL": "INFO"})


def relay(folder: Path) -> Program:
    """The outbox relay."""
    argv = ["manage.py", "relay", "--every", "0.05"]
    return Program("relay", argv, folder=folder, ready=lambda p: True, extra={})


def sequencer(folder: Path) -> Program:
    """The sequencer of the transparency log."""
    argv = ["manage.py", "sequence", "--every", "0.2"]
    return Program("sequencer", argv, folder=folder, ready=lambda p: True, extra={})


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether an HTTP server answers there, whatever it answers."""
    try:
        urllib.request.urlopen(url, timeout=2).read()
    except urllib.error.HTTPError:
        return True
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def web_server(folder: Path, port: int) -> Program:
    """The web server of `make run`, with one worker, at http://localhost:<port>."""
    argv = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
            "--blocking-threads", "2", "portal.wsgi:application"]  # fmt: skip
    url = f"http://127.0.0.1:{port}/"
    return Program(
        "web",
        argv,
        folder=folder,
        ready=lambda p: answers(url),
        extra={"SITE_URL": f"http://localhost:{port}"},
    )
