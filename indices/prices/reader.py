"""A file of prices read in pieces, so that a long one takes no more memory than a short one."""

import csv
import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import polars

from indices.domain.price_formats import KLINES, Format, headerless, recognised
from indices.domain.price_rows import Parsed, Reader, Wrong
from portal.domain.errors import Invalid

CHUNK = 20_000
MOST_BYTES = 2 * 1024**3
MOST_ROWS = 20_000_000
MOST_COLUMNS = 500


class UnreadableFile(Invalid):
    """Neither Parquet nor CSV, too large, or not there."""

    code = "unreadable-price-file"


@dataclass(frozen=True, slots=True)
class PriceFile:
    """A file whose format is known; `chunks` reads it from its beginning each time it is called."""

    path: Path
    format: Format
    parquet: bool
    header: tuple[str, ...]
    bare: bool
    before: int

    def chunks(self, *, last_day: date) -> Iterator[Parsed]:
        """At most 20,000 lines each; raises UnreadableFile where the file stops being what it began as."""
        reader = Reader(last_day=last_day, first_line=1 if self.parquet or self.bare else self.before + 2)
        try:
            records = self._parquet() if self.parquet else self._csv()
            while piece := list(itertools.islice(records, CHUNK)):
                yield reader.read(piece)
                if reader.line > MOST_ROWS:
                    raise UnreadableFile(f"{self.path.name} has more than {MOST_ROWS:,} rows.", field="file")
        except (polars.exceptions.PolarsError, csv.Error, OSError, UnicodeError) as error:
            raise _unreadable(self.path) from error

    def sha256(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _parquet(self) -> Iterator[Callable[[], Any]]:
        table = polars.scan_parquet(self.path)
        rows = table.select(polars.len()).collect().item()
        for start in range(0, rows, CHUNK):
            for record in table.slice(start, CHUNK).collect().iter_rows(named=True):
                yield partial(self.format.of, record)

    def _csv(self) -> Iterator[Callable[[], Any]]:
        with _opened(self.path) as file:
            lines = csv.reader(file)
            for _ in range(self.before + (not self.bare)):
                next(lines, None)
            for line in lines:
                yield partial(_record, self.header, line, self.format)


def opened(path: Path, *, symbol: str = "") -> PriceFile:
    """
    A file with its format found out.

    symbol  the token, where the file holds one and does not say which
    raises  UnreadableFile, UnknownFormat, NoSymbol
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableFile(
                f"{path.name} has {path.stat().st_size:,} bytes; at most {MOST_BYTES:,} are read.",
                field="file",
            )
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        header, bare, before = _parquet_header(path) if parquet else _csv_header(path)
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror}.", field="file") from error
    except (polars.exceptions.PolarsError, csv.Error, UnicodeError) as error:
        raise _unreadable(path) from error
    if len(set(header)) != len(header) or len(header) > MOST_COLUMNS:
        raise UnreadableFile(f"{path.name} has a column twice, or too many of them.", field="file")
    found = recognised(header, filename=path.name, symbol=symbol.strip().upper())
    return PriceFile(path, found, parquet, header, bare, before)


def _parquet_header(path: Path) -> tuple[tuple[str, ...], bool, int]:
    return tuple(polars.read_parquet_schema(path)), False, 0


def _csv_header(path: Path) -> tuple[tuple[str, ...], bool, int]:
    """Names of the columns, whether they stand in no line of the file, and how many lines precede them."""
    with _opened(path) as file:
        lines = csv.reader(file)
        first = next(lines, [])
        before = 0
        if len(first) == 1 and first[0].startswith("http"):  # an archive that names itself in its first line
            first, before = next(lines, []), 1
    if headerless(first):
        return KLINES[: len(first)], True, before
    names = [name.strip() for name in first]
    lowered = {
        name: name.lower() for name in names if name.lower() in {*KLINES, "time", "unix", "date", "symbol"}
    }
    return tuple(lowered.get(name, name) for name in names), False, before


def _opened(path: Path) -> TextIO:
    return path.open(newline="", encoding="utf-8-sig")


def _record(header: tuple[str, ...], line: list[str], found: Format) -> Any:
    if len(line) != len(header):
        raise Wrong("line", f"it has {len(line)} fields, the header has {len(header)}")
    return found.of(dict(zip(header, line, strict=True)))


def _unreadable(path: Path) -> UnreadableFile:
    return UnreadableFile(
        f"{path.name} is neither Parquet nor CSV that can be read.",
        field="file",
        next_step="Give a Parquet file, or a CSV file with a header line, in UTF-8.",
    )
