"""Closed days from the providers that the settings name, each token from where its prices end."""

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from indices.domain.price_rows import Parsed, parse
from indices.domain.schedule import last_closed
from indices.prices.facts import BatchFacts
from indices.prices.models import ImportBatch
from indices.prices.provider import MOST_DAYS, DailyClose, Provider, ProviderUnavailable, provider
from indices.prices.selectors import last_days, prices_on
from indices.prices.services import take
from indices.prices.writer import rank
from portal.domain.actors import Actor
from portal.domain.canonical import fingerprint

log = logging.getLogger(__name__)
FIRST_FETCH = timedelta(days=30)


def configured() -> list[tuple[Provider, Mapping[str, str]]]:
    """The providers of the settings, each with symbol -> its own name of the token."""
    return [
        (
            provider(
                one["name"],
                seconds=settings.PRICE_PROVIDER_TIMEOUT_SECONDS,
                url=one.get("url", ""),
                key=one.get("key", ""),
            ),
            one["tokens"],
        )
        for one in settings.PRICE_PROVIDERS
    ]


def fetch(
    *, of: Provider, tokens: Mapping[str, str], actor: Actor, at: datetime
) -> tuple[BatchFacts | None, dict[str, str]]:
    """
    Ask a provider for the days that it has not told yet, at most ninety, and take them in; known on arrival. A token
    whose last closed day is told by a source that stands as high is not asked for: lower sources fill in.

    tokens   symbol -> the provider's name of it
    returns  the delivery (None where there was nothing new), and why by symbol where a token failed; the other
             tokens are taken all the same
    """
    last = last_closed(at)
    told = last_days(tokens, source=of.name)
    there = prices_on(last, symbols=tokens, known_by=at)
    rows: list[tuple[str, DailyClose]] = []
    failed: dict[str, str] = {}
    for symbol, token in tokens.items():
        since = told.get(symbol)
        first = max(
            last - timedelta(days=MOST_DAYS - 1), since + timedelta(days=1) if since else last - FIRST_FETCH
        )
        if first > last or (symbol in there and rank(there[symbol].source) <= rank(of.name)):
            continue
        try:
            found = of.closes(token, first=first, last=last)
            parsed = _parsed([(symbol, one) for one in found], last)
        except ProviderUnavailable as error:
            failed[symbol] = str(error)
            continue
        if parsed.faults:
            failed[symbol] = "; ".join(f"{fault.field}: {fault.message}" for fault in parsed.faults[:3])
            continue
        rows += [(symbol, one) for one in found]
    for symbol, why in failed.items():
        log.warning("%s: no prices of %s: %s", of.name, symbol, why)
    if not rows:
        return None, failed
    sha256 = fingerprint([[symbol, one.day.isoformat(), f"{one.close:f}"] for symbol, one in rows])
    if ImportBatch.objects.filter(source=of.name, sha256=sha256).exists():
        return None, failed
    batch = take(
        _parsed(rows, last),
        source=of.name,
        filename=f"{len(rows)} closes up to {last}",
        sha256=sha256,
        known="arrival",
        actor=actor,
        at=at,
    )
    return batch, failed


def _parsed(rows: list[tuple[str, DailyClose]], last: date) -> Parsed:
    columns: dict[str, list[Any]] = {
        "date": [one.day for _, one in rows],
        "symbol": [symbol for symbol, _ in rows],
        "close": [one.close for _, one in rows],
        "market_cap_usd": [one.market_cap for _, one in rows],
        "circulating_supply": [one.supply for _, one in rows],
    }
    return parse(columns, last_day=last, first_line=1)
