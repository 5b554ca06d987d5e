"""Rules as data: every fault told, contradictions found, selection with its reasons."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indices.domain.methodology import BadMethodology, rules_of
from indices.domain.screening import Candidate, UniverseTooSmall, select
from tests.factories.methodologies import document


def test_a_document_becomes_rules_with_defaults():
    rules = rules_of(document())
    assert (rules.symbols, rules.top, rules.cap_ppm, rules.lag_days) == (
        ("AAA", "BBB", "CCC", "DDD", "EEE"),
        3,
        500_000,
        1,
    )
    assert (rules.cut_off.hour, rules.minimum_order_minor, rules.four_eyes) == (16, 10_000, False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"selection": {"top": 0}}, "selection.top: 0 is less than"),
        ({"selection": {"top": 6}}, "only 5 tokens"),
        ({"weighting": {"method": "cap", "cap_ppm": 300_000}}, "capped at 30 % cannot make up a whole"),
        ({"weighting": {"method": "equal", "cap_ppm": 500_000}}, "does nothing"),
        ({"weighting": {"method": "magic"}}, "weighting.method: 'magic' is not one of"),
        ({"schedule": {"every": "week", "lag_days": 7}}, "reaches into the next week"),
        ({"selection": {"top": 3, "buffer": 3}}, "protect every rank"),
        ({"universe": {"symbols": ["AAA", "BBB", "CCC"], "sectors": ["DeFi"]}}, "both tokens and sectors"),
        ({"universe": {"symbols": ["AAA", "AAA"]}}, "non-unique"),
        ({"surprise": 1}, "surprise"),
        ({"fees": {"entry_bps": 1.5}}, "fees.entry_bps"),
        ({"dealing": {"cut_off": "25:00"}}, "dealing.cut_off"),
    ],
)
def test_a_bad_document_says_what_is_wrong_where(changes, said):
    with pytest.raises(BadMethodology) as refused:
        rules_of(document(**changes))
    assert said in " ".join(refused.value.reasons)


@pytest.mark.parametrize("bad", [None, [], "text", 5, {}])
def test_what_is_no_document_is_refused(bad):
    with pytest.raises(BadMethodology):
        rules_of(bad)


def test_all_faults_are_told_at_once():
    with pytest.raises(BadMethodology) as refused:
        rules_of(document(selection={"top": 0}, weighting={"method": "magic"}))
    assert len(refused.value.reasons) == 2


def candidate(symbol, cap, price="1", **more):
    return Candidate(symbol, Decimal(price), Decimal(cap), more.pop("days", 100), **more)


def verdicts(found):
    return {verdict.symbol: (verdict.included, verdict.reasons[0]) for verdict in found}


def test_everybody_is_in_or_out_with_a_reason():
    rules = rules_of(
        document(
            selection={"top": 2},
            screens={"min_history_days": 30, "min_price_usd": "0.01", "min_market_cap_usd": "50"},
        )
    )
    found = select(
        [
            candidate("BIG", 900),
            candidate("MID", 500),
            candidate("LOW", 300),
            candidate("NEW", 800, days=3),
            candidate("PEG", 700, pegged=True),
            candidate("DUST", 600, price="0.001"),
            candidate("TINY", 40),
            candidate("GONE", 650, delisted=True),
            Candidate("DARK", None, None, 200),
        ],
        rules,
        incumbents={"LOW"},
    )
    told = verdicts(found)
    assert told["BIG"] == (True, "rank 1 of the top 2, new")
    assert told["LOW"] == (False, "rank 3, below the top 2, leaves")
    assert told["NEW"] == (False, "3 days of prices, 30 are needed")
    assert told["PEG"] == (False, "pegged to a currency")
    assert told["DUST"] == (False, "price $0.001 is below $0.01")
    assert told["TINY"] == (False, "market capitalisation $40 is below $50")
    assert told["GONE"] == (False, "no longer trades")
    assert told["DARK"] == (False, "no price on the reference date")


def test_a_buffer_keeps_incumbents_near_the_edge():
    rules = rules_of(document(selection={"top": 3, "buffer": 1}))
    five = [candidate(symbol, cap) for symbol, cap in zip("ABCDE", (50, 40, 30, 20, 10), strict=True)]
    kept = verdicts(select(five, rules, incumbents={"D"}))
    assert [symbol for symbol, (included, _) in kept.items() if included] == ["A", "B", "D"]
    assert kept["D"][1] == "rank 4, kept: in the index already and within 1 places of the top 3"
    assert kept["C"][1].startswith("rank 3, not in")
    gone = verdicts(select(five, rules, incumbents={"E"}))
    assert [symbol for symbol, (included, _) in gone.items() if included] == ["A", "B", "C"]


def test_a_universe_smaller_than_the_index_is_refused_with_every_reason():
    with pytest.raises(UniverseTooSmall) as refused:
        select([candidate("A", 5), Candidate("B", None, None, 0)], rules_of(document()), incumbents=())
    assert "3 places and only 1 of 2" in refused.value.message
    assert refused.value.reasons == ("B: no price on the reference date",)


@given(st.lists(st.integers(1, 10**12), min_size=3, max_size=30), st.data())
def test_exactly_the_top_many_are_in(caps, data):
    rules = rules_of(document(selection={"top": 3, "buffer": data.draw(st.integers(0, 2))}))
    names = [f"T{n}" for n in range(len(caps))]
    incumbents = data.draw(st.sets(st.sampled_from(names)))
    found = select(
        [candidate(name, cap) for name, cap in zip(names, caps, strict=True)], rules, incumbents=incumbents
    )
    assert sum(verdict.included for verdict in found) == 3
    assert [verdict.rank for verdict in found] == list(range(1, len(caps) + 1))
