"""`python -m portal.runtime.lock` (make lock): resolves requirements*.in into requirements*.txt, wheels only."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from portal.runtime.place import ROOT

HEADER = "# Resolved from {name}.in by `make lock`; wheels only, Python 3.11 and later.\n"


def resolved(source: Path) -> list[str]:
    """The pinned list that pip finds for a list of wishes, sorted by name."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as report:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary",
             ":all:", "--disable-pip-version-check", "--report", report.name, "-r", str(source)],
            check=True,
            cwd=ROOT,
        )  # fmt: skip
        found = json.loads(Path(report.name).read_text())["install"]
    pins = {item["metadata"]["name"].lower().replace("_", "-"): item["metadata"]["version"] for item in found}
    return [f"{name}=={pins[name]}" for name in sorted(pins)]


def main() -> None:
    """Write both lists; the development list holds the other one whole, with the same versions."""
    for name in ("requirements", "requirements-dev"):
        lines = resolved(ROOT / f"{name}.in")
        (ROOT / f"{name}.txt").write_text(HEADER.format(name=name) + "\n".join(lines) + "\n")
        print(f"{name}.txt: {len(lines)} packages")


if __name__ == "__main__":
    main()
