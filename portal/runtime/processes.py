"""Foreground children that end with their parent, however it ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from portal.runtime.accounts import Account

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def end_with_parent(number: int) -> Callable[[], None] | None:
    """
    What a child runs before exec, so that it receives signal `number` when its parent dies.

    Linux only (None elsewhere). The kernel watches the thread that forked: spawn from the main thread.
    """
    libc = LIBC
    if libc is None:
        return None
    parent = os.getpid()

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_kernel


class Process(Protocol):
    """What is asked of a started process, whether executed or forked."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...


@dataclass
class Child:
    """A running child; it leads a process group of its own, so that nothing of it can be left behind."""

    name: str
    process: Process
    stop_signal: int
    log: Path | None = None

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the child its own stop signal; the rest of its group hears of it from the child."""
        if self.running:
            self.process.send_signal(self.stop_signal)

    def stop(self, timeout: float = 15) -> None:
        """Ask, wait `timeout` seconds, then kill whatever remains of the group."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the whole group, and reap the child."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self, characters: int = 2000) -> str:
        """The end of the child's log, for an error message."""
        if self.log is None or not self.log.exists():
            return ""
        return self.log.read_text(errors="replace")[-characters:]


def spawn(
    name: str,
    argv: Sequence[str | Path],
    *,
    stop_signal: int = signal.SIGTERM,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str = "/",
    account: Account | None = None,
) -> Child:
    """
    Start a child in the foreground of this process.

    log      file that stdout and stderr are appended to; None inherits ours
    account  whom it runs as; None = whom we run as
    """
    identity = account.popen_arguments() if account else {}
    output = log.open("ab") if log else None
    try:
        process = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=end_with_parent(stop_signal),
            **identity,
        )
    finally:
        if output:
            output.close()
    return Child(name=name, process=process, stop_signal=stop_signal, log=log)


def is_alive(pid: int) -> bool:
    """Whether a process runs under this id; a zombie does not (some containers never reap them)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:  # no /proc here
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}
