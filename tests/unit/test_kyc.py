"""How a case moves, what it needs, how risky it is and why; and the names and numbers it is made of."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investors.domain.identifiers import (
    checked_identifier,
    country_choices,
    country_code,
    country_name,
    masked,
    masked_name,
)
from investors.domain.kyc import (
    CASE,
    DOCUMENT_KINDS,
    OPEN_STATES,
    WHY_ASKED,
    Evidence,
    RiskFacts,
    RiskPart,
    RiskScore,
    adult_finding,
    evidence_findings,
    refresh_years,
    required_documents,
    risk_score,
    valid_until,
)
from investors.domain.standing import kyc_missing, screening_missing
from portal.domain.decision import Outcome
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow

ON = date(2026, 6, 15)


def risk(points):
    return RiskScore((RiskPart("test", "For the test.", points),))


# --- the lifecycle


def test_the_straight_way_to_approval():
    state = "draft"
    for event in (
        "submit",
        "take",
        "request_information",
        "answer",
        "propose",
        "return",
        "approve",
        "expire",
    ):
        state = CASE.after(state, event)
    assert state == "expired"


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("draft", "approve"),
        ("submitted", "approve"),
        ("needs_information", "approve"),
        ("rejected", "approve"),
        ("approved", "approve"),
        ("expired", "approve"),
        ("superseded", "expire"),
        ("awaiting_second", "reject"),
    ],
)
def test_a_step_that_the_table_does_not_have_is_refused(state, event):
    with pytest.raises(NotAllowedNow):
        CASE.after(state, event)


def test_open_states_are_those_that_can_still_lead_to_a_decision():
    assert set(CASE.states) - OPEN_STATES == {"approved", "rejected", "expired", "superseded"}


# --- evidence


def test_every_kind_of_paper_says_why_it_is_asked_for():
    assert set(WHY_ASKED) == set(DOCUMENT_KINDS)


@pytest.mark.parametrize("points", [39, 40])
def test_the_source_of_funds_is_asked_for_from_medium_risk_on(points):
    needed = required_documents(kind="natural", risk=risk(points))
    assert ("source_of_funds" in needed) is (points >= 40)


def test_a_paper_counts_to_its_last_day():
    papers = [Evidence("identity", ON), Evidence("address")]
    assert evidence_findings(kind="natural", risk=risk(10), documents=papers, on=ON).passed
    late = evidence_findings(kind="natural", risk=risk(10), documents=papers, on=ON + timedelta(1))
    assert [finding.message for finding in late.failures] == [
        "Passport or national identity card: expired on 15 Jun 2026."
    ]


def test_everything_missing_is_named_at_once():
    decision = evidence_findings(kind="entity", risk=risk(10), documents=[], on=ON)
    assert [finding.rule for finding in decision.failures] == [
        "document-formation",
        "document-authority",
        "document-ownership",
        "document-identity",
    ]
    assert all(finding.remedy for finding in decision.failures)


# --- risk


def test_the_parts_sum_to_the_score_and_each_says_why():
    score = risk_score(
        RiskFacts("entity", "DE", ("DE", "FR"), has_identifier=False, expected_minor=1_000_000_00)
    )
    assert [(part.code, part.points) for part in score.parts] == [
        ("base", 10),
        ("entity", 15),
        ("foreign", 5),
        ("tax-residences", 10),
        ("no-identifier", 15),
        ("large", 15),
    ]
    assert score.points == 70
    assert score.needs_second_officer
    assert all(part.why.endswith(".") for part in score.parts)


@pytest.mark.parametrize(("cents", "large"), [(999_999_99, False), (1_000_000_00, True)])
def test_a_million_expected_is_large(cents, large):
    codes = {
        part.code for part in risk_score(RiskFacts("natural", "US", ("US",), expected_minor=cents)).parts
    }
    assert ("large" in codes) is large


@pytest.mark.parametrize(
    ("points", "level", "second", "years"),
    [
        (0, "low", False, 3),
        (39, "low", False, 3),
        (40, "medium", False, 2),
        (59, "medium", False, 2),
        (60, "high", True, 1),
        (100, "high", True, 1),
        (500, "high", True, 1),
    ],
)
def test_levels_second_officer_and_refresh_at_their_limits(points, level, second, years):
    score = risk(points)
    assert (score.level, score.needs_second_officer, refresh_years(score)) == (level, second, years)
    assert score.points <= 100


kinds = st.sampled_from(["natural", "joint", "entity"])
places = st.sampled_from(["US", "DE", "IR", "VN", "JP"])


@given(kinds, places, st.lists(places, max_size=3), st.booleans(), st.integers(0, 3), st.booleans())
def test_declaring_more_never_lowers_the_score(kind, country, tax, exposed, hits, number):
    facts = RiskFacts(kind, country, tuple(tax), exposed, hits, number)
    calm = RiskFacts(kind, country, tuple(tax), False, 0, True)
    assert risk_score(facts).points >= risk_score(calm).points
    assert 0 < risk_score(facts).points <= 100


# --- for how long


@pytest.mark.parametrize(
    ("decided", "points", "last"),
    [
        (date(2026, 6, 15), 10, date(2029, 6, 15)),
        (date(2026, 6, 15), 40, date(2028, 6, 15)),
        (date(2026, 6, 15), 60, date(2027, 6, 15)),
        (date(2024, 2, 29), 10, date(2027, 2, 28)),
    ],
)
def test_an_approval_holds_until_the_refresh(decided, points, last):
    assert valid_until(decided_on=decided, risk=risk(points)) == last


def test_an_identity_paper_that_expires_earlier_ends_it():
    papers = [Evidence("identity", date(2027, 1, 31)), Evidence("address", date(2026, 12, 1))]
    assert valid_until(decided_on=ON, risk=risk(10), documents=papers) == date(2027, 1, 31)
    better = [*papers, Evidence("identity", date(2036, 1, 1))]
    assert valid_until(decided_on=ON, risk=risk(10), documents=better) == date(2029, 6, 15)


@pytest.mark.parametrize(
    ("born", "on", "of_age"),
    [
        (date(2008, 6, 15), date(2026, 6, 14), False),
        (date(2008, 6, 15), date(2026, 6, 15), True),
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
    ],
)
def test_of_age_at_eighteen(born, on, of_age):
    finding = adult_finding(born=born, on=on)
    assert (finding.outcome is Outcome.PASSED) is of_age


@given(st.dates(date(2008, 6, 16), date(2026, 6, 15)))
def test_the_day_told_to_a_minor_is_the_first_that_passes(born):
    finding = adult_finding(born=born, on=ON)
    first = finding.earliest_pass
    assert adult_finding(born=born, on=first).outcome is Outcome.PASSED
    assert adult_finding(born=born, on=first - timedelta(1)).outcome is Outcome.FAILED


# --- what is missing, in words


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("none", "kyc-not-started"),
        ("draft", "kyc-not-submitted"),
        ("submitted", "kyc-waiting"),
        ("in_review", "kyc-in-review"),
        ("awaiting_second", "kyc-in-review"),
        ("needs_information", "kyc-needs-information"),
        ("rejected", "kyc-rejected"),
    ],
)
def test_each_state_says_what_is_missing_and_how_to_get_it(state, code):
    (missing,) = kyc_missing(state=state, valid_until=None, identity_changed=False, complete=True, on=ON)
    assert missing.code == code
    assert missing.how_to_get_it


@pytest.mark.parametrize("state", ["approved", "draft", "in_review", "rejected", "expired"])
def test_an_approval_holds_to_its_last_day_whatever_the_newest_case_is(state):
    facts = {"state": state, "identity_changed": False, "complete": True, "on": ON}
    assert kyc_missing(valid_until=ON, **facts) == ()
    (late,) = kyc_missing(valid_until=ON - timedelta(1), **facts)
    assert late.code == "kyc-expired"
    assert "14 Jun 2026" in late.what


def test_a_changed_identity_asks_for_a_new_look():
    (missing,) = kyc_missing(state="approved", valid_until=ON, identity_changed=True, complete=True, on=ON)
    assert missing.code == "kyc-identity-changed"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"lists": 0}, "no-screening-list"),
        ({"lacking": ["OFAC SDN"]}, "not-screened"),
        ({"open_hits": 1}, "screening-open"),
        ({"true_matches": 1}, "blocked"),
        ({"true_matches": 1, "lists": 0}, "blocked"),
    ],
)
def test_what_is_missing_of_screening_never_tells_of_a_match(facts, code):
    (missing,) = screening_missing(**{"lists": 1, "lacking": [], "open_hits": 0, "true_matches": 0, **facts})
    assert missing.code == code
    for word in ("match", "sanctioned", "listed person"):
        assert word not in missing.what


def test_nothing_is_missing_of_a_clear_screening():
    assert screening_missing(lists=2, lacking=[], open_hits=0, true_matches=0) == ()


# --- numbers and countries


@pytest.mark.parametrize(
    ("kind", "value", "country", "who", "compact"),
    [
        ("us.ssn", "536-90-4399", "US", "natural", "536904399"),
        ("us.itin", "912-90-3456", "US", "natural", "912903456"),
        ("us.ein", "91-1144442", "US", "entity", "911144442"),
        ("lei", "213800KUD8LAJWSQ9D15", "GB", "entity", "213800KUD8LAJWSQ9D15"),
        ("none", "", "US", "natural", ""),
        ("tin", " ab 12 ", "ZW", "natural", "AB12"),
    ],
)
def test_numbers_are_checked_and_kept_compact(kind, value, country, who, compact):
    assert checked_identifier(kind=kind, value=value, country=country, investor_kind=who) == compact


@pytest.mark.parametrize(
    ("kind", "value", "who", "field"),
    [
        ("us.ssn", "000-00-0000", "natural", "identifier"),
        ("us.ssn", "", "natural", "identifier"),
        ("us.itin", "912-90-3456", "entity", "identifier_kind"),
        ("us.ein", "91-1144442", "natural", "identifier_kind"),
        ("lei", "213800KUD8LAJWSQ9D16", "entity", "identifier"),
        ("none", "123", "natural", "identifier_kind"),
        ("passport", "1", "natural", "identifier_kind"),
        ("tin", "x" * 41, "natural", "identifier"),
        ("tin", "٣٤٥", "natural", "identifier"),
    ],
)
def test_a_wrong_number_names_its_field_and_is_not_repeated(kind, value, who, field):
    with pytest.raises(Invalid) as refused:
        checked_identifier(kind=kind, value=value, country="US", investor_kind=who)
    assert refused.value.field == field
    assert not value or value not in refused.value.message


@pytest.mark.parametrize("text", ["", "X", "XX", "USA", "Germany", "1D", "de\x00"])
def test_what_is_no_country_is_refused(text):
    with pytest.raises(Invalid):
        country_code(text)


def test_countries_have_codes_and_names():
    assert country_code(" de ") == "DE"
    assert country_name("DE") == "Germany"
    assert country_name("XX") == "XX"
    assert len(country_choices()) > 200


@given(st.text(max_size=40))
def test_a_mask_keeps_the_length_and_at_most_four_characters(value):
    shown = masked(value)
    assert len(shown) == len(value)
    assert set(shown[: max(0, len(value) - 4)]) <= {"•"}
    assert len(value) > 6 or set(shown) <= {"•"}


def test_a_masked_name_keeps_initials():
    assert masked_name("Ada de Quillfeather") == "A•••• d•••• Q••••"
    assert masked_name("") == ""
