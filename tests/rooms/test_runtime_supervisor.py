"""`manage.py up` as people meet it: started, started twice, killed in every way, stopped; as root and as a user."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal.runtime.accounts import Account, reachable_by_others
from portal.runtime.place import MARK, Place
from portal.runtime.processes import Child, is_alive, spawn

ROOT = Path(__file__).resolve().parent.parent.parent
READY = "The portal is ready"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("supervisor")]


class Installation:
    """A portal in a folder of its own, as the given account sees it."""

    def __init__(self, folder: Path, account: Account | None = None, python: list[str] | None = None) -> None:
        self.folder, self.account = folder, account
        self.var = folder / "var"
        self.output = folder / "output"
        self.python = python or [sys.executable]
        self.child: Child | None = None
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "VAR_DIR": str(self.var)}
        self.environment |= {"PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, *arguments: str) -> list[str]:
        return [*self.python, "manage.py", *arguments]

    def start(self, timeout: float = 150) -> str:
        """Start and wait for the line that says where to look. returns its output"""
        self.output.write_text("")
        self.child = spawn("up", self.command("up", "--no-demo"), log=self.output, env=self.environment, cwd=ROOT,
                           account=self.account)  # fmt: skip
        self.wait_for(READY, timeout)
        return self.output.read_text()

    def wait_for(self, text: str, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while text not in self.output.read_text():
            assert self.child is not None and self.child.running, self.output.read_text()
            assert time.monotonic() < deadline, f"no {text!r} in:\n{self.output.read_text()}"
            time.sleep(0.1)

    @property
    def url(self) -> str:
        found = re.findall(r"http://localhost:\d+", self.output.read_text())
        return found[-1]

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=5).read()
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False
        return True

    def wait_until_it_answers(self, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not self.answers():
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)

    def database(self) -> psycopg.Connection:
        place = Place(self.var)
        return psycopg.connect(place.environment({})["DATABASE_SUPERUSER_URL"], autocommit=True)

    def processes(self) -> list[int]:
        """Every living process of this installation, the databases among them."""
        marks = (os.fsencode(f"{MARK}={self.var}"), os.fsencode(str(Place(self.var).servers / "postgres")))
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if any(mark in text for mark in marks) and is_alive(int(entry.name)):
                found.append(int(entry.name))
        return found

    def wait_until_nothing_runs(self, timeout: float = 20) -> None:
        deadline = time.monotonic() + timeout
        while left := self.processes():
            assert time.monotonic() < deadline, f"still running: {left}"
            time.sleep(0.1)

    def pid_of(self, name: str) -> int:
        """The process that the supervisor started for a service, by the order of its children."""
        mine = [pid for pid in self.processes() if parent_of(pid) == self.child.process.pid]
        if name == "PostgreSQL":
            return next(p for p in mine if b"bin/postgres" in Path(f"/proc/{p}/cmdline").read_bytes())
        if name == "Valkey":
            return next(p for p in mine if b"valkey" in Path(f"/proc/{p}/cmdline").read_bytes())
        log = self.var / "log" / f"{name}.log"
        return next(p for p in mine if Path(f"/proc/{p}/fd/1").readlink() == log)

    def stop(self) -> int:
        self.child.process.send_signal(signal.SIGINT)
        return self.child.process.wait(30)

    def remove(self) -> None:
        if self.child and self.child.running:
            self.child.stop(30)
        elsewhere = Place(self.var).servers
        shutil.rmtree(self.folder, ignore_errors=True)
        if elsewhere.parent == Path("/var/lib/portal"):
            shutil.rmtree(elsewhere, ignore_errors=True)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture(scope="module")
def portal() -> Iterator[Installation]:
    """One installation for the tests of this file, running when a test begins."""
    folder = Path(tempfile.mkdtemp(prefix="portal-up-"))
    folder.chmod(0o711)
    installation = Installation(folder)
    yield installation
    installation.remove()


@pytest.fixture
def running(portal) -> Installation:
    if portal.child is None or not portal.child.running:
        portal.start()
    return portal


def test_the_first_start_says_in_one_line_where_to_look(running):
    lines = [line for line in running.output.read_text().splitlines() if READY in line]
    assert len(lines) == 1
    assert "http://localhost:" in lines[0] and "one click" in lines[0] and "Ctrl-C" in lines[0]
    assert running.answers()


def test_its_secrets_are_for_nobody_else(running):
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (running.var / "keys").iterdir()}
    names = {"secret-key", "field-keys", "audit-signing.pem", "paper-signing.pem", "paper-signing.crt"}
    assert modes == dict.fromkeys(names, "0o600")
    assert (running.var / "keys").stat().st_mode & 0o777 == 0o700


def test_its_database_keeps_what_it_acknowledges(running):
    with running.database() as connection:
        settings = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0]
            for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums", "TimeZone", "listen_addresses")
        }  # fmt: skip
    assert settings == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "TimeZone": "UTC",
        "listen_addresses": "",
    }


def test_a_second_start_in_the_same_folder_says_that_it_runs(running):
    second = subprocess.run(
        running.command("up"), cwd=ROOT, env=running.environment, capture_output=True, text=True
    )
    assert second.returncode == 1
    assert f"process {running.child.process.pid}, {running.url}" in second.stderr
    assert running.answers()


def test_another_command_finds_its_database(running):
    done = subprocess.run(
        running.command("migrate", "--check"),
        cwd=ROOT,
        env=running.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("service", ["web", "worker", "relay", "PostgreSQL", "Valkey"])
def test_what_is_killed_is_started_again(running, service):
    killed = running.pid_of(service)
    running.output.write_text(running.output.read_text().replace("runs again", "ran again"))
    os.kill(killed, signal.SIGKILL)
    running.wait_for(f"{service} runs again")
    assert "(signal SIGKILL)" in running.output.read_text()
    running.wait_until_it_answers()
    assert running.pid_of(service) != killed


def keep_a_row(portal: Installation) -> int:
    with portal.database() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n serial)")
        return connection.execute("INSERT INTO kept DEFAULT VALUES RETURNING n").fetchone()[0]


def rows_kept(portal: Installation) -> list[int]:
    with portal.database() as connection:
        return [n for (n,) in connection.execute("SELECT n FROM kept ORDER BY n")]


def test_kill_9_of_the_supervisor_leaves_no_process_and_loses_nothing(running):
    row = keep_a_row(running)
    running.child.process.send_signal(signal.SIGKILL)
    running.child.process.wait()
    running.wait_until_nothing_runs()
    running.start()
    assert row in rows_kept(running)
    assert running.answers()


def test_kill_9_of_everything_at_once_loses_nothing(running):
    row = keep_a_row(running)
    for pid in running.processes():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    running.child.process.wait()
    running.start()
    assert row in rows_kept(running)
    assert running.answers()


def test_orphans_of_a_killed_supervisor_are_ended_by_the_next_start(running):
    deaf = spawn("deaf", ["/bin/sleep", "300"], env={**running.environment, MARK: str(running.var)})
    assert running.stop() == 0
    assert deaf.process.poll() is None
    output = running.start()
    assert "an earlier start had left behind" in output
    assert deaf.process.wait(5) == -signal.SIGTERM


def test_ctrl_c_stops_all_of_it(running):
    assert running.stop() == 0
    running.wait_until_nothing_runs(timeout=2)
    assert running.output.read_text().rstrip().endswith("everything has stopped")
    assert "exit code" not in running.output.read_text().partition("stopping")[2]


def ordinary_user() -> tuple[Account, list[str]]:
    """An account that is not root, and an interpreter it can run with the packages of this one; or a skip, aloud."""
    if os.geteuid() != 0:
        pytest.skip("we are an ordinary user already: the tests above have shown it")
    entry = pwd.getpwnam("nobody")
    packages = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (Path(sys.executable), Path("/usr/bin") / version, Path("/usr/local/bin") / version):
        reachable = candidate.exists() and reachable_by_others(candidate.parent) and reachable_by_others(
            candidate.resolve().parent
        )  # fmt: skip
        if reachable and reachable_by_others(packages) and reachable_by_others(ROOT):
            return Account("nobody", entry.pw_uid, entry.pw_gid), [str(candidate)]
    pytest.skip(
        f"an ordinary user can reach neither {sys.executable} nor a {version} of the machine and the packages"
    )


def test_an_ordinary_user_can_run_it_too():
    account, python = ordinary_user()
    folder = Path(tempfile.mkdtemp(prefix="portal-user-"))
    account.own(folder)
    installation = Installation(folder, account, python)
    installation.environment["PYTHONPATH"] = next(p for p in sys.path if p.endswith("site-packages"))
    try:
        installation.start()
        assert installation.answers()
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in installation.processes()} == {account.uid}
        assert installation.stop() == 0
        installation.wait_until_nothing_runs(timeout=2)
    finally:
        installation.remove()


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root keeps its things where the database's account cannot go"
)
def test_root_below_a_closed_folder_opens_none_of_it():
    folder = Path(tempfile.mkdtemp(prefix="portal-closed-"))  # mode 0700, as /root is
    installation = Installation(folder)
    try:
        installation.start()
        assert installation.answers()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert installation.stop() == 0
    finally:
        installation.remove()
