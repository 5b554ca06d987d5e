"""Fixtures that every test may use. Databases: tests/databases.py; real processes: tests/processes.py."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.test import TransactionTestCase

from tests import databases, processes

# Machines differ, and a test of a rule is none of their speed.
# The same cases in every run, so that a change is judged by what it changes; HYPOTHESIS_PROFILE=search looks for new ones.
PROFILE = {
    "deadline": None,
    "suppress_health_check": [hypothesis.HealthCheck.too_slow],
}
hypothesis.settings.register_profile("steady", derandomize=True, **PROFILE)
hypothesis.settings.register_profile("search", max_examples=500, **PROFILE)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
QUEUE_FIXTURES = {"celery_worker", "relay", "sequencer"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the broker; begin with the slow tests where processes share the work, end with them elsewhere."""
    for item in items:
        if QUEUE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.queue)
    shared = "PYTEST_XDIST_WORKER" in os.environ
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None) == shared)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:
    """
    A copy of the template database for this process.

    Tables of record cannot be emptied, not even by the tests: where pytest-django would flush them after a test that
    commits, the database is replaced by a new copy instead.
    """
    if "DATABASE_SUPERUSER_URL" not in os.environ:
        pytest.exit("Tests with a database run by `python -m portal.runtime.testing [pytest arguments]`.", 4)
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: databases.make_copy())
    with django_db_blocker.unblock():
        databases.make_copy()
        yield
        databases.drop_copy()
    patch.undo()


@pytest.fixture
def superuser_connection(request) -> Iterator[psycopg.Connection]:
    """
    psycopg, autocommit, as superuser on this process's database: whom the records must be safe from.

    With `db` it does not see what the test has not committed; use `transactional_db` for that.
    """
    request.getfixturevalue("django_db_setup")
    with psycopg.connect(databases.superuser_url(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def now() -> datetime:
    """The moment the test happens, given to services as `at`."""
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of published vectors and market prices; it is not part of the repository."""
    folder = Path(settings.REFERENCE_DATA)
    if not folder.is_dir():
        pytest.skip(
            f"no reference data at {folder}: set REFERENCE_DATA to the folder that has merkle/ and market/"
        )
    return folder


@contextmanager
def running(
    folder: Path, make: Callable[..., processes.Program]
) -> Iterator[Callable[..., processes.Program]]:
    """Starts programs on demand and kills what still runs at the end."""
    started: list[processes.Program] = []

    def start(**options) -> processes.Program:
        program = make(folder, **options)
        started.append(program)
        return program.start()

    yield start
    for program in started:
        program.kill()


@pytest.fixture
def celery_worker(transactional_db, tmp_path) -> Iterator[Callable[..., processes.Program]]:
    """
    Call it for a running worker process; it ends with the test.

        worker = celery_worker(); worker.kill(); worker.start()
    """
    with running(tmp_path, processes.celery_worker) as start:
        yield start


@pytest.fixture
def relay(transactional_db, tmp_path) -> Iterator[Callable[..., processes.Program]]:
    """Call it for a running outbox relay."""
    with running(tmp_path, processes.relay) as start:
        yield start


@pytest.fixture
def sequencer(transactional_db, tmp_path) -> Iterator[Callable[..., processes.Program]]:
    """Call it for a running sequencer."""
    with running(tmp_path, processes.sequencer) as start:
        yield start


@pytest.fixture
def web_server(transactional_db, tmp_path) -> Iterator[str]:
    """The address of a real web server process, for instance http://localhost:40001."""
    port = processes.free_port()
    server = processes.web_server(tmp_path, port).start()
    yield f"http://localhost:{port}"
    server.stop()
