"""How much memory a tree of processes holds, each shared page counted once (PSS, Linux)."""

import re
import sys
from pathlib import Path

import psutil


def proportional_bytes(pid: int) -> int:
    """The process's proportional set size; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (OSError, ProcessLookupError):
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def tree(pid: int) -> list[tuple[int, str, int]]:
    """(pid, command line, bytes) of a process and of everything below it."""
    top = psutil.Process(pid)
    rows = []
    for process in [top, *top.children(recursive=True)]:
        try:
            rows.append((process.pid, " ".join(process.cmdline())[:60], proportional_bytes(process.pid)))
        except psutil.NoSuchProcess:
            continue
    return rows


if __name__ == "__main__":  # python -m portal.runtime.memory PID
    listed = tree(int(sys.argv[1]))
    for number, command, size in listed:
        print(f"{number:>8} {size / 1e6:8.1f} MB  {command}")
    print(f"{'':>8} {sum(size for *_, size in listed) / 1e6:8.1f} MB in all")
