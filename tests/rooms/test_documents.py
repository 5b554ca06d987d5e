"""Documents: kept by hash, sealed on the disk, never changed; bad uploads leave nothing behind."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from portal.audit.models import Event
from portal.documents import selectors, services, storage, verify
from portal.documents.models import Document
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Invalid
from portal.domain.media import DATA
from tests.factories import accounts as make
from tests.unit.test_media import PDF, png, zipped

pytestmark = pytest.mark.django_db
OWNER = "investor:7d1c3f0e-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def root(settings, tmp_path) -> Path:
    settings.DOCUMENT_ROOT = str(tmp_path / "documents")
    return tmp_path / "documents"


def keep(now, content: bytes = PDF, filename: str = "passport.pdf", **more):
    return services.store(
        owner=OWNER, kind="passport", filename=filename, content=content, actor=make.SETUP, at=now, **more
    )


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_document_is_kept_as_it_came(root, now):
    kept = keep(now)
    assert (kept.sha256, kept.size, kept.media_type) == (sha256_hex(PDF), len(PDF), "application/pdf")
    assert kept == selectors.document(kept.id)
    assert services.read(document_id=kept.id, actor=make.SETUP, at=now) == PDF
    assert selectors.documents_of(OWNER) == selectors.documents_of(OWNER, kind="passport") == [kept]
    assert selectors.documents_of(OWNER, kind="bank_letter") == []


def test_storing_and_reading_are_told_to_the_trail_without_the_name_of_the_file(now):
    kept = keep(now)
    services.read(document_id=kept.id, actor=make.SETUP, at=now)
    stored, read = Event.objects.filter(subject=f"document:{kept.id}").order_by("id")
    assert (stored.action, read.action) == ("document.stored", "document.read")
    assert kept.sha256 in stored.facts
    assert "passport.pdf" not in stored.facts + read.facts


def test_the_file_has_a_name_that_tells_nothing_and_content_that_cannot_be_read(root, now):
    keep(now)
    [file] = files(root)
    assert "passport" not in str(file)
    assert b"%PDF" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "filename", "code"),
    [
        (b"", "empty.pdf", "empty-document"),
        (b"x" * 1_000_001, "big.pdf", "document-too-large"),
        (b"<html><script>alert(1)</script>", "letter.pdf", "content-does-not-match"),
        (b"<svg onload=alert(1)>", "scan.png", "content-does-not-match"),
        (zipped(), "archive.pdf", "content-does-not-match"),
        (PDF + zipped(), "polyglot.pdf", "content-does-not-match"),
        (PDF, "drawing.svg", "type-not-accepted"),
        (PDF, "letter.pdf.exe", "type-not-accepted"),
        (PDF, "letter.exe.pdf", "bad-filename"),
        (PDF, "nul\0.pdf", "bad-filename"),
        (PDF, "../../../etc/cron.d/evil.pdf", "bad-filename"),
        (PDF, "..\\evil.pdf", "bad-filename"),
    ],
)
def test_a_bad_upload_is_refused_by_name_and_leaves_nothing(settings, root, now, content, filename, code):
    settings.DOCUMENT_MAX_BYTES = 1_000_000
    with pytest.raises(Invalid) as refused:
        keep(now, content, filename, field="evidence")
    assert (refused.value.code, refused.value.field) == (code, "evidence")
    assert not Document.objects.exists()
    assert files(root) == []


def test_the_limit_is_told_with_both_numbers(settings, now):
    settings.DOCUMENT_MAX_BYTES = 1_000_000
    with pytest.raises(services.DocumentTooLarge, match=r"has 2\.5 MB; at most 1\.0 MB"):
        keep(now, b"x" * 2_500_000)


def test_data_files_are_kept_where_the_caller_accepts_them(now):
    assert keep(now, b"a,b\n", "prices.csv", accepted=DATA).media_type == "text/csv"


def test_nothing_is_left_when_the_row_cannot_be_written(root, now):
    with pytest.raises(DatabaseError), transaction.atomic():
        keep(now, reader=uuid4())
        connection.check_constraints()
    assert not Document.objects.exists()
    assert verify.orphans() == [path.name for path in files(root)]


def test_nothing_is_left_when_the_trail_refuses(root, now, monkeypatch):
    def broken(**_):
        raise RuntimeError("no trail")

    monkeypatch.setattr(services, "record", broken)
    with pytest.raises(RuntimeError):
        keep(now)
    assert not Document.objects.exists()
    assert files(root) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portal_document SET sha256 = repeat('0', 64)",
        "UPDATE portal_document SET filename = 'other.pdf'",
        "DELETE FROM portal_document",
        "TRUNCATE portal_document",
    ],
)
def test_the_application_cannot_change_a_document(statement, now):
    keep(now)
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_triggers_refuse_even_the_superuser(superuser_connection, now):
    keep(now)
    for statement in (
        "UPDATE portal_document SET kind='x'",
        "DELETE FROM portal_document",
        "TRUNCATE portal_document",
    ):
        with pytest.raises(Exception, match="is a table of record"):
            superuser_connection.execute(statement)


def test_the_check_finds_nothing_where_nothing_happened(now):
    keep(now)
    keep(now, png(), "scan.png")
    assert list(verify.mismatches()) == []
    assert verify.orphans() == []


def test_the_check_names_each_file_that_is_gone_or_changed(root, now):
    whole, gone, changed, swapped = (keep(now) for _ in range(4))
    path = {document_id: storage._path(key) for document_id, key, _, _ in selectors.storage_keys()}
    path[gone.id].unlink()
    path[changed.id].write_bytes(path[changed.id].read_bytes()[:-1] + b"\0")
    path[swapped.id].write_bytes(path[whole.id].read_bytes())
    found = {one.document_id: one.problem for one in verify.mismatches()}
    assert found == {
        gone.id: "the file is missing",
        changed.id: "the file cannot be read or was changed",
        swapped.id: "the file cannot be read or was changed",
    }
    with pytest.raises(services.DocumentDamaged):
        services.read(document_id=changed.id, actor=make.SETUP, at=now)
    assert not Event.objects.filter(action="document.read").exists()


def test_a_file_without_a_row_is_an_orphan(root, now):
    keep(now)
    storage.write("f" * 32, b"never committed")
    assert verify.orphans() == ["f" * 32]
    assert list(verify.mismatches()) == []


def test_an_unknown_document_is_not_found(now):
    with pytest.raises(selectors.NoSuchDocument):
        services.read(document_id=uuid4(), actor=make.SETUP, at=now)
