"""`manage.py up`: the whole portal, from nothing, in one command; Ctrl-C ends all of it."""

import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from celery.apps import worker as celery_worker
from celery.concurrency import prefork
from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection, connections
from django.urls import NoReverseMatch, get_resolver, reverse
from granian.constants import Interfaces
from granian.server import Server

from portal.celery import app as celery_app
from portal.runtime import forks, launch, postgres, privileges
from portal.runtime.place import Place
from portal.runtime.postgres import Cluster
from portal.runtime.processes import Child
from portal.runtime.supervisor import Stop, Supervisor, end_orphans, stop_on_signals
from portal.runtime.valkey import Valkey
from portal.wsgi import application

# Imported for the memory they share with the children that need them.
SHARED = (celery_worker, prefork, application, privileges)
LOG_BYTES = 5_000_000
WORKER_STATEMENT_MS = 120_000  # below Celery's time limits


class Command(BaseCommand):
    help = "Starts PostgreSQL, Valkey, the web server, the worker, the clock, the relay and the sequencer."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, help="port of the web server; else the first free one from 8000 on"
        )
        parser.add_argument(
            "--no-demo", action="store_true", help="do not load demonstration data on the first start"
        )
        parser.add_argument(
            "--prices", type=Path, help="real daily prices (Parquet or CSV) for the demonstration's indices"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        place = Place.of(os.environ)
        port = int(os.environ["PORTAL_PORT"])
        prices: Path | None = options["prices"]
        if prices is not None and not prices.is_file():
            raise CommandError(f"There is no file {prices}.")
        demo = settings.DEMO_MODE and not options["no_demo"]
        Portal(place, port, demo=demo, prices=prices.resolve() if prices else None).run()


class Portal:
    """
    One running portal.

    place  its folder
    port   of its web server, on the loopback interface
    demo   load the demonstration data when the database is empty
    prices real prices for it; else a simulated market
    """

    def __init__(self, place: Place, port: int, *, demo: bool, prices: Path | None = None) -> None:
        self.place, self.port, self.demo, self.prices = place, port, demo, prices
        self.began = time.monotonic()
        self.supervisor = Supervisor(self.say)
        self.lock = -1
        self.first = True

    def say(self, text: str) -> None:
        """One line of progress, with the seconds since the start."""
        print(f"[{time.monotonic() - self.began:5.1f} s] {text}", flush=True)

    def run(self) -> None:
        """Start, watch, and on Ctrl-C or SIGTERM stop everything."""
        stop_on_signals()
        try:
            self.lock = launch.hold(self.place.lock, f"process {os.getpid()}, {settings.SITE_URL}")
        except BlockingIOError as error:
            raise CommandError(launch.who_runs(self.place)) from error
        try:
            self.start()
            self.supervisor.watch()
        except Stop:
            self.say("stopping")
        except (postgres.PostgresFailed, RuntimeError) as error:
            raise CommandError(str(error)) from error
        finally:
            self.supervisor.stop()
            self.place.lock.write_text("")
        self.say("everything has stopped")

    def start(self) -> None:
        """Everything, in the order of who needs whom."""
        if left := end_orphans(self.place):
            self.say(f"ended {left} processes that an earlier start had left behind")
        port = launch.held_port()
        port.set_inheritable(False)
        self.start_servers()
        self.step("bringing the database up to date", lambda: call_command("prepare", verbosity=0), must=True)
        get_resolver().url_patterns  # noqa: B018 - every view is imported here once, not in each child
        celery_app.loader.import_default_modules()
        connections.close_all()
        forks.share_memory()
        port.close()
        self.fork("web", self.serve)
        self.await_first_page()
        if self.demo and "demo" in get_commands():
            self.tell_the_story()
        self.fork("worker", work)
        self.fork("beat", lambda: beat(self.place.var))
        for name, command in (("relay", "relay"), ("sequencer", "sequence")):
            if command in get_commands():
                self.fork(name, partial(call_command, command))
        self.say(self.welcome())

    def tell_the_story(self) -> None:
        """Load the demonstration; the pages are there already and fill while it is told."""
        what = "looking for the demonstration"
        if self.first:
            what = f"pages answer at {settings.SITE_URL}; loading the demonstration, a story of some months"
        self.step(what, partial(load_demo, self.prices), must=False)

    def start_servers(self) -> None:
        """PostgreSQL and Valkey of our own, unless the environment of the start named others."""
        home, sockets, logs = self.place.servers, self.place.sockets, self.place.logs
        if str(sockets) in os.environ["DATABASE_URL"]:
            cluster = Cluster(home=home, sockets=sockets, logs=logs)
            self.first = not cluster.exists()
            self.say("making the database (first start)" if self.first else "starting PostgreSQL")
            self.supervisor.add("PostgreSQL", lambda: started(cluster, self.trim(cluster.log)))
            cluster.ensure_roles()
            cluster.ensure_database("portal")
        if str(sockets) in os.environ["BROKER_URL"]:
            valkey = Valkey(home=home, sockets=sockets, logs=logs)
            self.supervisor.add("Valkey", lambda: started(valkey, self.trim(logs / "valkey.log")))

    def step(self, what: str, work: Callable[[], object], *, must: bool) -> None:
        """Run one step of the start in a child, so that its memory is given back."""
        self.say(what)
        if forks.run(what, partial(plainly, work), close=(self.lock,)):
            if must:
                raise CommandError(f"This step failed: {what}. The reason is above.")
            self.say(f"this step failed, the portal starts without it: {what}")

    def fork(self, name: str, work: Callable[[], object]) -> None:
        log = self.place.logs / f"{name}.log"
        self.supervisor.add(name, lambda: forks.fork(name, work, log=self.trim(log), close=(self.lock,)))

    def trim(self, log: Path) -> Path:
        """Keep one old log beside the present one."""
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.rename(log.with_suffix(".log.1"))
        return log

    def serve(self) -> None:
        """The web server, until it is told to end."""
        Server(
            "portal.wsgi:application",
            address=launch.HOST,
            port=self.port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=4,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            websockets=False,
        ).serve()

    def await_first_page(self, timeout: float = 60) -> None:
        """Wait until the web server answers, whatever it answers."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.supervisor.look()
            try:
                urllib.request.urlopen(f"http://{launch.HOST}:{self.port}/", timeout=10).read()
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
                continue
            return
        raise CommandError(f"The web server does not answer; see {self.place.logs / 'web.log'}.")

    def welcome(self) -> str:
        """One line: where to look, and how to sign in."""
        try:
            page = reverse("account_login")
        except NoReverseMatch:
            page = "/"
        url = f"{settings.SITE_URL}{page}"
        if not settings.DEMO_MODE:
            return f"The portal is ready: {url}. Ctrl-C stops it."
        return (
            f"The portal is ready: open {url} and choose a role with one click (investor /, issuer /console/, "
            "compliance officer, operator and auditor /compliance/). Ctrl-C stops everything."
        )


def started(server: Cluster | Valkey, log: Path) -> Child:
    """Start a server and hand its process to the supervisor."""
    server.start()
    assert server.child is not None
    return server.child


def plainly(work: Callable[[], object]) -> None:
    """Do a step; what an operator can mend is said in a sentence, anything else with its traceback."""
    try:
        work()
    except CommandError as refusal:
        sys.exit(str(refusal))
    except OperationalError as error:
        sys.exit(f"The database does not answer: {error}")


def load_demo(prices: Path | None) -> None:
    call_command("demo", "--if-empty", *(["--prices", str(prices)] if prices else []))


def work() -> None:
    """The Celery worker: two processes that do tasks, and one that hands them out; their statements may take longer."""
    limits = connection.settings_dict["OPTIONS"]
    limits["options"] = re.sub(
        r"statement_timeout=\d+", f"statement_timeout={WORKER_STATEMENT_MS}", limits["options"]
    )
    celery_app.worker_main(
        ["worker", "--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    )


def beat(var: Path) -> None:
    """Celery's clock."""
    celery_app.start(["beat", "--loglevel=INFO", "--pidfile=", f"--schedule={var / 'beat-schedule'}"])
