"""Tables as CSV and XLSX. A cell that a spreadsheet would take for a formula is made plain text."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import xlsxwriter
from django.http import HttpResponse
from django.utils.text import slugify

from portal.domain.errors import Invalid

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Where a spreadsheet that separates by semicolon or tab would begin a cell of its own inside one of ours.
INNER = re.compile(r'([;\t\r\n]["\s]*)(?=[=+\-@＝＋－＠])')
Cell = str | int | date | datetime | None
CELL_TYPES = (str, int, date, datetime, type(None))


class UnknownFormat(Invalid):
    code = "unknown-format"


def neutral(text: str) -> str:
    """
    Text that no spreadsheet runs: a quote before = + - @ TAB CR, at the start and after what another country's
    spreadsheet takes for the end of a cell. Plain figures such as -12.50 stay figures.

    source  OWASP, CSV Injection
    """
    if _figure(text):
        return text
    inside = INNER.sub(r"\1'", text)
    return f"'{inside}" if text.startswith(DANGEROUS) else inside


def _figure(text: str) -> bool:
    digits = text[1:] if text.startswith("-") else ""
    return digits.replace(".", "", 1).isdigit() and digits.isascii()


def as_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(cell, date):
        return cell.isoformat()
    return neutral(cell) if isinstance(cell, str) else str(cell)


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets need to read it as such; RFC 4180 lines."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([as_text(cell) for cell in head])
    writer.writerows([as_text(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")


def xlsx_bytes(head: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "Export") -> bytes:
    """Every cell is written as text, so that no digit of an amount is lost and nothing is a formula."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        page = book.add_worksheet(sheet[:31])
        bold = book.add_format({"bold": True})
        for column, title in enumerate(head):
            page.write_string(0, column, as_text(title), bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                page.write_string(number, column, as_text(cell))
        page.freeze_panes(1, 0)
    return buffer.getvalue()


def download(kind: str, *, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """
    A file for the reader's disk.

    kind    "csv" or "xlsx"
    raises  UnknownFormat
    """
    if kind == "csv":
        content, media = csv_bytes(head, rows), "text/csv; charset=utf-8"
    elif kind == "xlsx":
        content, media = xlsx_bytes(head, rows), XLSX
    else:
        raise UnknownFormat("An export is made as csv or xlsx.", field="format")
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{slugify(name) or "export"}.{kind}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
