"""Files that leave for a spreadsheet: nothing in them runs, and no digit is lost."""

import csv
import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.http import exports

HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=HYPERLINK("http://evil")',
    "＝1",
    "-2+3+cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("cell", HOSTILE)
def test_what_a_spreadsheet_would_run_becomes_text(cell: str) -> None:
    assert exports.neutral(cell).startswith(f"'{cell[0]}")


@pytest.mark.parametrize("inner", [";=1", ';"=1', "; =1", "\t=1", "\n=1", "\r\n+1", ";@SUM(A1)", "; ＝1"])
def test_nothing_runs_where_cells_end_at_semicolons_or_tabs(inner: str) -> None:
    content = exports.csv_bytes(["head"], [[f"Harmless{inner}"]]).decode("utf-8-sig")
    for delimiter in ",;\t":
        lines = csv.reader(io.StringIO(content), delimiter=delimiter)
        assert not [cell for line in lines for cell in line if cell.strip().startswith(exports.DANGEROUS)]


@pytest.mark.parametrize("cell", ["Acme", "-12.50", "-3", "1,5", "", " =1", "a=b", "12.50"])
def test_names_and_figures_stay_as_they_are(cell: str) -> None:
    assert exports.neutral(cell) == cell


@given(st.text())
def test_no_text_leaves_with_a_dangerous_beginning(text: str) -> None:
    out = exports.neutral(text)
    assert not out.startswith(("=", "+", "@", "\t", "\r", "\n"))
    if out.startswith("-"):
        float(out)


@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"])), min_size=1, max_size=5))
def test_a_csv_reads_back_as_it_was_written(row: list[str]) -> None:
    content = exports.csv_bytes(["head"] * len(row), [row])
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert read[1] == [exports.neutral(cell) for cell in row]


def test_a_csv_begins_with_a_byte_order_mark_and_ends_lines_with_crlf() -> None:
    assert exports.csv_bytes(
        ["Äpfel"], [[None], [datetime(2026, 11, 23, 9, 41, tzinfo=UTC)], [date(2026, 1, 2)]]
    ) == ("\ufeffÄpfel\r\n".encode() + b'""\r\n2026-11-23T09:41:00Z\r\n2026-01-02\r\n')


def test_an_xlsx_holds_text_only_so_that_38_digits_survive() -> None:
    digits = "12345678901234567890123456789012345678"
    book = openpyxl.load_workbook(io.BytesIO(exports.xlsx_bytes(["Amount"], [[digits], ["=1+1"], [7]])))
    cells = [row[0] for row in book.active.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == [digits, "'=1+1", "7"]
    assert all(cell.data_type == "s" for cell in cells)


def test_a_download_runs_nothing_and_is_saved() -> None:
    response = exports.download("csv", name="Cash <entries>", head=["a"], rows=[["b"]])
    assert response["Content-Disposition"] == 'attachment; filename="cash-entries.csv"'
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_another_format_is_refused() -> None:
    with pytest.raises(exports.UnknownFormat) as refused:
        exports.download("pdf", name="x", head=[], rows=[])
    assert refused.value.field == "format"
