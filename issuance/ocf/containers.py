"""Where the files of an OCF package lie: a folder, a zip archive, or one JSON file. Bounded in number and size."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath

from portal.domain.errors import Invalid

MAX_FILES = 2_000
MAX_FILE_BYTES = 128 * 1024 * 1024
MAX_TOTAL_BYTES = 256 * 1024 * 1024
SIDE_FILE = "portal-side.json"
"""What the portal keeps beside OCF; read back on import."""

Reader = Callable[[], bytes]


class NotReadable(Invalid):
    """No OCF package can be read from the path given."""

    code = "ocf-not-readable"


class TooLarge(Invalid):
    """A file, or all of them together, is larger than an import takes."""

    code = "ocf-too-large"


def folder(path: Path) -> Mapping[str, Reader]:
    """The JSON files below a folder, by their path in it. What a link leads to outside is not there."""
    root = path.resolve()
    found: dict[str, Reader] = {}
    total = 0
    for one in sorted(root.rglob("*.json")):
        real = one.resolve()
        if not real.is_relative_to(root) or not real.is_file():
            continue
        total += real.stat().st_size
        found[one.relative_to(root).as_posix()] = bounded(real)
        _within(len(found), total)
    return found


def beside(manifest: Path, filepaths: Iterable[str]) -> Mapping[str, Reader]:
    """A manifest and the files that it lists, as far as they lie in its folder or below."""
    root = manifest.parent.resolve()
    found: dict[str, Reader] = {}
    total = 0
    for filepath in (manifest.name, SIDE_FILE, *filepaths):
        name = posixpath.normpath(filepath.replace("\\", "/").replace("\0", ""))
        real = (root / name).resolve()
        if name not in found and real.is_relative_to(root) and real.is_file():
            total += real.stat().st_size
            found[name] = bounded(real)
            _within(len(found), total)
    return found


def archive(content: Path | bytes) -> Mapping[str, Reader]:
    """The JSON files of a zip archive, by their names in it; nothing is unpacked to the disk."""
    try:
        opened = zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content)
    except (zipfile.BadZipFile, OSError, ValueError) as broken:
        raise NotReadable("The archive cannot be opened as a zip file.", field="file") from broken
    entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    _within(len(entries), sum(entry.file_size for entry in entries))
    found: dict[str, Reader] = {}
    for entry in entries:
        if not entry.filename.lower().endswith(".json") or entry.filename.startswith("__MACOSX/"):
            continue
        if entry.filename in found:
            raise NotReadable(f"The archive has {entry.filename[:120]} twice.", field="file")
        found[entry.filename] = _unpacking(opened, entry)
    return found


def listed(found: Mapping[str, Reader], base: str, filepath: str) -> str | None:
    """The name of a file that a manifest in the folder `base` speaks of; None where there is none."""
    parts: list[str] = []
    for part in PurePosixPath(base, filepath.replace("\\", "/")).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in (".", "/"):
            parts.append(part)
    name = "/".join(parts)
    return name if name in found else None


def _within(files: int, size: int) -> None:
    if files > MAX_FILES:
        raise TooLarge(f"There are {files} files; an import takes {MAX_FILES}.", field="file")
    if size > MAX_TOTAL_BYTES:
        raise TooLarge(f"The files have {size:,} bytes; an import takes {MAX_TOTAL_BYTES:,}.", field="file")


def bounded(path: Path) -> Reader:
    """Reads a file no further than an import takes. raises NotReadable, TooLarge"""

    def read() -> bytes:
        try:
            with path.open("rb") as file:
                return _checked(file.read(MAX_FILE_BYTES + 1), path.name)
        except OSError as broken:
            raise NotReadable(f"{path.name} cannot be read: {broken.strerror}.", field="file") from broken

    return read


def _unpacking(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Reader:
    def read() -> bytes:
        try:
            with opened.open(entry) as file:
                return _checked(file.read(min(entry.file_size, MAX_FILE_BYTES) + 1), entry.filename)
        except (
            zipfile.BadZipFile,
            zlib.error,
            RuntimeError,
            NotImplementedError,
            EOFError,
            OSError,
        ) as broken:
            raise NotReadable(f"{entry.filename[:120]} cannot be unpacked.", field="file") from broken

    return read


def _checked(content: bytes, name: str) -> bytes:
    if len(content) > MAX_FILE_BYTES:
        raise TooLarge(f"{name[:120]} has more than {MAX_FILE_BYTES:,} bytes.", field="file")
    return content


def zipped(files: Mapping[str, bytes]) -> bytes:
    """One archive with these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return packed.getvalue()
