"""Providers of live prices, against a stand-in in its own process: what comes is taken, what fails changes nothing."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from indices.prices import fetching, selectors
from indices.prices.models import ImportBatch, Observation
from indices.prices.provider import ProviderUnavailable, provider
from tests.factories import indices
from tests.factories.indices import ACTOR, BASE, after

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MIDNIGHT = 1736121600  # of 2025-01-06: the close of BASE
GECKO = "/coins/bitcoin/market_chart/range"


class StandIn:
    def __init__(self, port, file):
        self.url, self._file = f"http://127.0.0.1:{port}", file
        self.pauses = []

    def says(self, paths, mode="well"):
        self._file.write_text(json.dumps({"mode": mode, "paths": paths}), encoding="utf-8")

    def client(self, name, seconds=5.0):
        return provider(name, seconds=seconds, url=self.url, key="k", pause=self.pauses.append)

    def asked(self):
        with urllib.request.urlopen(f"{self.url}/asked", timeout=5) as answer:
            return json.load(answer)


@pytest.fixture
def stand_in(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = tmp_path / "says.json"
    file.write_text('{"mode": "well", "paths": {}}', encoding="utf-8")
    program = Path(__file__).parents[1] / "price_provider.py"
    process = subprocess.Popen([sys.executable, "-P", str(program), str(port), str(file)])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield StandIn(port, file)
    finally:
        process.terminate()
        process.wait(timeout=10)


def gecko(*closes):
    """Midnights from the close of BASE on, and the figure of the moment, which is no close."""
    days = [[(MIDNIGHT + n * 86_400) * 1000, close] for n, close in enumerate(closes)]
    return {GECKO: {"prices": [*days, [MIDNIGHT * 1000 + 12_345_678, 1.0]], "market_caps": []}}


def test_closes_of_coingecko_are_known_on_arrival_and_asked_for_once(stand_in):
    stand_in.says(gecko(97_000.25, 98_000.5))
    at = after(BASE + DAY)
    batch, failed = fetching.fetch(
        of=stand_in.client("coingecko"), tokens={"BTC": "bitcoin"}, actor=ACTOR, at=at
    )
    assert (batch.accepted, batch.source, batch.known_basis, failed) == (2, "coingecko", "arrival", {})
    found = selectors.prices_on(BASE, symbols=["BTC"], known_by=at)["BTC"]
    assert (found.close, found.known_at) == (Decimal("97000.25"), at)
    again, _ = fetching.fetch(of=stand_in.client("coingecko"), tokens={"BTC": "bitcoin"}, actor=ACTOR, at=at)
    assert again is None
    assert len(stand_in.asked()) == 1


def test_coin_metrics_and_coinbase_are_read_in_their_own_words(stand_in):
    row = {"asset": "btc", "time": "2025-01-05T00:00:00.000000000Z", "PriceUSD": "98314.1", "SplyCur": "19.5"}
    candle = [MIDNIGHT - 86_400, 97_000.0, 99_000.0, 98_000.0, 98_363.61, 12.5]
    stand_in.says(
        {
            "/timeseries/asset-metrics": {"data": [row]},
            "/products/BTC-USD/candles": [candle, [0, 1, 1, 1, 1, 1]],
        }
    )
    [metrics] = stand_in.client("coinmetrics").closes("btc", first=BASE, last=BASE)
    [base] = stand_in.client("coinbase").closes("BTC-USD", first=BASE, last=BASE)
    assert (metrics.day, metrics.close, metrics.supply) == (BASE, Decimal("98314.1"), Decimal("19.5"))
    assert (base.day, base.close) == (BASE, Decimal("98363.61"))


def test_a_busy_provider_is_asked_again_after_the_pause_that_it_names(stand_in):
    stand_in.says(gecko(5.5), mode="busy")
    [found] = stand_in.client("coingecko").closes("bitcoin", first=BASE, last=BASE)
    assert (found.close, stand_in.pauses) == (Decimal("5.5"), [2.0, 4.0])


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("silent", "did not answer"),
        ("drips", "no whole answer"),
        ("huge", "more than"),
        ("elsewhere", "answered 302"),
        ("nonsense", "did not answer JSON"),
    ],
)
def test_what_is_no_answer_changes_nothing(stand_in, mode, said):
    stand_in.says(gecko(5.5), mode=mode)
    client = stand_in.client("coingecko", seconds=0.4 if mode in ("silent", "drips") else 5.0)
    batch, failed = fetching.fetch(of=client, tokens={"BTC": "bitcoin"}, actor=ACTOR, at=after(BASE))
    assert batch is None
    assert said in failed["BTC"]
    assert not (ImportBatch.objects.exists() or Observation.objects.exists())


@pytest.mark.parametrize("answer", [[], {}, {"prices": 7}, {"prices": [["x", "y"]]}, {"prices": [[0, None]]}])
def test_an_answer_of_another_shape_is_none(stand_in, answer):
    stand_in.says({GECKO: answer})
    with pytest.raises(ProviderUnavailable, match="not understood"):
        stand_in.client("coingecko").closes("bitcoin", first=BASE, last=BASE)


def test_one_token_that_fails_does_not_keep_the_others_back(stand_in):
    stand_in.says(gecko(5.5))
    tokens = {"NONE": "nowhere", "BTC": "bitcoin"}
    batch, failed = fetching.fetch(
        of=stand_in.client("coingecko"), tokens=tokens, actor=ACTOR, at=after(BASE)
    )
    assert (batch.accepted, list(failed)) == (1, ["NONE"])
    assert "404" in failed["NONE"]


def test_a_lower_source_fills_in_where_a_higher_one_lacks(stand_in, settings):
    settings.PRICE_SOURCES = ["exchange", "coingecko"]
    indices.closes({"BTC": [100]}, source="exchange")
    stand_in.says(gecko(90, 91))
    at = after(BASE + DAY)
    batch, _ = fetching.fetch(of=stand_in.client("coingecko"), tokens={"BTC": "bitcoin"}, actor=ACTOR, at=at)
    assert (batch.accepted, batch.outranked) == (1, 1)
    closes = [
        selectors.prices_on(BASE + n * DAY, symbols=["BTC"], known_by=at)["BTC"].close for n in range(2)
    ]
    assert closes == [Decimal(100), Decimal(91)]
