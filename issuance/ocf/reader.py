"""Reads an OCF package: every fault with its file and object, or the package."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from issuance.domain.ocf_checks import object_faults, package_faults
from issuance.domain.ocf_objects import (
    FILES,
    REQUIRED_FILES,
    TRANSACTIONS,
    VERSION,
    Fault,
    Item,
    Package,
    day,
)
from issuance.domain.ocf_replay import replay
from issuance.ocf.containers import (
    SIDE_FILE,
    NotReadable,
    Reader,
    TooLarge,
    archive,
    beside,
    bounded,
    folder,
    listed,
)
from issuance.ocf.schema import messages, schema_faults
from portal.domain.canonical import fingerprint

MAX_OBJECTS = 500_000
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What was read. With faults nothing of it may be used; notes are told and harm nothing.

    sha256  over the canonical JSON of the manifest's issuer and of all objects in order
    """

    package: Package
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    sha256: str


def read_path(path: Path, *, today: str) -> Reading:
    """
    Read a folder, a zip archive, a manifest beside its files, or one JSON file holding a list of OCF files.

    today   ISO day after which nothing may be dated
    raises  NotReadable where there is no package at all, TooLarge
    """
    if path.is_dir():
        return _read(folder(path), today)
    if not path.is_file():
        raise NotReadable(f"There is nothing at {path}.", field="file")
    if zipfile.is_zipfile(path):
        return _read(archive(path), today)
    content = _one(bounded(path), path.name)
    if isinstance(content, list):
        return _read(_split(content), today)
    return _read(beside(path, _filepaths(content)), today, manifest=path.name)


def read_upload(name: str, content: bytes, *, today: str) -> Reading:
    """The same from an uploaded zip archive or a JSON file holding a list of OCF files."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        return _read(archive(content), today)
    found = _one(lambda: content, name)
    if not isinstance(found, list):
        raise NotReadable("Upload a zip archive, or a JSON file with a list of OCF files.", field="file")
    return _read(_split(found), today)


def _filepaths(manifest: Any) -> list[str]:
    found = []
    for key in FILES:
        entries = manifest.get(key) if isinstance(manifest, Mapping) else None
        for entry in entries if isinstance(entries, list) else []:
            filepath = entry.get("filepath") if isinstance(entry, Mapping) else None
            if isinstance(filepath, str):
                found.append(filepath)
    return found


def _one(read: Reader, name: str) -> Any:
    try:
        return parse(read())
    except ValueError as broken:
        raise NotReadable(f"{name}: {broken}", field="file") from broken


def _split(files: list[Any]) -> Mapping[str, Reader]:
    """A list of OCF files in one JSON file: those of a type stand for the manifest's entries of it, in order."""
    named = [one for one in files if isinstance(one, Mapping)]
    manifest = next((one for one in named if one.get("file_type") == "OCF_MANIFEST_FILE"), {})
    found: dict[str, Reader] = {"Manifest.ocf.json": _written(manifest)}
    for key, (kind, _) in FILES.items():
        own = [one for one in named if one.get("file_type") == kind]
        entries = manifest.get(key, [])
        for entry, one in zip(entries if isinstance(entries, list) else [], own, strict=False):
            filepath = entry.get("filepath") if isinstance(entry, Mapping) else None
            if isinstance(filepath, str):
                found[str(PurePosixPath(filepath))] = _written(one)
    return found


def _written(body: Any) -> Reader:
    content = json.dumps(body).encode()
    return lambda: content


def parse(content: bytes) -> Any:
    """
    JSON with nothing beyond it: UTF-8, no NaN, no name twice in an object, not too deep.

    raises  ValueError with a sentence
    """
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_constant=_constant, object_pairs_hook=_once)
        if _SURROGATE.search(content):
            json.dumps(found, ensure_ascii=False).encode()
        return found
    except UnicodeDecodeError as broken:
        raise ValueError(f"it is not UTF-8: byte {broken.start} cannot be read.") from broken
    except UnicodeEncodeError as broken:
        raise ValueError("it has half of a character pair, which is no text.") from broken
    except json.JSONDecodeError as broken:
        raise ValueError(f"it is not JSON: {broken.msg} in line {broken.lineno}.") from broken
    except RecursionError as broken:
        raise ValueError("it is not JSON that can be read: too many brackets in each other.") from broken


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is no number.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the name {twice[:60]!r} twice.")
    return found


def _read(files: Mapping[str, Reader], today: str, manifest: str = "") -> Reading:
    reading = _Reading(files)
    name, body = reading.manifest(manifest)
    items = tuple(reading.items(name, body)) if body else ()
    package = Package(body, items, name, reading.side(name))
    faults = reading.faults
    if body:
        faults.extend(Fault(name, str(package.issuer.get("id", "")), one) for one in _manifest_faults(body))
    sound = []
    for item in items:
        own = object_faults(item) or schema_faults(item)
        if not own and item.type in TRANSACTIONS and item.day > today:
            own = [item.fault(f"it is dated {item.day}, after today, {today}.")]
        faults.extend(own)
        if not own:
            sound.append(item)
    if body:
        faults.extend(package_faults(package))
        faults.extend(replay(Package(body, tuple(sound))).faults)
    sha256 = "" if faults else fingerprint([package.issuer, [item.body for item in items]])
    return Reading(package, tuple(faults), tuple(reading.notes), sha256)


class _Reading:
    """Reads file after file and keeps what is wrong."""

    def __init__(self, files: Mapping[str, Reader]) -> None:
        self.files = files
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []
        self.count = 0
        self.used: set[str] = set()

    def manifest(self, wanted: str) -> tuple[str, Mapping[str, Any]]:
        """The manifest nearest to the top. raises NotReadable where there is none"""
        names = [wanted] if wanted else sorted(self.files, key=lambda name: (name.count("/"), name))
        broken: list[Fault] = []
        for name in names:
            if wanted or "manifest" in name.lower():
                body = self._json(name, broken)
                if isinstance(body, Mapping) and body.get("file_type") == "OCF_MANIFEST_FILE":
                    return name, body
        if broken:
            self.faults.extend(broken)
            return broken[0].file, {}
        for name in names:
            body = self._json(name, [])
            if isinstance(body, Mapping) and body.get("file_type") == "OCF_MANIFEST_FILE":
                return name, body
        raise NotReadable(
            "There is no OCF manifest: a JSON file whose file_type is OCF_MANIFEST_FILE.", field="file"
        )

    def items(self, manifest: str, body: Mapping[str, Any]) -> Iterator[Item]:
        base = str(PurePosixPath(manifest).parent)
        for key, (kind, objects) in FILES.items():
            entries = body.get(key, [])
            if not isinstance(entries, list):
                self.faults.append(Fault(manifest, "", f"{key}: it is not a list of files."))
                continue
            for entry in entries:
                yield from self._file(manifest, base, key, entry, kind, objects)

    def _file(
        self, manifest: str, base: str, key: str, entry: Any, kind: str, objects: tuple[str, ...]
    ) -> Iterator[Item]:
        filepath = entry.get("filepath") if isinstance(entry, Mapping) else None
        if not isinstance(filepath, str):
            self.faults.append(Fault(manifest, "", f"{key}: an entry has no filepath."))
            return
        name = listed(self.files, base, filepath)
        if name is None:
            self.faults.append(
                Fault(manifest, "", f"{key}: there is no file {filepath[:120]!r} in the package.")
            )
            return
        if name in self.used:
            self.faults.append(Fault(manifest, "", f"{key}: the file {filepath[:120]!r} is listed twice."))
            return
        self.used.add(name)
        content = self._json(name, self.faults, md5=str(entry.get("md5", "")))
        if content is None:
            return
        if not isinstance(content, Mapping) or content.get("file_type") != kind:
            self.faults.append(Fault(name, "", f"its file_type is not {kind}, as the manifest has it."))
            return
        rows = content.get("items")
        if not isinstance(rows, list):
            self.faults.append(Fault(name, "", "it has no list of items."))
            return
        yield from self._rows(name, rows, objects)

    def _rows(self, name: str, rows: list[Any], objects: tuple[str, ...]) -> Iterator[Item]:
        for place, row in enumerate(rows):
            self.count += 1
            if self.count > MAX_OBJECTS:
                raise TooLarge(f"There are more than {MAX_OBJECTS:,} objects.", field="file")
            if not isinstance(row, Mapping):
                self.faults.append(Fault(name, f"item {place + 1}", "it is no object."))
                continue
            item = Item(name, self.count, row)
            if item.type not in (objects or TRANSACTIONS):
                self.faults.append(item.fault(f"{item.type[:60]!r} is no type of object of this file."))
                continue
            yield item

    def side(self, manifest: str) -> Mapping[str, Any]:
        name = listed(self.files, str(PurePosixPath(manifest).parent), SIDE_FILE)
        body = self._json(name, self.faults) if name else {}
        return body if isinstance(body, Mapping) else {}

    def _json(self, name: str, faults: list[Fault], md5: str = "") -> Any:
        try:
            content = self.files[name]()
            if md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != md5.lower():
                self.notes.append(Fault(name, "", "its MD5 is not what the manifest says."))
            return parse(content)
        except ValueError as broken:
            faults.append(Fault(name, "", str(broken)))
        except NotReadable as broken:
            faults.append(Fault(name, "", broken.message))
        return None


def _manifest_faults(body: Mapping[str, Any]) -> Iterator[str]:
    if body.get("ocf_version") != VERSION:
        yield f"ocf_version: {str(body.get('ocf_version'))[:20]!r} is not {VERSION}."
    if day(body.get("as_of")) is None:
        yield f"as_of: {str(body.get('as_of'))[:40]!r} is not a day such as 2022-01-28."
    for key in REQUIRED_FILES:
        if key not in body:
            yield f"{key}: the manifest does not say."
    known = {"ocf_version", "file_type", "issuer", "as_of", "generated_at", "comments", *FILES}
    for key in sorted(set(body) - known):
        yield f"{key[:60]}: the manifest has no such field."
    issuer = body.get("issuer")
    if not isinstance(issuer, Mapping):
        yield "issuer: it is not told."
        return
    found = [*object_faults_of_issuer(issuer), *messages("ISSUER", issuer)]
    yield from (f"issuer: {one}" for one in found)


def object_faults_of_issuer(issuer: Mapping[str, Any]) -> list[str]:
    """Numbers and days of the manifest's issuer, whose type stands in no file."""
    item = Item("", 0, {**issuer, "object_type": "STOCK_LEGEND_TEMPLATE"})
    found = [fault.message for fault in object_faults(item)]
    if issuer.get("object_type") != "ISSUER":
        found.append("object_type: it is not ISSUER.")
    return found
