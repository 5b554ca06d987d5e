"""
Files from outside, read in pieces and never beyond their bounds: plain text, or one ZIP archive with the files of a
list inside. XML without document type, entities or outside references (defusedxml).
"""

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from investors.domain.lists.facts import BadList

LARGEST_UPLOAD = 100 * 2**20
LARGEST_UNPACKED = 600 * 2**20
MOST_MEMBERS = 12
LARGEST_RATIO = 200
"""A list packs some 5 to 20 times; what packs 200 times is a bomb."""
_PIECE = 256 * 1024
_DEEPEST = 40
_LONGEST_FIELD = 4 * 2**20


class Bounded(io.RawIOBase):
    """A stream that stops with a sentence beyond `most` bytes."""

    def __init__(self, inner: BinaryIO, most: int) -> None:
        self.inner, self.left, self.most = inner, most, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        try:
            piece = self.inner.read(len(view))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as wrong:
            raise BadList(f"The archive cannot be unpacked: {wrong}.", field="file") from None
        self.left -= len(piece)
        if self.left < 0:
            raise BadList(f"The file is larger than {self.most // 2**20} MB unpacked.", field="file")
        view[: len(piece)] = piece
        return len(piece)


def digest_of(stream: BinaryIO) -> str:
    """
    SHA-256 of the whole stream, which is then at its beginning again.

    raises  BadList beyond LARGEST_UPLOAD
    """
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > LARGEST_UPLOAD:
            raise BadList(
                f"The file is larger than {LARGEST_UPLOAD // 2**20} MB. Pack it as ZIP.", field="file"
            )
        digest.update(piece)
    stream.seek(0)
    return digest.hexdigest()


def members(stream: BinaryIO) -> dict[str, BinaryIO]:
    """
    The file itself under the name "", or the files of a ZIP archive by their lower-case base names.

    raises  BadList for an archive that is encrypted, nested, has too many members or unpacks beyond the bounds
    """
    stream.seek(0)
    start = stream.read(4)
    stream.seek(0)
    if start != b"PK\x03\x04":
        return {"": _bounded(stream, LARGEST_UNPACKED)}
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, OSError) as wrong:
        raise BadList(f"The archive cannot be opened: {wrong}.", field="file") from None
    told = [one for one in archive.infolist() if not one.is_dir()]
    if not 1 <= len(told) <= MOST_MEMBERS:
        raise BadList(
            f"The archive has {len(told)} files; between 1 and {MOST_MEMBERS} are read.", field="file"
        )
    whole = sum(one.file_size for one in told)
    packed = max(1, sum(one.compress_size for one in told))
    if whole > LARGEST_UNPACKED or whole > packed * LARGEST_RATIO + 2**20:
        raise BadList(
            f"The archive would unpack to {whole / 2**20:,.0f} MB from {packed / 2**20:,.1f} MB; at most "
            f"{LARGEST_UNPACKED // 2**20} MB and {LARGEST_RATIO} times its size are read.",
            field="file",
        )
    found: dict[str, BinaryIO] = {}
    for one in told:
        if one.flag_bits & 1:
            raise BadList(f"{one.filename[:80]!r} in the archive is encrypted.", field="file")
        name = one.filename.rsplit("/", 1)[-1].lower()
        found[name] = _bounded(cast(BinaryIO, archive.open(one)), LARGEST_UNPACKED)
    return found


def only(files: dict[str, BinaryIO], *endings: str) -> BinaryIO:
    """The one file of a list that comes as one. raises BadList when there are several or none"""
    fitting = [inner for name, inner in files.items() if not name or name.endswith(endings)]
    if len(fitting) != 1:
        raise BadList(
            f"The archive must hold one {' or '.join(endings)} file; it holds {len(fitting)}.", field="file"
        )
    return fitting[0]


def text_lines(stream: BinaryIO) -> Iterator[str]:
    """Lines of UTF-8 text without a byte order mark. raises BadList"""
    reader = io.TextIOWrapper(cast(io.BufferedReader, stream), encoding="utf-8-sig", newline="")
    number = 0
    try:
        while line := reader.readline(_LONGEST_FIELD):
            number += 1
            if len(line) >= _LONGEST_FIELD:
                raise BadList(f"Line {number} is longer than {_LONGEST_FIELD:,} characters.", field="file")
            yield line.replace("\x1a", "")
    except UnicodeDecodeError:
        raise BadList("The file is not UTF-8 text.", field="file") from None


def rows(stream: BinaryIO, *, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of a CSV file; empty lines are passed over. raises BadList"""
    reader = csv.reader(text_lines(stream), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as wrong:
        raise BadList(f"Line {reader.line_num} is not CSV: {wrong}.", field="file") from None


def records(
    stream: BinaryIO, *, columns: set[str], delimiter: str = ","
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, values by column) of a CSV file whose first line names its columns. raises BadList"""
    header: list[str] = []
    for line, row in rows(stream, delimiter=delimiter):
        if not header:
            header = [cell.strip() for cell in row]
            if not columns <= set(header):
                missing = ", ".join(sorted(columns - set(header)))
                raise BadList(f"The first line must name the columns; missing: {missing}.", field="file")
            continue
        yield line, dict(zip(header, [*row, *[""] * len(header)], strict=False))


class _Records(TreeBuilder):
    """Keeps whole elements of the wanted names with their lines, and nothing else of the document."""

    def __init__(self, wanted: frozenset[str]) -> None:
        super().__init__()
        self.wanted, self.depth, self.lines = wanted, 0, [0]
        self.found: list[tuple[int, Element]] = []
        self.root = ""
        self.line: Callable[[], int] = lambda: 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise BadList(f"Line {self.line()}: elements are nested too deeply.", field="file")
        name = tag.rsplit("}", 1)[-1]
        element = super().start(name, attrs)
        if self.depth == 1:
            self.root = name
            self.found.append((self.line(), element))
        if name in self.wanted:
            self.lines.append(self.line())
        return element

    def end(self, tag: str, /) -> Element:
        self.depth -= 1
        name = tag.rsplit("}", 1)[-1]
        element = super().end(name)
        if name in self.wanted:
            self.found.append((self.lines.pop(), element))
        return element


def elements(stream: BinaryIO, *, roots: set[str], wanted: set[str]) -> Iterator[tuple[int, Element]]:
    """
    First the root's start with its attributes, then every element of a wanted name, whole, with its line.

    Names are without namespace. An element is emptied once the next one was asked for.
    raises  BadList for another root, a document type, entities, malformed XML
    """
    builder = _Records(frozenset(wanted))
    make: Any = DefusedXMLParser
    parser = make(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    builder.line = lambda: int(parser.parser.CurrentLineNumber)
    checked = False
    try:
        while True:
            piece = stream.read(_PIECE)
            if piece:
                parser.feed(piece)
            else:
                parser.close()
            if builder.root and not checked:
                checked = True
                if builder.root not in roots:
                    raise BadList(
                        f"The document is a {builder.root[:60]!r}; this list is a {' or '.join(sorted(roots))}.",
                        field="file",
                    )
            found, builder.found = builder.found, []
            for line, element in found:
                yield line, element
                if element.tag != builder.root:
                    element.clear()
            if not piece:
                return
    except DefusedXmlException:
        raise BadList(
            "The file declares a document type or entities, which no published list does.", field="file"
        ) from None
    except ParseError as wrong:
        line, column = wrong.position
        raise BadList(f"Line {line}, column {column}: this is not well-formed XML.", field="file") from None
    except (LookupError, ValueError) as wrong:
        raise BadList(f"The file cannot be read as XML: {str(wrong)[:100]}.", field="file") from None


def text(element: Element, path: str) -> str:
    """Text at a path below an element, or ""."""
    return (element.findtext(path) or "").strip()


def texts(element: Element, path: str) -> list[str]:
    """Non-empty texts at a path below an element."""
    return [told for one in element.iterfind(path) if (told := (one.text or "").strip())]


def _bounded(stream: BinaryIO, most: int) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(Bounded(stream, most), _PIECE))
