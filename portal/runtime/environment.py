"""
Makes .venv and installs the pinned requirements, only when they have changed since:

    python3 portal/runtime/environment.py [--dev]

Run by whatever Python the machine has, before anything is installed: standard library only, and written so that an
old Python 3 gets as far as the sentence that says it is too old.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
HERE = Path(__file__).resolve().parent.parent.parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"


def refuse(sentence):
    """End with a sentence and exit code 1."""
    print(sentence, file=sys.stderr)
    sys.exit(1)


def say(sentence):
    """A line of progress, at once."""
    print(sentence)
    sys.stdout.flush()


def check_python():
    """Say plainly what is missing before anything is begun."""
    mine = "{}.{}".format(*sys.version_info[:2])
    if sys.version_info < OLDEST:
        refuse(
            "The portal needs Python {}.{} or newer; ".format(*OLDEST)
            + f"{sys.executable} is {mine}. Name a newer one: make run PYTHON=/path/to/python3"
        )
    try:
        __import__("venv")
        __import__("ensurepip")
    except ImportError:
        refuse(
            f"{sys.executable} has no venv. On Debian and Ubuntu: apt-get install python{mine}-venv "
            "(or python3-venv); then again."
        )


def fingerprint(requirements):
    """SHA-256 over the pinned list and the interpreter's version."""
    return hashlib.sha256(sys.version.encode() + requirements.read_bytes()).hexdigest()


def works():
    """Whether .venv has an interpreter that starts and a pip (a start that was cut short may have left neither)."""
    command = [str(PYTHON), "-m", "pip", "--version"]
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def create():
    """Make an empty environment with pip in it."""
    say("creating the environment in .venv")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]) != 0:
        refuse(
            "The environment could not be made. On Debian and Ubuntu: apt-get install python3-venv; then again."
        )


def install(requirements):
    """pip install of one pinned list, wheels only, with a line of progress now and then."""
    total = sum(1 for line in requirements.read_text().splitlines() if "==" in line)
    say(f"installing {total} packages (about a minute the first time)")
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "--only-binary", ":all:", "-r", str(requirements)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, seen = [], 0
    for raw in process.stdout or ():
        line = raw.decode("utf-8", "replace").rstrip()
        said.append(line)
        if line.startswith("Collecting "):
            seen += 1
            if seen % 20 == 0:
                say(f"  {seen} packages fetched")
        elif line.startswith("Installing collected"):
            say("  unpacking them")
    if process.wait() != 0:
        refuse(
            "\n".join(said[-25:]) + "\nThe packages could not be installed; the end of pip's output is above."
        )


def main(arguments):
    """Do what is missing, and nothing when nothing is."""
    check_python()
    kind = "dev" if "--dev" in arguments else "run"
    requirements = HERE / ("requirements-dev.txt" if kind == "dev" else "requirements.txt")
    stamp = VENV / f"installed-{kind}.sha256"
    wanted = fingerprint(requirements)
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not works():
        create()
    install(requirements)
    stamp.write_text(wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
