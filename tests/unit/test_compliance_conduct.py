"""How holders may move what they have: minimums, whole positions, blackouts, approval, each at its edges."""

from dataclasses import replace
from datetime import timedelta

import pytest

from issuance.domain.compliance.conduct import Blackout, MinimumHolding, PreApproval, WholePosition
from tests.unit.test_compliance_exemptions import on, state
from tests.unit.test_compliance_rules import BUYER, DAY, FAILED, NONE, PASSED, outcome, resale, sale


@pytest.mark.parametrize(("quantity", "expected"), [(9, FAILED), (10, PASSED), (11, PASSED)])
def test_a_minimum_holding_binds_who_receives(quantity, expected):
    assert outcome(MinimumHolding(quantity=10), sale(quantity=quantity)) is expected
    assert (
        outcome(MinimumHolding(quantity=10), sale(quantity=quantity, receiver=replace(BUYER, holding=5)))
        is PASSED
    )


@pytest.mark.parametrize(("quantity", "expected"), [(90, PASSED), (91, FAILED), (100, PASSED)])
def test_a_sender_keeps_the_minimum_or_nothing(quantity, expected):
    assert outcome(MinimumHolding(quantity=10, side="sender"), resale(quantity=quantity)) is expected


def test_a_minimum_share_is_rounded_up():
    # 1 % of 101 outstanding is 1.01: two units.
    facts = resale(security=state(issued=101), quantity=1)
    assert outcome(MinimumHolding(ppm=10_000), facts) is FAILED
    assert outcome(MinimumHolding(ppm=10_000), replace(facts, quantity=2)) is PASSED
    assert outcome(MinimumHolding(ppm=1_000, of_authorised=True), facts) is PASSED
    assert outcome(MinimumHolding(), facts) is NONE


@pytest.mark.parametrize(("quantity", "expected"), [(99, FAILED), (100, PASSED)])
def test_whole_positions_only(quantity, expected):
    assert outcome(WholePosition(), resale(quantity=quantity)) is expected
    assert outcome(WholePosition(), sale()) is NONE


def test_a_blackout_holds_from_its_first_day_to_its_last():
    rule = Blackout(first=DAY, last=DAY + timedelta(days=1))
    days = (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1), DAY + timedelta(days=2))
    assert [outcome(rule, on(day, resale())) for day in days] == [PASSED, FAILED, FAILED, PASSED]
    assert rule.check(resale()).earliest_pass == DAY + timedelta(days=2)
    assert outcome(rule, sale()) is NONE
    assert outcome(replace(rule, affiliates_only=True), resale()) is NONE
    assert outcome(Blackout(first=DAY), resale()) is FAILED


def test_an_approval_is_of_the_named_role():
    rule = PreApproval(role="issuer_admin")
    assert outcome(rule, resale()) is FAILED
    assert outcome(rule, resale(approved_by=("compliance_officer",))) is FAILED
    assert outcome(rule, resale(approved_by=("issuer_admin",))) is PASSED
    assert outcome(PreApproval(above=100), resale()) is NONE
    assert outcome(PreApproval(above=99), resale()) is FAILED
