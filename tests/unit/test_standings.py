"""Standings beside "accredited": each test at its limit, one below and one above; and for how long each counts."""

from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investors.domain.accreditation import Owner, natural_owner_count
from investors.domain.owners import read_owners
from investors.domain.qualified import (
    Abroad,
    eu_professional_test,
    institutional_buyer_test,
    outside_the_us_test,
    qualified_purchaser_test,
)
from investors.domain.standing import Determined, Represented, accredited_on, standings_on
from portal.domain.errors import Invalid

ON = date(2024, 2, 29)


@pytest.mark.parametrize("institution, limit", [(False, 5_000_000_00), (True, 25_000_000_00)])
@pytest.mark.parametrize("above, passed", [(-1, False), (0, True), (1, True)])
def test_a_qualified_purchaser_has_investments_of_at_least_the_limit(institution, limit, above, passed):
    found = qualified_purchaser_test(
        investments=limit + above + 7, acquisition_debt=7, institution=institution, formed_to_buy=False, on=ON
    )
    assert (found.outcome.value == "passed") is passed
    assert (found.limit, found.used) == (limit, limit + above)


def test_who_was_formed_to_buy_is_no_qualified_purchaser():
    found = qualified_purchaser_test(
        investments=90_000_000_00, acquisition_debt=0, institution=True, formed_to_buy=True, on=ON
    )
    assert found.outcome.value == "failed"
    assert "every beneficial owner" in found.remedy


@pytest.mark.parametrize("kind, limit", [("institution", 100_000_000_00), ("dealer", 10_000_000_00)])
@pytest.mark.parametrize("above, passed", [(-1, False), (0, True), (1, True)])
def test_an_institutional_buyer_has_securities_of_at_least_the_limit(kind, limit, above, passed):
    assert (
        institutional_buyer_test(securities=limit + above, kind=kind, net_worth=None, on=ON).passed is passed
    )


@pytest.mark.parametrize("worth, passed", [(None, False), (24_999_999_99, False), (25_000_000_00, True)])
def test_a_bank_needs_its_net_worth_beside_the_securities(worth, passed):
    decision = institutional_buyer_test(securities=100_000_000_00, kind="bank", net_worth=worth, on=ON)
    assert decision.passed is passed


@pytest.mark.parametrize(
    "change, failing",
    [
        ({}, set()),
        ({"country": "us"}, {"not-resident"}),
        ({"us_account": True}, {"no-us-account"}),
        ({"formed_by_us_persons": True}, {"not-formed-by-us-persons"}),
        ({"formed_by_us_persons": True, "owned_by_accredited_people": True}, set()),
        ({"us_fiduciary_or_agency": True, "us_account": True}, {"no-us-account", "no-us-fiduciary"}),
    ],
)
def test_who_is_outside_the_united_states(change, failing):
    decision = outside_the_us_test(Abroad(**{"country": "DE", **change}))
    assert {finding.rule for finding in decision.failures} == failing
    assert decision.passed is not failing or not failing


@pytest.mark.parametrize(
    "trades, portfolio, years, passed",
    [
        ((10, 10, 10, 10), 500_000_01, 0, True),
        ((40, 0, 0, 0), 0, 1, True),
        ((10, 10, 10, 9), 500_000_00, 1, False),
        ((10, 10, 10, 9), 500_000_01, 1, True),
        ((10, 10, 10, 10), 500_000_00, 0, False),
        ((0, 0, 0, 0), 0, 0, False),
    ],
)
def test_an_eu_professional_meets_two_of_three(trades, portfolio, years, passed):
    decision = eu_professional_test(trades=trades, portfolio_cents=portfolio, years_in_sector=years)
    assert decision.passed is passed
    assert decision.findings[-1].limit == 2


def test_what_is_negative_is_refused_by_name():
    with pytest.raises(Invalid, match="Investments is negative"):
        qualified_purchaser_test(
            investments=-1, acquisition_debt=0, institution=False, formed_to_buy=False, on=ON
        )
    with pytest.raises(Invalid, match="Trades is negative"):
        eu_professional_test(trades=(1, 1, 1, -1), portfolio_cents=0, years_in_sector=0)


def determined(basis, method, **change):
    facts = {
        "id": uuid4(),
        "accredited": True,
        "basis": basis,
        "method": method,
        "verified": True,
        "issuer_id": None,
        "decided_on": date(2024, 2, 1),
        "evidence_dated": date(2023, 11, 30),
        "evidence_until": date(2024, 2, 29),
        "reuse_until": None,
        **change,
    }
    return Determined(**facts)


def standing(one, on, said=()):
    return [
        found.until
        for found in standings_on(determinations=[one], representations=said, on=on, issuer_id=None)
    ]


def test_papers_count_to_their_last_day_and_a_certificate_for_thirty():
    purchaser = determined("2(a)(51)(i)", "purchaser_documents")
    assert standing(purchaser, date(2024, 2, 29)) == [date(2024, 2, 29)]
    assert standing(purchaser, date(2024, 3, 1)) == []
    abroad = determined("902(k)", "non_us_certificate", evidence_until=None, evidence_dated=None)
    said = [Represented(date(2024, 2, 1), None, ("non_us_certificate",))]
    assert standing(abroad, date(2024, 3, 2), said) == [date(2024, 3, 2)]
    assert standing(abroad, date(2024, 3, 3), said) == []
    assert standing(abroad, date(2024, 3, 2), [Represented(date(2024, 2, 1))]) == []


def test_a_standing_does_not_make_accredited_nor_the_other_way_round():
    records = [
        determined("2(a)(51)(i)", "purchaser_documents"),
        determined("501(a)(5)", "professional_letter"),
    ]
    on = date(2024, 2, 15)
    found = accredited_on(determinations=records[:1], representations=[], on=on)
    assert found is None
    assert [one.status for one in standings_on(determinations=records, representations=[], on=on)] == [
        "qualified_purchaser"
    ]


def test_revoked_refused_and_anothers_do_not_count():
    on = date(2024, 2, 15)
    assert standing(determined("2(a)(51)(i)", "purchaser_documents", revoked_on=on), on) == []
    assert standing(determined("2(a)(51)(i)", "purchaser_documents", accredited=False), on) == []
    assert standing(determined("2(a)(51)(i)", "purchaser_documents", issuer_id=uuid4()), on) == []


def test_a_tree_of_owners_is_read_from_lines():
    text = "Ada Quill; person; yes\nHolding LLC; entity; no\n- Ben Reed; person; no\n- Fund LP; entity; yes\n-- Cy; person; no\nDee; person; y"
    assert read_owners(text) == (
        Owner("Ada Quill", True, True),
        Owner(
            "Holding LLC",
            False,
            False,
            (Owner("Ben Reed"), Owner("Fund LP", False, True, (Owner("Cy"),))),
        ),
        Owner("Dee", True, True),
    )
    assert natural_owner_count(read_owners(text)) == 4
    assert read_owners(" \n ") == ()


@pytest.mark.parametrize(
    "text, why",
    [
        ("Ada", "Line 1: write name"),
        ("Ada; robot; yes", "Line 1: 'robot'"),
        ("Ada; person; perhaps", "Line 1: 'perhaps'"),
        ("- Ada; person; yes", "Line 1: it has more dashes"),
        ("Ada; person; yes\n- Ben; person; yes", "Line 2: it has more dashes"),
        ("LLC; entity; no\n-- Ben; person; yes", "Line 2: it has more dashes"),
        ("---------- Ada; person; yes", "Line 1: it lies 10 levels deep"),
        ("\n".join(["Ada; person; yes"] * 201), "201 owners"),
    ],
)
def test_a_line_that_is_no_owner_is_named(text, why):
    with pytest.raises(Invalid, match=why):
        read_owners(text)


@given(st.text(alphabet="-;ab \nyesnopersonentity", max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        owners = read_owners(text)
    except Invalid as refused:
        assert refused.field == "owners"
    else:
        assert len(owners) <= len(text.splitlines())
