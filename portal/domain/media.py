"""What a file really is, by its content; and whether its name says so too. Pure functions over bytes."""

import json
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Collection
from enum import StrEnum
from io import BytesIO

from portal.domain.errors import Invalid

MAX_PIXELS = 100_000_000
NAME_LENGTH = 160


class MediaType(StrEnum):
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    CSV = "text/csv"
    TEXT = "text/plain"
    JSON = "application/json"
    XML = "application/xml"


SCANS = frozenset({MediaType.PDF, MediaType.JPEG, MediaType.PNG})
"""What people hand in as evidence."""
DATA = frozenset({MediaType.CSV, MediaType.TEXT, MediaType.JSON})

_BY_EXTENSION = {
    "pdf": MediaType.PDF,
    "jpg": MediaType.JPEG,
    "jpeg": MediaType.JPEG,
    "png": MediaType.PNG,
    "csv": MediaType.CSV,
    "txt": MediaType.TEXT,
    "json": MediaType.JSON,
    "xml": MediaType.XML,
}
# A name such as "invoice.html.pdf" is made to be misread; "Report.2026.pdf" is not.
# fmt: off
_TELLTALE = frozenset(
    {"exe", "com", "bat", "cmd", "scr", "msi", "dll", "js", "mjs", "vbs", "ps1", "sh", "jar", "apk",
     "app", "php", "py", "pl", "rb", "asp", "aspx", "jsp", "cgi", "html", "htm", "xhtml", "shtml",
     "svg", "svgz", "xml", "xsl", "hta", "swf", "zip", "rar", "7z", "gz", "tar", "iso", "img", "lnk",
     "url", "doc", "docm", "docx", "xls", "xlsm", "xlsx", "ppt", "pptm", "pptx"}
)
# fmt: on
_MARKUP = re.compile(
    r"<\s*(!doctype|\?xml|html|head|body|script|svg|iframe|img|style|meta|link|object|embed)\b", re.I
)


class BadFilename(Invalid):
    code = "bad-filename"


class TypeNotAccepted(Invalid):
    code = "type-not-accepted"


class ContentDoesNotMatch(Invalid):
    """The name promises one thing and the bytes are another."""

    code = "content-does-not-match"


def media_type_of(
    content: bytes, filename: str, *, accepted: Collection[MediaType] = SCANS, field: str = "document"
) -> MediaType:
    """
    The type that both the name's ending and the content show.

    raises  TypeNotAccepted, ContentDoesNotMatch; BadFilename from `clean_filename`
    """
    ending = clean_filename(filename, field=field).rpartition(".")[2].lower()
    promised = _BY_EXTENSION.get(ending)
    if promised is None or promised not in accepted:
        endings = ", ".join(e for e, kind in _BY_EXTENSION.items() if kind in accepted)
        raise TypeNotAccepted(
            f"Files ending in .{ending} are not accepted here.",
            field=field,
            next_step=f"Accepted: {endings}.",
        )
    problem = _problem(content, promised)
    if not problem and zipfile.is_zipfile(BytesIO(content)):
        problem = "is a ZIP archive at the same time"
    if problem:
        raise ContentDoesNotMatch(
            f"The file is named .{ending}, but its content {problem}. It was not stored.",
            field=field,
            next_step="Save or scan it again in the right format; renaming a file does not change what it is.",
        )
    return promised


def clean_filename(filename: str, *, field: str = "document") -> str:
    """
    The name in one normal form.

    raises  BadFilename: empty, too long, a path, unprintable characters, no ending, a second telling ending
    """
    name = unicodedata.normalize("NFC", filename).strip()
    if not name:
        raise BadFilename("The file has no name.", field=field)
    if len(name) > NAME_LENGTH:
        raise BadFilename(
            f"The file's name has {len(name)} characters; at most {NAME_LENGTH} are possible.", field=field
        )
    if not name.isprintable():
        raise BadFilename(
            "The file's name has characters that cannot be printed. Rename the file.", field=field
        )
    if "/" in name or "\\" in name or name.startswith("."):
        raise BadFilename("The file's name is a path or begins with a point. Rename the file.", field=field)
    stem, *endings = name.split(".")
    if not stem or not endings or not endings[-1]:
        raise BadFilename("The file's name has no ending such as .pdf.", field=field)
    hidden = [ending for ending in endings[:-1] if ending.strip().lower() in _TELLTALE]
    if hidden:
        raise BadFilename(
            f"The file's name ends twice (.{hidden[-1].strip()}.{endings[-1]}). Rename the file.", field=field
        )
    return name


def _problem(content: bytes, promised: MediaType) -> str:
    """Why the content is not of the promised type, as the end of a sentence; "" when it is."""
    if promised is MediaType.PDF:
        return _pdf_problem(content)
    if promised is MediaType.PNG:
        return _png_problem(content)
    if promised is MediaType.JPEG:
        return _jpeg_problem(content)
    return _text_problem(content, promised)


def _pdf_problem(content: bytes) -> str:
    if not content.startswith(b"%PDF-"):
        return "does not begin as a PDF does"
    if b"%%EOF" not in content[-2048:]:
        return "breaks off before the end of the PDF"
    return ""


def _png_problem(content: bytes) -> str:
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "does not begin as a PNG does"
    place, first = 8, True
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        body = content[place + 8 : place + 8 + length]
        if place + 12 + length > len(content) or zlib.crc32(kind + body) != _uint32(
            content, place + 8 + length
        ):
            return "is a damaged PNG"
        if first and (kind != b"IHDR" or length != 13):
            return "is a damaged PNG"
        if first and _uint32(body, 0) * _uint32(body, 4) > MAX_PIXELS:
            return f"has more than {MAX_PIXELS // 1_000_000} million pixels"
        place, first = place + 12 + length, False
        if kind == b"IEND":
            return "goes on after the end of the PNG" if place != len(content) else ""
    return "breaks off before the end of the PNG"


def _jpeg_problem(content: bytes) -> str:
    if not content.startswith(b"\xff\xd8\xff"):
        return "does not begin as a JPEG does"
    if not content.rstrip(b"\x00\r\n").endswith(b"\xff\xd9"):
        return "does not end as a JPEG does"
    place = 2
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            return "is a damaged JPEG"
        marker = content[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
            continue
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        # SOF0..SOF15 without DHT, JPG and DAC carry the size of the image; before them comes no picture data.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content.ljust(place + 9, b"\0"), place + 5)
            return (
                f"has more than {MAX_PIXELS // 1_000_000} million pixels"
                if height * width > MAX_PIXELS
                else ""
            )
        if length < 2 or marker in (0xD8, 0xD9, 0xDA):
            return "is a damaged JPEG"
        place += 2 + length
    return "breaks off before the picture begins"


def _text_problem(content: bytes, promised: MediaType) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "is not text in UTF-8"
    if any(unicodedata.category(letter) == "Cc" and letter not in "\t\r\n" for letter in set(text)):
        return "has control characters, as a program or an archive would"
    if promised is MediaType.JSON:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return "is not valid JSON"
    elif promised is MediaType.XML:
        return "" if text.lstrip().startswith("<") else "does not begin as XML does"
    elif _MARKUP.match(text.lstrip()):
        return "is a web page or a drawing"
    return ""


def _uint32(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 4], "big")
