"""The parts of the supervisor, each alone."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from django.core.checks import Error
from django.db import connection

from portal.runtime import durability, forks, keys, launch
from portal.runtime.folders import make_scratch
from portal.runtime.ownership import OwnerUnknown, as_owner
from portal.runtime.place import Place
from portal.runtime.processes import is_alive, spawn
from portal.runtime.supervisor import Service, Supervisor


@pytest.fixture
def own_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def busy_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_busy_is_refused_by_name(busy_port):
    with pytest.raises(launch.PortTaken, match=f"Port {busy_port} is in use"):
        launch.take_port(busy_port)


def test_without_a_wish_the_next_free_port_is_taken(busy_port, monkeypatch):
    monkeypatch.setattr(launch, "FIRST_PORT", busy_port)
    with launch.take_port(None) as taken:
        assert busy_port < taken.getsockname()[1] < busy_port + launch.PORTS


def test_when_no_port_is_free_it_says_so(busy_port, monkeypatch):
    monkeypatch.setattr(launch, "FIRST_PORT", busy_port)
    monkeypatch.setattr(launch, "PORTS", 1)
    with pytest.raises(launch.PortTaken, match="name another with --port"):
        launch.take_port(None)


def test_two_starts_at_one_moment_get_two_ports():
    with launch.take_port(None) as first, launch.take_port(None) as second:
        ports = {first.getsockname()[1], second.getsockname()[1]}
        assert len(ports) == 2
        with pytest.raises(launch.PortTaken):
            launch.take_port(min(ports))


def test_the_port_is_kept_across_the_second_execution_and_free_afterwards(tmp_path, monkeypatch, own_umask):
    environment = launch.prepare(Place(tmp_path / "var"), None)
    monkeypatch.setenv("PORTAL_PORT_HANDLE", environment["PORTAL_PORT_HANDLE"])
    port = int(environment["PORTAL_PORT"])
    with pytest.raises(launch.PortTaken):
        launch.take_port(port)
    launch.held_port().close()
    launch.take_port(port).close()


def test_a_folder_is_held_by_one_process_at_a_time(tmp_path):
    place = Place(tmp_path)
    assert launch.who_runs(place) == ""
    handle = launch.hold(place.lock, "process 7, http://localhost:8000")
    assert launch.who_runs(place) == (
        f"The portal is already running from {tmp_path}: process 7, http://localhost:8000."
    )
    with pytest.raises(BlockingIOError):
        launch.hold(place.lock, "another")
    os.close(handle)
    assert launch.who_runs(place) == ""


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path):
    first = keys.ensure_keys(tmp_path / "keys")
    assert keys.ensure_keys(tmp_path / "keys") == first
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "keys").iterdir()} == {0o600}
    assert first["FIELD_KEYS"].startswith("k1:") and len(first["SECRET_KEY"]) >= 50


def test_real_servers_in_the_environment_are_not_replaced(tmp_path):
    given = {
        "DATABASE_URL": "postgres://a@db/portal",
        "BROKER_URL": "amqp://mq//",
        "SECRET_KEY": "x",
        "PRODUCTION": "1",
    }
    assert set(Place(tmp_path).environment(given)) == {"VAR_DIR", "FIELD_KEYS_FILE"}


def test_sockets_keep_a_path_the_kernel_accepts(tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    place = Place(deep)
    assert len(str(place.sockets / "pg" / ".s.PGSQL.5432")) <= 100
    assert place.sockets == Place(deep).sockets


def test_a_child_dies_with_its_parent(tmp_path):
    program = (
        "import sys, time; from portal.runtime.processes import spawn; "
        "print(spawn('child', ['/bin/sleep', '60']).process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    for _ in range(100):
        if not is_alive(child):
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


def test_stopping_a_child_takes_its_group_along(tmp_path):
    child = spawn("shell", ["/bin/sh", "-c", "sleep 60 & echo $!; trap '' TERM; wait"], log=tmp_path / "log")
    while not (tmp_path / "log").read_text().strip():
        time.sleep(0.02)
    grandchild = int((tmp_path / "log").read_text())
    child.stop(timeout=0.3)
    assert not child.running
    for _ in range(50):
        if not is_alive(grandchild):
            return
        time.sleep(0.02)
    pytest.fail("a grandchild was left behind")


def test_a_forked_step_reports_its_failure(tmp_path, capfd):
    assert forks.run("fine", lambda: None) == 0
    assert forks.run("refused", lambda: sys.exit("a reason")) == 1
    assert forks.run("broken", lambda: 1 / 0) == 1
    assert "a reason" in capfd.readouterr().err


def test_a_service_that_keeps_dying_is_tried_ever_more_slowly(tmp_path):
    said: list[str] = []
    supervisor = Supervisor(said.append)
    service = Service("frail", lambda: spawn("frail", ["/bin/false"]))
    supervisor.services.append(service)
    delays = []
    for _ in range(5):
        service.child = service.start()
        service.child.process.wait()
        before = time.monotonic()
        service.due_at = before + 1e9
        supervisor.look()
        delays.append(round(service.due_at - before))
    assert delays == [0, 1, 2, 4, 8]
    assert said[0] == "frail ended (exit code 1); starting it again now"


def test_what_a_killed_run_left_behind_is_cleared_by_the_next(tmp_path):
    first = make_scratch("portal-test-", parent=tmp_path)
    second = make_scratch("portal-test-", parent=tmp_path)
    assert first.path.exists() and second.path.exists()
    os.close(first.handle)  # as when its process is killed
    third = make_scratch("portal-test-", parent=tmp_path)
    assert not first.path.exists() and second.path.exists()
    for scratch in (second, third):
        scratch.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_zombie_is_not_alive():
    child = subprocess.Popen(["/bin/true"])
    time.sleep(0.3)
    assert not is_alive(child.pid)
    child.wait()


def test_migrations_refuse_to_run_without_an_owner():
    with pytest.raises(OwnerUnknown, match="set DATABASE_OWNER_URL"), as_owner(""):
        pass


@pytest.mark.django_db
def test_a_server_that_may_forget_is_refused(monkeypatch):
    monkeypatch.setenv(durability.MAY_FORGET, "0")
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        if cursor.fetchone() == ("on",):
            pytest.skip("this test server is a durable one")
    found = durability.check_durability(["default"])
    assert [(type(m), m.msg) for m in found] == [
        (Error, "The database server has fsync = off; the portal needs on."),
        (
            Error,
            "The database server has synchronous_commit = off; the portal needs on or remote_write or remote_apply.",
        ),
        (Error, "The database server has full_page_writes = off; the portal needs on."),
    ]


class Answers:
    """A cursor to a server with the given settings."""

    def __init__(self, **settings: str) -> None:
        self.settings = settings

    def execute(self, query, params=None):
        self.asked = params[0]

    def fetchone(self):
        return (self.settings[self.asked],)

    def fetchall(self):
        return [self.fetchone()]


def test_a_server_that_keeps_its_promises_is_accepted():
    good = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "TimeZone": "UTC"}
    assert durability.broken_promises(Answers(**good)) == []
    assert durability.broken_promises(Answers(**{**good, "TimeZone": "Europe/Zurich"})) == [
        "The database server has TimeZone = Europe/Zurich; the portal needs UTC or Etc/UTC."
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_test_run_leaves_nothing(number):
    root = Path(__file__).resolve().parent.parent.parent
    with tempfile.TemporaryDirectory(prefix="portal-scratch-") as name:
        scratch = Path(name)
        scratch.chmod(0o711)
        environment = {
            variable: value for variable, value in os.environ.items() if not variable.endswith("_URL")
        }
        runner = subprocess.Popen(
            [sys.executable, "-m", "portal.runtime.testing", "--collect-only"],
            cwd=root,
            env={**environment, "TEST_SCRATCH": name},
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            if found := list(scratch.glob("portal-test-*/pg/postgres/postmaster.pid")):
                break
            time.sleep(0.05)
        server = int(found[0].read_text().split()[0])
        runner.send_signal(number)
        assert runner.wait(30) in {130, 128 + number}
        assert not is_alive(server)
        assert list(scratch.iterdir()) == []


def test_what_a_dying_process_still_writes_is_removed_too(tmp_path, monkeypatch):
    """It comes between the listing of a folder and its removal, which then finds the folder full again."""
    scratch = make_scratch("last-words-", parent=tmp_path)
    inner, swept = scratch.path / "pg", []
    inner.mkdir()
    rmdir = os.rmdir

    def rmdir_after_a_last_write(path, *args, **kwargs):
        if Path(path).name == "pg" and not swept:
            swept.append(path)
            (inner / "last-words").write_text("written on the way out")
        rmdir(path, *args, **kwargs)

    monkeypatch.setattr(os, "rmdir", rmdir_after_a_last_write)
    scratch.remove()
    assert swept
    assert list(tmp_path.iterdir()) == []
