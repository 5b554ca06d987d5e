"""Keeps a set of services running, and ends them all with itself."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from portal.runtime.place import MARK, Place
from portal.runtime.processes import Child, is_alive

LONGEST_WAIT = 30.0
STEADY = 60.0  # seconds after which a service is no longer thought to be failing


class Stop(BaseException):
    """Somebody asked the portal to end."""


@dataclass
class Service:
    """
    One thing that shall run.

    start  starts it; returns the child
    """

    name: str
    start: Callable[[], Child]
    child: Child | None = None
    failures: int = 0
    started_at: float = 0.0
    due_at: float = 0.0


class Supervisor:
    """Services start in the order they are added and stop in the reverse."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.services: list[Service] = []

    def add(self, name: str, start: Callable[[], Child]) -> None:
        """Start a service now; it is kept running from then on."""
        service = Service(name, start)
        self.services.append(service)
        self._start(service)

    def _start(self, service: Service) -> None:
        service.started_at = time.monotonic()
        service.child = service.start()

    def look(self) -> None:
        """One round: notice who ended, and start again whoever is due."""
        now = time.monotonic()
        for service in self.services:
            if service.child is not None and not service.child.running:
                self._ended(service, now)
            if service.child is None and now >= service.due_at:
                try:
                    self._start(service)
                    self.say(f"{service.name} runs again")
                except (OSError, RuntimeError) as error:
                    self.say(f"{service.name} does not start: {error}")
                    self._put_off(service, now)

    def _ended(self, service: Service, now: float) -> None:
        assert service.child is not None
        code = service.child.process.poll()
        service.child.kill()  # what it may have left of its group
        service.child = None
        if now - service.started_at > STEADY:
            service.failures = 0
        self._put_off(service, now)
        how = f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
        wait = max(0.0, service.due_at - now)
        self.say(f"{service.name} ended ({how}); starting it again {f'in {wait:.0f} s' if wait else 'now'}")

    def _put_off(self, service: Service, now: float) -> None:
        service.due_at = now + (min(LONGEST_WAIT, 2.0 ** (service.failures - 1)) if service.failures else 0)
        service.failures += 1

    def watch(self, *, every: float = 0.3) -> None:
        """Look until a signal raises Stop."""
        while True:
            self.look()
            time.sleep(every)

    def stop(self) -> None:
        """Stop everything, last started first; what depends on the databases goes before them."""
        for service in reversed(self.services):
            if service.child is not None:
                service.child.stop(timeout=20)
                service.child = None


def stop_on_signals() -> None:
    """Ctrl-C, SIGTERM and a closed terminal raise Stop, once; what follows does not disturb the stopping."""

    def handler(number: int, frame: FrameType | None) -> None:
        for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(again, signal.SIG_IGN)
        raise Stop

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def orphans(place: Place) -> list[int]:
    """Processes that an earlier `up` of this folder left behind: they carry its mark in their environment."""
    mark = os.fsencode(f"{MARK}={place.var}")
    family = {os.getpid(), os.getppid()}
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in variables and int(entry.name) not in family and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found


def end_orphans(place: Place, timeout: float = 10) -> int:
    """
    End them: asked first, killed after `timeout` seconds. The caller holds the folder's lock, so nobody needs them.

    returns  how many there were
    """
    left = orphans(place)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while any(is_alive(pid) for pid in left) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        if is_alive(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return len(left)
