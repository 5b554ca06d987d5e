"""
Files of prices that people already have, read as the columns of our own: date, symbol, close, market_cap_usd,
circulating_supply, known_at. A format is known by its header line; what a file does not say (the token of a file
that holds one token) comes from its name or from whoever imports it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from indices.domain.price_rows import REQUIRED, MissingColumns, Wrong
from portal.domain.errors import Invalid

Record = Mapping[str, Any]
Columns = tuple[Any, Any, Any, Any, Any, Any]
"""day, symbol, close, market capitalisation, supply, known_at: as they came, not judged yet."""
DAY = timedelta(days=1)
DOLLARS = ("FDUSD", "BUSD", "USDT", "USDC", "USD")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KLINES = (
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count",
    "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip


class UnknownFormat(MissingColumns):
    """The header is of no format that is read."""

    code = "unknown-price-format"


class NoSymbol(Invalid):
    """The file is of one token and does not say which."""

    code = "no-symbol"


@dataclass(frozen=True, slots=True)
class Format:
    """
    name   portal | coinmetrics | coingecko | klines
    of     values of a line as our columns; None for a line that tells of no price and is no fault
    """

    name: str
    of: Callable[[Record], Columns | None]


def recognised(header: Sequence[str], *, filename: str, symbol: str = "") -> Format:
    """
    The format of a file by the names of its columns.

    portal       date, symbol, close (market_cap_usd, circulating_supply, known_at)
    coinmetrics  time or date, PriceUSD (CapMrktCurUSD, SplyCur, asset): days without a price are passed over
    coingecko    snapped_at, price (market_cap): the figure of midnight is the close of the day that ends there
    klines       open_time (milli- or microseconds, or seconds as time), close: candles of one day, quoted in dollars
                 or in a token pegged to them; the archive's files without a header line are known by twelve columns
    symbol       the token of a file that holds one, instead of what the file's name says
    raises       UnknownFormat, NoSymbol
    """
    names = set(header)
    if names >= set(REQUIRED):
        return Format("portal", _portal)
    if "PriceUSD" in names and names & {"time", "date"}:
        given = symbol or ("" if "asset" in names else _stem(filename))
        return Format("coinmetrics", lambda record: _coinmetrics(record, given))
    if names >= {"snapped_at", "price"}:
        given = symbol or _pair(_stem(filename))
        return Format("coingecko", lambda record: _coingecko(record, given))
    if "close" in names and names & {"open_time", "time", "unix"} and names & {"open", "high", "low"}:
        given = symbol or _pair(_stem(filename))
        return Format("klines", lambda record: _kline(record, given))
    raise UnknownFormat(
        f"The columns {', '.join(list(header)[:8])[:120]} are of no format that is read: the file has no column "
        f"{', '.join(name for name in REQUIRED if name not in names)}.",
        field="file",
        next_step="Give date, symbol, close; or a file of Coin Metrics, CoinGecko, or an exchange's daily candles.",
    )


def headerless(first: Sequence[str]) -> bool:
    """A first line of numbers only, as in an exchange's archive of candles."""
    return len(first) in (11, 12) and all(re.fullmatch(r"[0-9.]+", value.strip()) for value in first[:6])


def _stem(filename: str) -> str:
    return re.split(r"[.]", filename, maxsplit=1)[0]


def _pair(stem: str) -> str:
    """The token of names like BTCUSDT-1d-2024-01, btc-usd-max, Binance_ETHUSDT_d or SOL_USD."""
    parts = [part for part in re.split(r"[-_ ]", stem.upper()) if part]
    for place, part in enumerate(parts):
        for money in DOLLARS:
            if part == money and place:
                return parts[place - 1]
            if part.endswith(money) and len(part) > len(money):
                return part.removesuffix(money)
    raise NoSymbol(
        f"The name {stem[:60]!r} does not say which token is priced in dollars.",
        field="symbol",
        next_step="Name the token (--symbol), or name the file like BTCUSDT-1d.csv or btc-usd-max.csv.",
    )


def _portal(record: Record) -> Columns:
    return (
        record["date"], record["symbol"], record["close"], record.get("market_cap_usd"),
        record.get("circulating_supply"), record.get("known_at"),
    )  # fmt: skip


def _coinmetrics(record: Record, symbol: str) -> Columns | None:
    close = record.get("PriceUSD")
    if close is None or (isinstance(close, str) and not close.strip()):
        return None
    day = record["time"] if "time" in record else record["date"]
    if isinstance(day, str):
        day = day.strip().removesuffix("Z").partition(".")[0]
    named = symbol or record.get("asset")
    return day, named, close, record.get("CapMrktCurUSD"), record.get("SplyCur"), None


def _coingecko(record: Record, symbol: str) -> Columns | None:
    """An export ends with the figure of the moment it was made at: no close, and no fault."""
    told = record["snapped_at"]
    at = _at(told.replace(" UTC", "+00:00") if isinstance(told, str) else told, "snapped_at")
    if at != datetime.combine(at.date(), datetime.min.time(), UTC):
        return None
    cap = record.get("market_cap")
    return at.date() - DAY, symbol, record["price"], cap if cap not in ("0", "0.0", 0) else None, None, None


def _kline(record: Record, symbol: str) -> Columns:
    opened = next(record[name] for name in ("open_time", "time", "unix") if name in record)
    at = _at(opened, "open_time")
    if at != datetime.combine(at.date(), datetime.min.time(), UTC):
        raise Wrong("open_time", f"the candle opens at {at:%H:%M} UTC and is not of a day")
    if record.get("close_time"):
        until = _at(record["close_time"], "close_time")
        if abs(until - at - DAY) > timedelta(seconds=1):
            raise Wrong("close_time", f"the candle lasts {until - at} and is not of a day")
    return at.date(), symbol, record["close"], None, None, None


def _at(value: Any, field: str) -> datetime:
    """An instant from seconds, milliseconds or microseconds since 1970, or from text."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, datetime.min.time(), UTC)
    text = str("" if value is None else value).strip()
    if re.fullmatch(r"[0-9]{8,17}(\.0+)?", text):
        whole = int(text.partition(".")[0])
        scale = 1 if whole < 10**11 else 10**3 if whole < 10**14 else 10**6
        return _EPOCH + timedelta(microseconds=whole * 10**6 // scale)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Wrong(field, f"{text[:30]!r} is not an instant") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
