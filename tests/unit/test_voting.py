"""Tallies: exact, independent of order, each unit once; outcomes that nobody can change any more."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.voting import (
    Ballot,
    Base,
    Choice,
    MoreThanHeld,
    Proxy,
    ProxyCircle,
    Rule,
    Tally,
    VotingClass,
    check_units,
    circle,
    tally,
    verdict,
)

FOR, AGAINST, ABSTAIN = Choice
ONE = [VotingClass("COM", Fraction(1))]
TWO = [VotingClass("COM", Fraction(1)), VotingClass("PREF", Fraction(10))]
HALF = Rule(quorum=Fraction(1, 2), threshold=Fraction(1, 2), more_than=True)


def counted(given, absent=0):
    units = {choice: (given.get(choice, 0),) for choice in Choice}
    return Tally((sum(given.values()) + absent,), units, (absent,))


def told(found):
    return [*(found.given[choice] for choice in Choice), found.absent]


def test_the_last_ballot_of_a_voter_counts():
    powers = {"a": (60,), "b": (40,)}
    ballots = [Ballot(1, "a", FOR), Ballot(2, "b", AGAINST), Ballot(3, "a", ABSTAIN)]
    assert told(tally(powers, ballots)) == [(0,), (40,), (60,), (0,)]


def test_the_own_ballot_comes_before_the_proxy():
    powers = {"a": (60,), "b": (40,)}
    proxies = [Proxy(1, "a", "b")]
    assert told(tally(powers, [Ballot(1, "b", FOR)], proxies)) == [(100,), (0,), (0,), (0,)]
    both = [Ballot(1, "b", FOR), Ballot(2, "a", AGAINST)]
    assert told(tally(powers, both, proxies)) == [(40,), (60,), (0,), (0,)]


def test_an_instruction_is_counted_as_written_whatever_the_agent_votes():
    proxies = [Proxy(1, "a", "b", instruction=AGAINST)]
    powers = {"a": (60,), "b": (40,)}
    assert told(tally(powers, [Ballot(1, "b", FOR)], proxies)) == [(40,), (60,), (0,), (0,)]
    assert told(tally(powers, [], proxies)) == [(0,), (60,), (0,), (40,)]


def test_partial_proxies_and_a_partial_ballot_never_count_a_unit_twice():
    powers = {"a": (100,), "b": (0,), "c": (0,)}
    ballots = [Ballot(1, "a", FOR, (50,)), Ballot(2, "b", AGAINST), Ballot(3, "c", ABSTAIN)]
    proxies = [Proxy(1, "a", "b", (30,)), Proxy(2, "a", "c", (40,))]
    assert told(tally(powers, ballots, proxies)) == [(50,), (30,), (20,), (0,)]


def test_power_goes_on_from_agent_to_agent_who_gave_all_of_his():
    powers = {"a": (10,), "b": (20,), "c": (30,)}
    proxies = [Proxy(1, "a", "b"), Proxy(2, "b", "c")]
    assert told(tally(powers, [Ballot(1, "c", FOR)], proxies)) == [(60,), (0,), (0,), (0,)]
    assert told(tally(powers, [Ballot(1, "b", AGAINST)], proxies)) == [(0,), (30,), (0,), (30,)]
    partly = [Proxy(1, "a", "b"), Proxy(2, "b", "c", (5,))]
    assert told(tally(powers, [Ballot(1, "c", FOR)], partly)) == [(35,), (0,), (0,), (25,)]


def test_a_circle_is_named_before_it_is_made_and_refused_in_a_count():
    assert circle([("a", "b"), ("b", "c")], "c", "a") == ["c", "a", "b", "c"]
    assert circle([], "a", "a") == ["a", "a"]
    assert circle([("a", "b"), ("b", "c")], "d", "a") == []
    with pytest.raises(ProxyCircle):
        tally({"a": (1,), "b": (1,)}, [], [Proxy(1, "a", "b"), Proxy(2, "b", "a")])


def test_more_than_held_is_refused_with_both_numbers():
    with pytest.raises(MoreThanHeld, match="You have 10 smallest units of COM here; 11 were asked for"):
        check_units((11,), (10,), ONE)
    with pytest.raises(MoreThanHeld):
        check_units((-1,), (10,), ONE)
    with pytest.raises(MoreThanHeld, match="No unit is left"):
        check_units((0,), (10,), ONE)


@pytest.mark.parametrize(
    ("rule", "votes", "absent", "passed", "decided"),
    [
        (HALF, {FOR: 51, AGAINST: 49}, 0, True, "passed"),
        (HALF, {FOR: 50, AGAINST: 50}, 0, False, "failed"),
        (HALF, {FOR: 30, AGAINST: 10}, 60, False, ""),
        (HALF, {FOR: 30, AGAINST: 10, ABSTAIN: 10}, 50, True, ""),
        (HALF, {FOR: 51}, 49, True, "passed"),
        (HALF, {AGAINST: 50}, 50, False, "failed"),
        (HALF, {ABSTAIN: 100}, 0, False, "failed"),
        (HALF, {}, 100, False, ""),
        (Rule(Fraction(0), Fraction(2, 3)), {FOR: 2, AGAINST: 1}, 0, True, "passed"),
        (Rule(Fraction(0), Fraction(2, 3), abstentions_count=True), {FOR: 2, AGAINST: 1, ABSTAIN: 1}, 0, False, "failed"),
        (Rule(Fraction(0), Fraction(1, 2), Base.OUTSTANDING, True), {FOR: 51}, 49, True, "passed"),
        (Rule(Fraction(0), Fraction(1, 2), Base.OUTSTANDING, True), {FOR: 50}, 50, False, ""),
        (Rule(Fraction(0), Fraction(1), Base.OUTSTANDING), {FOR: 100}, 0, True, "passed"),
        (Rule(Fraction(0), Fraction(1), Base.OUTSTANDING), {FOR: 98, ABSTAIN: 1}, 1, False, "failed"),
    ],
)  # fmt: skip
def test_thresholds_quorum_and_early_decision(rule, votes, absent, passed, decided):
    found = verdict(rule, ONE, counted(votes, absent))
    assert (found.passed, found.decided) == (passed, decided)


def test_a_class_vote_has_to_pass_in_the_class_by_itself_too():
    found = Tally((100, 10), {FOR: (0, 10), AGAINST: (90, 0), ABSTAIN: (0, 0)}, (10, 0))
    assert verdict(HALF, TWO, found).passed is True  # 100 votes of PREF against 90 of COM
    both = Rule(Fraction(1, 2), Fraction(1, 2), more_than=True, class_votes=("COM", "PREF"))
    answer = verdict(both, TWO, found)
    assert [(one.scope, one.passed) for one in answer.counts] == [("", True), ("COM", False), ("PREF", True)]
    assert (answer.passed, answer.decided) == (False, "failed")


voters = st.integers(0, 5).map("abcdef".__getitem__)
units = st.tuples(st.integers(0, 9), st.integers(0, 9))
choices = st.sampled_from(Choice)


@st.composite
def votes(draw):
    powers = {voter: draw(units) for voter in "abcdef"}
    ballots = [
        Ballot(n, draw(voters), draw(choices), draw(st.none() | units))
        for n in range(draw(st.integers(0, 8)))
    ]
    proxies = []
    for n in range(draw(st.integers(0, 6))):
        giver, taker = draw(voters), draw(voters)
        if not circle([(one.principal, one.agent) for one in proxies], giver, taker):
            proxies.append(Proxy(n, giver, taker, draw(st.none() | units), draw(st.none() | choices)))
    return powers, ballots, proxies


@given(votes(), st.randoms())
def test_a_tally_does_not_depend_on_the_order_and_counts_each_unit_once(case, random):
    powers, ballots, proxies = case
    found = tally(powers, ballots, proxies)
    shuffled = [list(powers.items()), list(ballots), list(proxies)]
    for one in shuffled:
        random.shuffle(one)
    assert tally(dict(shuffled[0]), shuffled[1], shuffled[2]) == found
    assert tuple(map(sum, zip(*told(found), strict=True))) == tuple(
        map(sum, zip(*powers.values(), strict=True))
    )


@given(
    st.tuples(*[st.integers(0, 4)] * 4),
    st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(1)]),
    st.sampled_from([Fraction(1, 2), Fraction(2, 3), Fraction(1)]),
    st.sampled_from(Base),
    st.booleans(),
    st.booleans(),
)
def test_decided_means_that_no_way_of_voting_the_rest_changes_it(
    given_units, quorum, threshold, base, more, counts
):
    rule = Rule(quorum, threshold, base, more, counts)
    votes_for, against, abstain, absent = given_units
    found = counted({FOR: votes_for, AGAINST: against, ABSTAIN: abstain}, absent)
    outcomes = set()
    for x, y, z in product(range(absent + 1), repeat=3):
        if x + y + z <= absent:
            rest = {FOR: votes_for + x, AGAINST: against + y, ABSTAIN: abstain + z}
            outcomes.add(verdict(rule, ONE, counted(rest, absent - x - y - z)).passed)
    expected = {(True,): "passed", (False,): "failed"}.get(tuple(outcomes), "")
    assert verdict(rule, ONE, found).decided == expected
