"""
`python -m portal.runtime.production [pytest arguments]`: the same tests on the servers that people run in production.

Debian's PostgreSQL 15 with RabbitMQ for the whole suite, then with Redis for the tests of queue and worker. What is
absent is installed with apt-get where we are root; the servers are private ones with their own data and ports.
"""

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.runtime import postgres, testing
from portal.runtime.accounts import Account, server_account
from portal.runtime.folders import fast_parent, make_scratch
from portal.runtime.packages import CannotInstall, apt_install, program
from portal.runtime.processes import spawn

POSTGRES_15 = Path("/usr/lib/postgresql/15")
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
QUEUE_TESTS = ("-m", "queue")


def free_ports(count: int) -> list[int]:
    """Different TCP ports of the loopback interface that nothing listens on now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def wait_for_port(port: int, name: str, log: Path, timeout: float = 90) -> None:
    """Wait until something listens. raises RuntimeError with the end of the log"""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with socket.socket() as line:
            line.settimeout(1)
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    words = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"{name} did not start:\n{words}")


@contextmanager
def rabbitmq(folder: Path, account: Account | None) -> Iterator[str]:
    """A private RabbitMQ node. yields its AMQP URL"""
    if not RABBITMQ.exists():
        apt_install("rabbitmq-server")
    amqp, distribution, names = free_ports(3)
    home = folder / "rabbitmq"
    home.mkdir()
    if account:
        account.own(home)
    environment = {
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": f"portal{amqp}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(amqp),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    log = folder / "rabbitmq.log"
    child = spawn("RabbitMQ", [RABBITMQ], log=log, env=environment, account=account)
    try:
        wait_for_port(amqp, "RabbitMQ", log)
        yield f"amqp://guest:guest@127.0.0.1:{amqp}//"
    finally:
        child.stop(timeout=30)
        epmd = program("epmd")
        if epmd:
            end: list[str | Path] = [epmd, "-port", str(names), "-kill"]
            spawn("epmd", end, log=log, env=environment, account=account).process.wait(10)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A private Redis. yields its URL"""
    if program("redis-server") is None:
        apt_install("redis-server")
    (port,) = free_ports(1)
    log = folder / "redis.log"
    argv = [
        str(program("redis-server")),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--databases",
        "64",
    ]
    child = spawn("Redis", argv, log=log, cwd=folder)
    try:
        wait_for_port(port, "Redis", log)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        child.stop()


@contextmanager
def postgres_15(folder: Path) -> Iterator[dict[str, str]]:
    """A private cluster of Debian's PostgreSQL 15. yields its three URLs"""
    if not POSTGRES_15.exists():
        apt_install("postgresql-15")
    os.environ["POSTGRES_HOME"] = str(POSTGRES_15)
    settings = [f"{name}={value}" for name, value in testing.SETTINGS.items()]
    cluster = postgres.Cluster(home=folder / "pg15", sockets=folder, durable=False, options=settings)
    cluster.start()
    try:
        cluster.ensure_roles()
        yield {
            "DATABASE_URL": cluster.url(postgres.APP, "postgres"),
            "DATABASE_OWNER_URL": cluster.url(postgres.OWNER, "postgres"),
            "DATABASE_SUPERUSER_URL": cluster.url(postgres.SUPERUSER, "postgres"),
        }
    finally:
        cluster.stop()
        del os.environ["POSTGRES_HOME"]


def run_on(broker: str, database: dict[str, str], arguments: list[str], *, cache: str = "") -> int:
    """One run of the tests. returns pytest's exit code"""
    os.environ.update(database, BROKER_URL=broker, CACHE_URL=cache)
    return testing.main(arguments)


def main(arguments: list[str]) -> int:
    """Both runs; 0 only when both are green."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, testing.interrupt)
    scratch = make_scratch("portal-production-", parent=fast_parent())
    tempfile.tempdir = None
    try:
        with postgres_15(scratch.path) as database:
            with rabbitmq(scratch.path, server_account()) as broker:
                print("PostgreSQL 15 and RabbitMQ: the whole suite", flush=True)
                first = run_on(broker, database, arguments)
            with redis(scratch.path) as broker:
                print("PostgreSQL 15 and Redis: the tests of queue and worker", flush=True)
                second = run_on(
                    broker, database, [*QUEUE_TESTS, *arguments], cache=broker.replace("/0", "/1")
                )
        return first or (0 if second == 5 and not first else second)
    except CannotInstall as reason:
        print(f"*** test-production cannot run here: {reason}. ***", file=sys.stderr)
        return 3
    except (KeyboardInterrupt, testing.Interrupted):
        return 130
    finally:
        scratch.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
