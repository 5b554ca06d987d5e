"""
A delivery of prices as clean rows, or every fault of it by line. Nothing is repaired: a price that is not right
is named and left out, or the whole delivery is.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indices.domain.valuation import CASH
from portal.domain.errors import Invalid

REQUIRED = ("date", "symbol", "close")
LARGEST_PRICE = Decimal(10) ** 15
LARGEST_CAP = Decimal(10) ** 20
LARGEST_SUPPLY = Decimal(10) ** 28
CLOSE_PLACES = Decimal(1).scaleb(-18)
CAP_PLACES = Decimal(1).scaleb(-2)
SUPPLY_PLACES = Decimal(1).scaleb(-8)
_FIRST_DAY = date(2009, 1, 3).toordinal()
_DAYS_KEPT = 40 * 366
MOST_SYMBOLS = 10_000


class MissingColumns(Invalid):
    code = "missing-columns"


@dataclass(frozen=True, slots=True)
class Row:
    """One day's close of one token; line counts from 1 and includes the header of a CSV file."""

    line: int
    day: date
    symbol: str
    close: Decimal
    market_cap: Decimal | None
    supply: Decimal | None
    known_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in which field of which line."""

    line: int
    field: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return {"line": self.line, "field": self.field, "message": self.message}

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.message}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """passed_over: lines that tell of no price and are no fault."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    passed_over: int = 0


class Wrong(Exception):
    """A field of a line is not what it must be."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


class Reader:
    """
    Reads the lines of one delivery in pieces and remembers which days it has seen.

    last_day    the last day that has closed: a later one is a fault
    first_line  the number of the first line
    A symbol's day that comes twice is a fault at its second line, however far apart the two are.
    """

    def __init__(self, *, last_day: date, first_line: int = 2) -> None:
        self.line = first_line
        self._last_day = last_day
        self._seen: dict[str, NDArray[np.uint32]] = {}

    def read(self, lines: Iterable[Callable[[], tuple[Any, ...] | None]]) -> Parsed:
        """
        lines    each gives day, symbol, close, market cap, supply, known_at as they came; or None for a line that
                 tells of no price; or raises Wrong
        """
        rows: list[Row] = []
        faults: list[Fault] = []
        passed = 0
        for given in lines:
            try:
                values = given()
                if values is None:
                    passed += 1
                else:
                    rows.append(self._unseen(_row(self.line, values, self._last_day)))
            except Wrong as wrong:
                faults.append(Fault(self.line, wrong.field, wrong.message))
            self.line += 1
        return Parsed(tuple(rows), tuple(faults), passed)

    def _unseen(self, row: Row) -> Row:
        """Line numbers by symbol and day; pages of the arrays that nothing touches take no memory."""
        days = self._seen.get(row.symbol)
        if days is None:
            if len(self._seen) == MOST_SYMBOLS:
                raise Wrong("symbol", f"{row.symbol} would be token {MOST_SYMBOLS + 1:,} of one delivery")
            days = self._seen[row.symbol] = np.zeros(_DAYS_KEPT, np.uint32)
        place = row.day.toordinal() - _FIRST_DAY
        if days[place]:
            raise Wrong("date", f"{row.symbol} on {row.day} was given on line {days[place]} already")
        days[place] = row.line
        return row


def parse(columns: Mapping[str, Sequence[Any]], *, last_day: date, first_line: int = 2) -> Parsed:
    """
    Rows of a table given by columns.

    columns   date, symbol, close and, where they exist, market_cap_usd, circulating_supply, known_at; values as
              text, numbers, dates or datetimes
    returns   Parsed; Reader says what the other arguments are
    raises    MissingColumns
    """
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise MissingColumns(
            f"The file has no column {', '.join(missing)}; it needs date, symbol and close.",
            field="file",
            next_step="Columns market_cap_usd, circulating_supply and known_at are read where they exist.",
        )
    absent: list[Any] = [None] * len(columns["date"])
    names = (*REQUIRED, "market_cap_usd", "circulating_supply", "known_at")
    table = zip(*(columns.get(name, absent) for name in names), strict=True)
    return Reader(last_day=last_day, first_line=first_line).read(partial(tuple, values) for values in table)


def _row(line: int, values: tuple[Any, ...], last_day: date) -> Row:
    raw_day, raw_symbol, raw_close, raw_cap, raw_supply, raw_known = values
    day = _day(raw_day)
    if day > last_day:
        raise Wrong("date", f"{day} has not closed yet; the last day that has is {last_day}")
    if not 0 <= day.toordinal() - _FIRST_DAY < _DAYS_KEPT:
        raise Wrong("date", f"{day} lies before the first token of all")
    symbol = str(raw_symbol or "").strip()
    if not (
        0 < len(symbol) <= 20 and symbol.isascii() and symbol.replace("-", "").replace(".", "").isalnum()
    ):
        raise Wrong("symbol", f"{symbol[:30]!r} is not a symbol of 1 to 20 letters and digits")
    if symbol.upper() == CASH:
        raise Wrong("symbol", f"{CASH} is money here and not a token")
    close = _number("close", raw_close, CLOSE_PLACES, LARGEST_PRICE)
    if close is None:
        raise Wrong("close", "there is no price")
    if close == 0:
        raise Wrong("close", f"the price is {raw_close}; it must be above zero")
    cap = _number("market_cap_usd", raw_cap, CAP_PLACES, LARGEST_CAP)
    supply = _number("circulating_supply", raw_supply, SUPPLY_PLACES, LARGEST_SUPPLY)
    return Row(line, day, symbol.upper(), close, cap, supply, _instant(raw_known))


def _day(value: Any) -> date:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise Wrong("date", f"{value[:30]!r} is not a date like 2025-10-24") from error
    if isinstance(value, datetime):
        at = value.astimezone(UTC) if value.tzinfo else value
        if (at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0):
            raise Wrong("date", f"{value.isoformat()} is not a UTC day: it has a time of day")
        return at.date()
    if isinstance(value, date):
        return value
    raise Wrong("date", "there is no date" if value is None else f"{value!r} is not a date")


def _number(field: str, value: Any, places: Decimal, limit: Decimal) -> Decimal | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong(field, f"{value} is not a number")
    try:
        number = Decimal(
            value.strip() if isinstance(value, str) else repr(value) if isinstance(value, float) else value
        )
    except (InvalidOperation, TypeError, ValueError) as error:
        raise Wrong(field, f"{str(value)[:30]!r} is not a number") from error
    if not number.is_finite():
        raise Wrong(field, f"{value} is not a number")
    if number < 0:
        raise Wrong(field, f"{value} is negative")
    if number >= limit:
        raise Wrong(field, f"{value} is too large to be believed")
    with localcontext(prec=60):
        return number.quantize(places, ROUND_HALF_EVEN)


def _instant(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise Wrong("known_at", f"{value[:30]!r} is not an instant like 2025-10-25T00:10:00Z") from error
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Wrong("known_at", f"{value} does not say its time zone")
    return value.astimezone(UTC)
