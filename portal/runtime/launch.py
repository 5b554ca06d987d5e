"""
What happens before Django's settings are read: `manage.py up` settles its folder, keys, port and environment, and any
other command finds the servers of a portal that `up` has set up in the same folder.
"""

import argparse
import fcntl
import os
import socket
import sys
from pathlib import Path

from portal.runtime.place import MARK, FolderNotOurs, Place

HOST = "127.0.0.1"
FIRST_PORT, PORTS = 8000, 100
OLDEST_PYTHON = (3, 11)
# Idle memory: one arena a process, no pool of arithmetic threads.
SPARING = {
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "2",
}


class PortTaken(RuntimeError):
    """The port that was asked for is in use, or no port near 8000 is free."""


def adopt(argv: list[str]) -> None:
    """
    Called by manage.py with its arguments. For `up` it does not return the first time: the program is executed again
    in the environment that its children shall inherit.
    """
    command = argv[1] if len(argv) > 1 else ""
    place = Place.of(os.environ)
    if command != "up":
        if "DATABASE_URL" not in os.environ and place.lock.exists():
            os.environ.update(place.environment(os.environ))
        return
    if os.environ.get(MARK) == str(place.var) or {"-h", "--help"} & set(argv):
        return
    try:
        environment = prepare(place, asked_port(argv[2:]))
    except (PortTaken, FolderNotOurs, PermissionError) as error:
        sys.exit(str(error))
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *argv], environment)


def asked_port(arguments: list[str]) -> int | None:
    """The value of --port, if it is given."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--port", type=int)
    return parser.parse_known_args(arguments)[0].port


def prepare(place: Place, port: int | None) -> dict[str, str]:
    """
    Make the folder and choose the port.

    returns  the whole environment of the processes to come
    raises   PortTaken, FolderNotOurs; SystemExit when a portal runs in this folder already
    """
    if running := who_runs(place):
        sys.exit(running)
    os.umask(0o077)
    place.make()
    taken = take_port(port)
    chosen = taken.getsockname()[1]
    taken.set_inheritable(True)
    environment = {**SPARING, **os.environ, **place.environment(os.environ)}
    environment.setdefault("SITE_URL", f"http://localhost:{chosen}")
    environment.setdefault("PYTHONUNBUFFERED", "1")
    return environment | {
        MARK: str(place.var),
        "PORTAL_PORT": str(chosen),
        "PORTAL_PORT_HANDLE": str(taken.detach()),
    }


def who_runs(place: Place) -> str:
    """A sentence when a portal runs in this folder already, else nothing."""
    if not place.lock.exists():
        return ""
    handle = os.open(place.lock, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return f"The portal is already running from {place.var}: {place.lock.read_text().strip() or 'it is starting'}."
    finally:
        os.close(handle)
    return ""


def hold(lock: Path, text: str) -> int:
    """
    Hold the folder for as long as this process lives.

    returns  the file handle; a forked child must close it
    raises   BlockingIOError when another process holds it
    """
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.ftruncate(handle, 0)
    os.write(handle, f"{text}\n".encode())
    return handle


def take_port(asked: int | None) -> socket.socket:
    """
    The port asked for, else the first free one from 8000 on, taken at once and until our own web server is ready
    for it: two starts at one moment choose two ports, and loading the demonstration takes longer than another start
    takes to choose.

    raises  PortTaken
    """
    for port in [asked] if asked is not None else range(FIRST_PORT, FIRST_PORT + PORTS):
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((HOST, port))
            taken.listen(0)
        except (OSError, OverflowError):
            taken.close()
            continue
        return taken
    if asked is not None:
        raise PortTaken(f"Port {asked} is in use. Leave --port out for the next free one, or name another.")
    raise PortTaken(
        f"None of the ports {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free; name another with --port."
    )


def held_port() -> socket.socket:
    """The socket that `prepare` took before this program was executed again; closing it frees the port."""
    return socket.socket(fileno=int(os.environ.pop("PORTAL_PORT_HANDLE")))
