"""Programs that tests need from the machine: Debian's packages, installed where we are allowed to."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN_FOLDERS = ("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin")


class CannotInstall(RuntimeError):
    """The package is absent and we may not or cannot install it; the message says which."""


def program(*names: str) -> Path | None:
    """The first of these programs that the machine has, wherever PATH points."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *DEBIAN_FOLDERS])
    return next((Path(found) for name in names if (found := shutil.which(name, path=path))), None)


def apt_install(*packages: str) -> None:
    """
    Install Debian packages without starting their services.

    raises  CannotInstall
    """
    apt = program("apt-get")
    if apt is None or os.geteuid() != 0:
        raise CannotInstall(
            f"{', '.join(packages)} absent, and only root on Debian or Ubuntu can install it here"
        )
    print(f"installing {', '.join(packages)} with apt-get (about a minute)", flush=True)
    environment = {
        "PATH": os.pathsep.join(DEBIAN_FOLDERS),
        "DEBIAN_FRONTEND": "noninteractive",
        "RUNLEVEL": "1",  # packages then leave their services alone
        "LC_ALL": "C.UTF-8",
        "HOME": "/root",
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
    }
    with tempfile.TemporaryFile("w+") as output:
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
            done = subprocess.run([apt, *command], env=environment, stdout=output, stderr=output, umask=0o022)
            if done.returncode:
                output.seek(0)
                raise CannotInstall(f"apt-get {command[0]} failed:\n{output.read()[-1500:]}")


def chromium() -> Path | None:
    """The browser, named by CHROMIUM or found on the machine."""
    named = os.environ.get("CHROMIUM")
    return Path(named) if named else program(*CHROMIUM)


def main() -> None:
    """`python -m portal.runtime.packages`: have a browser for the tests, or say aloud that they will be skipped."""
    if chromium():
        return
    try:
        apt_install("chromium")
    except CannotInstall as reason:
        print(f"*** The browser tests will be SKIPPED: {reason}. ***", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
