"""
`python -m portal.runtime.testing [pytest arguments]`: the tests, against real servers that last as long as they do.

Starts a throw-away PostgreSQL and Valkey, brings one template database up to date as the owner, and runs pytest; each
test process works in a copy of the template (tests/conftest.py). With DATABASE_URL, DATABASE_OWNER_URL,
DATABASE_SUPERUSER_URL and BROKER_URL in the environment it uses those servers instead.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from portal.runtime import keys, postgres
from portal.runtime.folders import Scratch, fast_parent, make_scratch
from portal.runtime.processes import end_with_parent
from portal.runtime.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATE = "portal_template"
PREFIX = "portal-test-"
SETTINGS = {"log_min_messages": "fatal"}  # refusals are tested by the thousand


class Interrupted(BaseException):
    """A signal asked us to end; carries its number."""


class Servers:
    """The throw-away servers; `environment` is how to reach them."""

    def __init__(self, scratch: Path) -> None:
        settings = [f"{name}={value}" for name, value in SETTINGS.items()]
        self.cluster = postgres.Cluster(home=scratch / "pg", sockets=scratch, durable=False, options=settings)
        self.valkey = Valkey(home=scratch, sockets=scratch, durable=False)

    def start(self, given: Mapping[str, str]) -> dict[str, str]:
        """
        Start what `given` does not point elsewhere.

        returns  DATABASE_*_URL, BROKER_URL and CACHE_URL of what was started
        """
        found = {}
        if "DATABASE_URL" not in given:
            self.cluster.start()
            self.cluster.ensure_roles()
            found["DATABASE_URL"] = self.cluster.url(postgres.APP, TEMPLATE)
            found["DATABASE_OWNER_URL"] = self.cluster.url(postgres.OWNER, TEMPLATE)
            found["DATABASE_SUPERUSER_URL"] = self.cluster.url(postgres.SUPERUSER, TEMPLATE)
        if "BROKER_URL" not in given:
            self.valkey.start()
            found["BROKER_URL"] = self.valkey.broker_url()
            found["CACHE_URL"] = self.valkey.cache_url()
        return found

    def stop(self) -> None:
        self.valkey.stop()
        self.cluster.stop()


def with_database(url: str, name: str) -> str:
    """The same URL for another database of the server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def test_environment(scratch: Path) -> dict[str, str]:
    """What settings need beside the servers."""
    var = scratch / "var"
    var.mkdir(mode=0o700)
    return {
        **keys.ensure_keys(var / "keys"),
        "DEMO_MODE": "1",
        "DATABASE_MAY_FORGET": "1",
        "VAR_DIR": str(var),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
    }


def make_template(environment: dict[str, str]) -> dict[str, str]:
    """
    A new template database, migrated and with the application's privileges set.

    returns  the environment with every database URL naming the template
    raises   subprocess.CalledProcessError when a migration fails
    """
    urls = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL")
    if missing := [name for name in urls if name not in environment]:
        raise SystemExit(f"DATABASE_URL names a server of yours; set {', '.join(missing)} too.")
    owner = urlsplit(environment["DATABASE_OWNER_URL"]).username or postgres.OWNER
    with psycopg.connect(
        with_database(environment["DATABASE_SUPERUSER_URL"], "postgres"), autocommit=True
    ) as admin:
        template = sql.Identifier(TEMPLATE)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(template))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(template, sql.Identifier(owner)))
    ready = dict(environment, **{name: with_database(environment[name], TEMPLATE) for name in urls})
    subprocess.run(
        [sys.executable, "manage.py", "prepare", "-v", "0"],
        check=True,
        env=ready,
        cwd=ROOT,
        preexec_fn=end_with_parent(signal.SIGKILL),
    )
    return ready


def run_pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest to its end, or to the signal that ends us. returns its exit code"""
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        env=environment,
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    try:
        return process.wait()
    except (Interrupted, KeyboardInterrupt):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt, Interrupted):
            process.wait(20)
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # browsers, workers: whatever a test left behind
        process.wait()


def interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)


def main(arguments: list[str]) -> int:
    """Servers up, template made, pytest run, everything removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    began = time.monotonic()
    scratch: Scratch = make_scratch(PREFIX, parent=fast_parent())
    servers = Servers(scratch.path)
    try:
        environment = {**os.environ, **test_environment(scratch.path)}
        environment.update(servers.start(os.environ))
        ready = make_template(environment)
        print(f"Servers and template are ready after {time.monotonic() - began:.1f} s.", flush=True)
        return run_pytest(arguments, ready)
    except subprocess.CalledProcessError:
        print("The template database could not be migrated; see above.", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130
    except Interrupted as signalled:
        return 128 + int(signalled.args[0])
    finally:
        servers.stop()
        scratch.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
