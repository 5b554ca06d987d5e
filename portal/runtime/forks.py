"""Children forked from a process that has imported everything once, so that they share its memory."""

import gc
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from portal.runtime.processes import Child, end_with_parent

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


@dataclass
class Forked:
    """As much of subprocess.Popen as a supervisor needs."""

    pid: int
    returncode: int | None = field(default=None)

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def share_memory() -> None:
    """Call once before forking: what is alive now is left out of later collections and so stays shared."""
    gc.collect()
    gc.freeze()


def fork(
    name: str, work: Callable[[], object], *, log: Path | None = None, close: tuple[int, ...] = ()
) -> Child:
    """
    Run `work` in a forked child that leads a process group of its own and ends with this process.

    log    file for its output; None shares ours
    close  file handles it must not keep (a lock)
    """
    sys.stdout.flush()
    sys.stderr.flush()
    ask_kernel = end_with_parent(signal.SIGTERM)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setsid()
            for number in HANDLED:
                signal.signal(
                    number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
                )
            if ask_kernel:
                ask_kernel()
            for handle in close:
                os.close(handle)
            redirect(log)
            work()
            code = 0
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
            if isinstance(ending.code, str):
                print(ending.code, file=sys.stderr)
        except KeyboardInterrupt:
            code = 130
        except BaseException:  # the last thing this process does is to say why
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return Child(name=name, process=Forked(pid), stop_signal=signal.SIGTERM, log=log)


def redirect(log: Path | None) -> None:
    """Send what the process writes to `log`; it reads nothing."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if log is not None:
        target = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(target, 1)
        os.dup2(target, 2)


def run(name: str, work: Callable[[], object], *, close: tuple[int, ...] = ()) -> int:
    """Run `work` in a forked child to its end. returns its exit code"""
    child = fork(name, work, close=close)
    try:
        return child.process.wait()
    finally:
        child.kill()
