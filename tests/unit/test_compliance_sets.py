"""Rule sets as data: schema and reading, how much may move, simulation, meters, facts kept and made again."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.compliance import Count, RuleSet
from issuance.domain.compliance.capacity import most
from issuance.domain.compliance.catalogue import RULES, BadParameter, UnknownRule, always, dump, load
from issuance.domain.compliance.conduct import (
    Blackout,
    MinimumHolding,
    PreApproval,
    SenderVolume,
    WholePosition,
)
from issuance.domain.compliance.exemptions import NonAccreditedBuyers
from issuance.domain.compliance.facts import Dated, Purchase
from issuance.domain.compliance.holders import BeneficialOwners, CountryHolders
from issuance.domain.compliance.limits import HolderLimit, MaximumHolding, MinimumInvestment, Supply
from issuance.domain.compliance.meters import meters
from issuance.domain.compliance.record import again, keep
from issuance.domain.compliance.schema import schema
from issuance.domain.compliance.simulation import as_newcomer, simulate
from issuance.domain.lots import Lot
from tests.unit.test_compliance_rules import BUYER, DAY, SECURITY, SELLER, buyer, full, parties, resale, sale

EVERY = tuple(kind() for kind in RULES.values())


def test_every_rule_has_a_schema_that_its_own_defaults_satisfy():
    for kind in RULES.values():
        told = schema(kind)
        assert told["title"]
        assert told["description"]
        assert set(told["properties"]) == {one.name for one in fields(kind)} - {"source", "as_of"}
        assert all(one["description"] for one in told["properties"].values())
        defaults = {name: one["default"] for name, one in told["properties"].items()}
        assert load([{"rule": kind.code, "parameters": defaults}]).rules == (kind(),)
    assert load(dump(EVERY)).rules == EVERY


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"quantity": "x"}, "Row 2: quantity of maximum holding is 'x'; it has to be a whole number."),
        ({"quantity": -1}, "Row 2: quantity of maximum holding is -1; it is at least 0."),
        ({"quantity": True}, "Row 2: quantity of maximum holding is True; it has to be a whole number."),
        ({"quantity": 10**38}, "Row 2: quantity of maximum holding has more than 38 digits."),
        ({"ppm": 1_000_001}, "Row 2: ppm of maximum holding is 1000001; it is at most 1000000."),
        (
            {"of_authorised": "yes"},
            "Row 2: of authorised of maximum holding is 'yes'; it has to be true or false.",
        ),
    ],
)
def test_a_wrong_parameter_is_named_with_its_row(parameters, sentence):
    with pytest.raises(BadParameter) as refused:
        load([{"rule": "supply"}, {"rule": "maximum_holding", "parameters": parameters}])
    assert refused.value.message == sentence


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (7, "Row 1 is not an object"),
        ({"rule": "countries", "parameters": []}, None),
        ({"rule": "countries", "parameters": 5}, "are not an object"),
        ({"rule": "countries", "parameters": {"deny": "US"}}, "has to be a list"),
        ({"rule": "countries", "parameters": {"deny": ["us"]}}, "not of its form"),
        ({"rule": "countries", "parameters": {"deny": ["US", "US"]}}, "names something twice"),
        ({"rule": "countries", "parameters": {"deny": [7]}}, "every entry has to be a text"),
        ({"rule": "countries", "parameters": {"side": "both"}}, "choose of receiver, sender"),
        ({"rule": "countries", "as_of": "yesterday"}, "as of is 'yesterday'"),
        ({"rule": "countries", "source": 7}, "the source is no text"),
        ({"rule": "blackout", "parameters": {"first": "2026-02-30"}}, "has to be a day such as"),
        ({"rule": "sender_volume", "parameters": {"days": None}}, "days of volume of a sender is missing"),
        ({"rule": "standing_required", "parameters": {"status": "accredited"}}, "choose of"),
    ],
)
def test_bad_rows_are_refused_with_a_sentence(row, sentence):
    if sentence is None:
        assert load([row]).rules
        return
    with pytest.raises((BadParameter, UnknownRule), match=sentence):
        load([row])


def test_a_blackout_and_great_numbers_survive_json():
    rules = (Blackout(first=date(2026, 1, 1), last=date(2026, 1, 31)), SenderVolume(quantity=10**30))
    assert load(dump(rules)).rules == rules


# --- how much may move now


def test_how_much_may_move_is_what_is_free_and_the_next_unit_says_why_not():
    lots = (Lot("1", 60, date(2025, 11, 1), "506(c)"), Lot("2", 40, date(2026, 11, 1), "506(c)"))
    found = most(RuleSet.of(always()), resale(sender=replace(SELLER, lots=lots)))
    assert found.quantity == 60
    assert found.decision.passed
    assert [one.rule for one in found.next.failures] == ["holding_period"]


def test_the_whole_holding_passes_where_a_part_of_it_does_not():
    assert most(RuleSet.of([WholePosition()]), resale()).quantity == 100
    assert most(RuleSet.of([HolderLimit(holders=5)]), resale(security=full(5))).quantity == 100
    held = most(RuleSet.of([WholePosition(), SenderVolume(quantity=99)]), resale())
    assert (held.quantity, held.decision.passed) == (0, False)


def test_minimums_cut_the_range_from_both_sides():
    rules = RuleSet.of([MinimumHolding(quantity=10, side="sender"), SenderVolume(quantity=95)])
    assert most(rules, resale()).quantity == 90
    rules = RuleSet.of([MinimumHolding(quantity=50), SenderVolume(quantity=40)])
    assert most(rules, resale()).quantity == 0
    rules = RuleSet.of([MinimumInvestment(minor=500_00), Supply()])
    assert most(rules, sale()).quantity == 900


conduct = st.lists(
    st.one_of(
        st.builds(SenderVolume, quantity=st.integers(0, 30)),
        st.builds(MaximumHolding, quantity=st.integers(0, 40)),
        st.builds(MinimumHolding, quantity=st.integers(0, 25), side=st.sampled_from(["sender", "receiver"])),
        st.builds(HolderLimit, holders=st.integers(1, 4), non_accredited=st.none()),
        st.just(WholePosition()),
        st.just(Supply()),
        *(st.just(rule) for rule in always() if rule.code in ("holding_period", "lock_up")),
    ),
    max_size=5,
)


@given(
    conduct,
    st.lists(
        st.tuples(st.integers(1, 12), st.sampled_from([date(2025, 1, 1), date(2026, 6, 1)])),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 20),
)
def test_how_much_may_move_is_what_trying_every_quantity_finds(rules, held, has):
    lots = tuple(Lot(str(n), units, day, "506(c)") for n, (units, day) in enumerate(held))
    total = sum(lot.quantity for lot in lots)
    sender = replace(SELLER, holding=total, lots=lots, sent=(Dated(DAY, 3),))
    facts = resale(sender=sender, quantity=1, receiver=replace(BUYER, holding=has), security=full(3))
    bound = RuleSet.of(rules)
    passing = [n for n in range(1, total + 1) if bound.evaluate(facts.at_quantity(n)).passed]
    found = most(bound, facts)
    assert found.quantity == max(passing, default=0)
    assert found.decision.passed is bool(passing)


# --- simulation

cases = st.builds(
    lambda party, holders, quantity, moves: (
        "case",
        resale(receiver=party, security=full(holders), quantity=quantity)
        if moves
        else sale(receiver=party, security=full(holders), quantity=quantity),
    ),
    parties,
    st.integers(0, 3_000),
    st.integers(1, 100),
    st.booleans(),
)
sets = st.lists(st.sampled_from(EVERY), min_size=1, unique=True).map(RuleSet.of)


@given(sets, st.lists(cases, max_size=8))
def test_simulating_the_same_rules_changes_nothing(rules, given_):
    found = simulate(rules, load(dump(rules.rules)), given_)
    assert (found.refused, found.admitted, found.looked_at) == ((), (), len(given_))


@given(sets, sets, st.lists(cases, max_size=8))
def test_a_simulation_is_what_both_rule_sets_say(present, changed, given_):
    found = simulate(present, changed, given_)
    back = simulate(changed, present, given_)
    assert [one.facts for one in found.refused] == [one.facts for one in back.admitted]
    assert found.failing == sum(not changed.evaluate(facts).passed for _, facts in given_)


def test_who_would_be_out_is_told_with_the_reason():
    german = replace(buyer(country="DE"), holder="investor:d", holding=10)
    today = [
        (one.holder, as_newcomer(one, resale(), SECURITY)) for one in (replace(BUYER, holding=5), german)
    ]
    changed = load([{"rule": "countries", "parameters": {"deny": ["DE"]}}])
    found = simulate(RuleSet.of([Supply()]), changed, today)
    assert [one.subject for one in found.refused] == ["investor:d"]
    assert "lives in DE" in found.refused[0].failures[0].message


def test_a_holder_is_counted_once_when_he_is_looked_at_as_newcomer():
    holder = replace(buyer(accredited=None), holding=10)
    there = replace(SECURITY, counted=Count(5, 2, {"US": 5}))
    facts = as_newcomer(holder, resale(), there)
    assert (facts.security.counted.holders, facts.security.counted.non_accredited) == (4, 1)
    assert HolderLimit(holders=5).check(facts).used == 5


# --- decisions made again


@given(cases)
def test_facts_are_kept_whole(case):
    assert again(keep(case[1])) == case[1]


def test_windows_and_windowed_facts_are_kept_whole():
    party = replace(SELLER, sent=(Dated(DAY, 5),), bought=(Dated(DAY, 7, "Reg CF"),), income_minor=1)
    state = replace(
        SECURITY,
        counted=Count(4, 1, {"US": 4}),
        purchases=(Purchase("investor:x", DAY, "506(b)"),),
        raised=(Dated(DAY, 10**20, "Reg A"),),
        present=frozenset({"investor:x"}),
        first_issued_on=DAY,
    )
    facts = resale(sender=party, security=state, approved_by=("issuer_admin",), resale="144A", cause="family")
    assert again(keep(facts)) == facts
    assert again({}) is None


# --- the promise, over every rule there is


@given(cases, st.lists(st.sampled_from(EVERY), min_size=1, unique=True))
def test_no_decision_passes_when_one_finding_fails(case, rules):
    decision = RuleSet.of(rules).evaluate(case[1])
    assert decision.passed is not any(rule.check(case[1]).outcome == "failed" for rule in rules)
    assert all(one.message and one.source for one in decision.findings)
    assert all(one.remedy for one in decision.failures)


# --- meters


def test_meters_forecast_one_more():
    state = replace(
        SECURITY,
        counted=Count(1998, 498, {"DE": 149, "US": 1849}),
        purchases=tuple(Purchase(f"investor:{n}", DAY - timedelta(days=n), "506(b)") for n in range(100)),
        present=frozenset({"investor:00000000-0000-0000-0000-000000000005"}),
    )
    rules = (
        HolderLimit(),
        CountryHolders(countries=("DE",)),
        Supply(),
        NonAccreditedBuyers(),
        BeneficialOwners(owners=2500, look_through=("investor:00000000-0000-0000-0000-000000000005=12",)),
        PreApproval(),
    )
    told = [(one.title, one.used, one.limit, one.forecast) for one in meters(rules, state, on=DAY)]
    assert told == [
        ("Holders of record", 1998, 1999, "One more would make 1,999 of 1,999: it is the last place."),
        ("Of them not accredited", 498, 499, "One more would make 499 of 499: it is the last place."),
        ("Holders in DE", 149, 149, "No place is left: one more would be refused."),
        ("Outstanding or subscribed", 100, 1000, "900 can still be issued."),
        ("Purchasers not accredited, 90 days", 90, 35, "No place is left: one more would be refused."),
        ("Beneficial owners", 2009, 2500, "One more would make 2,010 of 2,500."),
    ]
