"""
The port to providers of live prices: small HTTP clients of CoinGecko, Coin Metrics (community) and Coinbase Exchange.
Each gives the daily closes of one token; another provider is another class with the same method.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.client import HTTPException
from typing import Any, Protocol

LARGEST_ANSWER = 2 * 1024 * 1024
MOST_DAYS = 90
TRIES = 3
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 20.0
DAY = timedelta(days=1)


class ProviderUnavailable(Exception):
    """No answer in time, one that says to come again, or one that makes no sense: asked again with the next beat."""


@dataclass(frozen=True, slots=True)
class DailyClose:
    """As the provider said it; market_cap and supply where it says them."""

    day: date
    close: Decimal
    market_cap: Decimal | None = None
    supply: Decimal | None = None


class Provider(Protocol):
    """Whoever can be asked for closes."""

    @property
    def name(self) -> str:
        """As PRICE_SOURCES and the observations name it."""

    def closes(self, token: str, *, first: date, last: date) -> list[DailyClose]:
        """
        Closes of days that have closed, of at most 90 days.

        token   the provider's own name of it
        raises  ProviderUnavailable
        """


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """The key goes to the address that was configured and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Http:
    """GET of JSON: bounded in time, size and tries; a Retry-After of up to 20 seconds is kept to."""

    url: str
    seconds: float
    headers: tuple[tuple[str, str], ...] = ()
    pause: Callable[[float], None] = time.sleep

    def get(self, path: str, **query: str) -> Any:
        """Numbers as Decimal; raises ProviderUnavailable"""
        address = f"{self.url.rstrip('/')}{path}?{urllib.parse.urlencode(query)}"
        wait = FIRST_PAUSE_SECONDS
        for left in reversed(range(TRIES)):
            try:
                return self._once(address)
            except urllib.error.HTTPError as error:
                error.close()
                if not left or (error.code != 429 and error.code < 500):
                    raise ProviderUnavailable(f"{self._host} answered {error.code}.") from error
                told = error.headers.get("Retry-After", "")
                wait = max(wait, float(told)) if told.isdecimal() else wait
            except (OSError, HTTPException) as error:
                if not left:
                    raise ProviderUnavailable(f"{self._host} did not answer: {error}.") from error
            self.pause(min(wait, LONGEST_PAUSE_SECONDS))
            wait *= 2
        raise AssertionError("the last try answers or raises")

    def _once(self, address: str) -> Any:
        headers = {"Accept": "application/json", **dict(self.headers)}
        request = urllib.request.Request(address, headers=headers)  # noqa: S310  the address of the settings
        opener = urllib.request.build_opener(NoRedirects)
        until = time.monotonic() + self.seconds
        with opener.open(request, timeout=self.seconds) as answer:
            body = b""
            while piece := answer.read1(65_536):
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise ProviderUnavailable(f"{self._host} answered more than {LARGEST_ANSWER:,} bytes.")
                if time.monotonic() > until:
                    raise TimeoutError(f"no whole answer within {self.seconds} s")
        try:
            return json.loads(body, parse_float=Decimal, parse_int=Decimal)
        except (ValueError, RecursionError) as error:
            raise ProviderUnavailable(f"{self._host} did not answer JSON.") from error

    @property
    def _host(self) -> str:
        return urllib.parse.urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class CoinGecko:
    """/coins/{id}/market_chart: the figure of midnight is the close of the day that ends there; tokens: its ids."""

    http: Http
    name: str = "coingecko"

    def closes(self, token: str, *, first: date, last: date) -> list[DailyClose]:
        answer = self.http.get(
            f"/coins/{urllib.parse.quote(token, safe='')}/market_chart/range",
            vs_currency="usd",
            interval="daily",
            **{"from": str(_epoch(first + DAY)), "to": str(_epoch(last + DAY) + 60)},
        )
        with _understood(self.name):
            caps = {_day_of(at): cap for at, cap in answer.get("market_caps", ()) if cap}
            days = [(_day_of(at), close) for at, close in answer["prices"]]
            found = [
                DailyClose(day - DAY, _number(close), _number(caps[day]) if day in caps else None)
                for day, close in days
                if day is not None
            ]
        return _within(found, first, last)


@dataclass(frozen=True, slots=True)
class CoinMetrics:
    """/timeseries/asset-metrics, PriceUSD, CapMrktCurUSD and SplyCur at one a day; tokens: its assets."""

    http: Http
    name: str = "coinmetrics"

    def closes(self, token: str, *, first: date, last: date) -> list[DailyClose]:
        answer = self.http.get(
            "/timeseries/asset-metrics",
            assets=token,
            metrics="PriceUSD,CapMrktCurUSD,SplyCur",
            frequency="1d",
            start_time=first.isoformat(),
            end_time=last.isoformat(),
            page_size="1000",
        )
        with _understood(self.name):
            found = [
                DailyClose(
                    date.fromisoformat(row["time"][:10]),
                    Decimal(row["PriceUSD"]),
                    _optional(row.get("CapMrktCurUSD")),
                    _optional(row.get("SplyCur")),
                )
                for row in answer["data"]
                if row.get("PriceUSD") is not None
            ]
        return _within(found, first, last)


@dataclass(frozen=True, slots=True)
class Coinbase:
    """/products/{id}/candles of a day: [time, low, high, open, close, volume]; tokens: products such as BTC-USD."""

    http: Http
    name: str = "coinbase"

    def closes(self, token: str, *, first: date, last: date) -> list[DailyClose]:
        answer = self.http.get(
            f"/products/{urllib.parse.quote(token, safe='')}/candles",
            granularity="86400",
            start=f"{first}T00:00:00Z",
            end=f"{last}T00:00:00Z",
        )
        with _understood(self.name):
            found = [
                DailyClose(datetime.fromtimestamp(int(row[0]), UTC).date(), _number(row[4])) for row in answer
            ]
        return _within(found, first, last)


_CLIENTS: dict[str, tuple[Callable[[Http], Provider], str, str]] = {
    "coingecko": (CoinGecko, "https://api.coingecko.com/api/v3", "x-cg-demo-api-key"),
    "coinmetrics": (CoinMetrics, "https://community-api.coinmetrics.io/v4", ""),
    "coinbase": (Coinbase, "https://api.exchange.coinbase.com", ""),
}


def provider(
    name: str, *, seconds: float, url: str = "", key: str = "", pause: Callable[[float], None] = time.sleep
) -> Provider:
    """The client of a provider by name; url instead of its own address, key where it wants one."""
    client, address, header = _CLIENTS[name]
    headers = (("User-Agent", "portal-prices"), *(((header, key),) if key and header else ()))
    return client(Http(url or address, seconds, headers, pause))


class _understood:
    """An answer of another shape than expected is no answer."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, _: Any) -> None:
        if isinstance(error, ArithmeticError | LookupError | TypeError | ValueError | AttributeError):
            raise ProviderUnavailable(
                f"{self._name} answered what is not understood: {error!r:.200}"
            ) from error


def _epoch(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp())


def _day_of(milliseconds: Any) -> date | None:
    """The day that begins at an instant; None for an instant that is no midnight."""
    seconds = int(milliseconds) // 1000
    return datetime.fromtimestamp(seconds, UTC).date() if seconds % 86_400 == 0 else None


def _number(value: Any) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is no number")
    return value


def _optional(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _within(found: list[DailyClose], first: date, last: date) -> list[DailyClose]:
    return sorted((one for one in found if first <= one.day <= last), key=lambda one: one.day)
