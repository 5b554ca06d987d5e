"""Withholding: the rate by the payee's form, and both figures exactly."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.withholding import Payee, rate_for, withhold
from portal.domain.errors import Invalid

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(("percent", "dollars"), [(25, 31), (30, 37), (15, 19), (0, 0)])
def test_the_published_example_rounded_to_the_dollar(percent, dollars):
    gross = 61_72 + 61_73
    tax = withhold(gross, percent * 10_000, unit=100)
    assert (tax.withheld, tax.net) == (dollars * 100, gross - dollars * 100)


@pytest.mark.parametrize(
    ("payee", "ppm"),
    [
        (Payee("w9", "US", tin=True), 0),
        (Payee("w9", "US", tin=False), 240_000),
        (Payee("w8", "JP", treaty=True), 100_000),
        (Payee("w8", "BE", treaty=True), 150_000),
        (Payee("w8", "PH", treaty=True), 250_000),
        (Payee("w8", "JP"), 300_000),
        (Payee("w8", "BR", treaty=True), 300_000),
        (Payee("", "DE"), 300_000),
        (Payee("", "US"), 240_000),
        (Payee(), 300_000),
    ],
)
def test_the_rate_follows_from_the_form(payee, ppm):
    rate = rate_for(payee, on=DAY)
    assert rate.ppm == ppm
    assert rate.reason
    assert rate.source


def test_a_treaty_rate_counts_only_from_its_day_on():
    assert rate_for(Payee("w8", "JP", treaty=True), on=date(2023, 4, 30)).ppm == 300_000


@given(st.integers(0, 10**20), st.integers(0, 1_000_000), st.sampled_from([1, 100]))
def test_gross_is_always_withheld_plus_net(gross, ppm, unit):
    tax = withhold(gross, ppm, unit=unit)
    assert tax.withheld + tax.net == tax.gross == gross
    assert 0 <= tax.withheld <= gross
    assert abs(2 * (tax.withheld * 1_000_000 - gross * ppm)) <= unit * 1_000_000


def test_impossible_figures_are_refused():
    with pytest.raises(Invalid):
        withhold(-1, 0)
    with pytest.raises(Invalid):
        withhold(1, 1_000_001)
