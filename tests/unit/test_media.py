"""What a file really is: names and bytes that agree pass, and nothing else does."""

import io
import struct
import zipfile
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import Invalid
from portal.domain.media import (
    DATA,
    BadFilename,
    ContentDoesNotMatch,
    MediaType,
    TypeNotAccepted,
    clean_filename,
    media_type_of,
)

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def jpeg(width: int = 1, height: int = 1) -> bytes:
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + app0 + frame + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + b"\x7f" + b"\xff\xd9"


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("evil.exe", "MZ")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "Pass Ä.pdf", MediaType.PDF),
        (PDF, "Report.2026.Q3.PDF", MediaType.PDF),
        (png(), "scan.png", MediaType.PNG),
        (jpeg(), "photo.JPG", MediaType.JPEG),
        (jpeg(), "photo.jpeg", MediaType.JPEG),
    ],
)
def test_scans_whose_name_and_content_agree_are_known(content, name, kind):
    assert media_type_of(content, name) is kind


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"a,b\n1,2\n", "prices.csv", MediaType.CSV),
        ("\ufeffä;ö\r\n".encode(), "excel.csv", MediaType.CSV),
        (b"words", "words.txt", MediaType.TEXT),
        (b'{"a": [1, 2]}', "facts.json", MediaType.JSON),
    ],
)
def test_data_files_pass_where_the_caller_accepts_them(content, name, kind):
    assert media_type_of(content, name, accepted=DATA) is kind
    with pytest.raises(TypeNotAccepted):
        media_type_of(content, name)


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "program.exe", "archive.zip", "macro.docm"])
def test_other_endings_are_refused_by_name(name):
    with pytest.raises(TypeNotAccepted, match=r"not accepted here") as refused:
        media_type_of(b"<html>", name)
    assert "pdf, jpg, jpeg, png" in refused.value.next_step


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"MZ\x90\0",
        b" " + PDF,
        PDF[:20],
        zipped(),
        PDF + zipped(),
        png(),
        b"",
    ],
)
def test_what_is_disguised_as_a_pdf_is_refused(content):
    with pytest.raises(ContentDoesNotMatch, match=r"named \.pdf"):
        media_type_of(content, "letter.pdf")


@pytest.mark.parametrize(
    "content",
    [png()[:-1], png() + b"<script>", png() + zipped(), jpeg(), png().replace(b"IHDR", b"IHDX"), png()[:8]],
)
def test_what_is_disguised_as_a_png_is_refused(content):
    with pytest.raises(ContentDoesNotMatch):
        media_type_of(content, "scan.png")


@pytest.mark.parametrize("content", [jpeg()[:-2], jpeg()[:12], b"\xff\xd8\xff\xd9", png(), jpeg() + zipped()])
def test_what_is_disguised_as_a_jpeg_is_refused(content):
    with pytest.raises(ContentDoesNotMatch):
        media_type_of(content, "scan.jpg")


@pytest.mark.parametrize(
    ("content", "name"), [(png(50_000, 50_000), "a.png"), (jpeg(50_000, 50_000), "a.jpg")]
)
def test_a_flood_of_pixels_is_refused(content, name):
    with pytest.raises(ContentDoesNotMatch, match="100 million pixels"):
        media_type_of(content, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"  <!DOCTYPE html><p>", "a.txt"),
        (b"<svg/onload=alert(1)>", "a.csv"),
        (b"\xff\xfe\0a", "a.txt"),
        (b"a\0b", "a.csv"),
        (b"{", "a.json"),
        (b"[" * 100_000, "a.json"),
    ],
)
def test_text_that_is_something_else_is_refused(content, name):
    with pytest.raises(ContentDoesNotMatch):
        media_type_of(content, name, accepted=DATA)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "noending",
        ".pdf",
        "dot.",
        "../../etc/passwd.pdf",
        "c:\\temp\\a.pdf",
        "nul\0byte.pdf",
        "line\nbreak.pdf",
        "right-to-left\u202efdp.exe.pdf",
        "invoice.html.pdf",
        "setup.EXE.pdf",
        "a" * 157 + ".pdf",
    ],
)
def test_names_that_are_traps_are_refused(name):
    with pytest.raises(BadFilename) as refused:
        clean_filename(name, field="evidence")
    assert refused.value.field == "evidence"


@given(content=st.binary(max_size=300), name=st.text(max_size=30))
def test_whatever_comes_is_known_or_refused_and_never_breaks(content, name):
    for prefix in (b"", b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        for ending in ("", ".pdf", ".jpg", ".png", ".csv", ".json"):
            with suppress(Invalid):
                media_type_of(prefix + content, name + ending, accepted=list(MediaType))
