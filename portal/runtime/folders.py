"""Temporary folders that the next run clears away where this one could not (kill -9)."""

import fcntl
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LOCK = "in-use.lock"
LAST_WORDS_SECONDS = 5.0


@dataclass
class Scratch:
    """A folder held by a lock for as long as this process lives."""

    path: Path
    handle: int

    def remove(self) -> None:
        """Delete the folder and let the lock go; what a process on its way out still writes into it is deleted too."""
        deadline = time.monotonic() + LAST_WORDS_SECONDS
        while self.path.exists():
            shutil.rmtree(self.path, ignore_errors=True)
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        os.close(self.handle)


def make_scratch(prefix: str, *, parent: Path) -> Scratch:
    """
    A new folder below `parent`, after clearing away those of this prefix whose process is gone.

    Others may walk through it (mode 0711), nobody else may list or change it.
    """
    clear_abandoned(prefix, parent=parent)
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    path.chmod(0o711)
    handle = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return Scratch(path=path, handle=handle)


def clear_abandoned(prefix: str, *, parent: Path) -> None:
    """Delete our own folders that no living process holds."""
    for path in parent.glob(f"{prefix}*"):
        try:
            if path.lstat().st_uid != os.geteuid() or path.is_symlink():
                continue
            handle = os.open(path / LOCK, os.O_RDWR)
        except OSError:
            continue  # not ours, or being made at this moment
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(handle)


def fast_parent(needed: int = 1 << 30) -> Path:
    """
    /dev/shm where it has `needed` bytes free and is ours to write, else the ordinary temporary folder.

    TEST_SCRATCH in the environment names another.
    """
    if named := os.environ.get("TEST_SCRATCH"):
        return Path(named)
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free >= needed:
        return memory
    return Path(tempfile.gettempdir())
