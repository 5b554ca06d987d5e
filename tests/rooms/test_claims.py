"""What other houses see of an investor, on any day."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from investors.accreditation.selectors import claims_of, claims_of_many
from investors.domain.dates import add_months
from investors.profiles.facts import ProfileInput
from investors.profiles.selectors import NoSuchInvestor
from investors.profiles.services import update_profile
from investors.screening import decisions as screening_decisions
from investors.screening import services as screening
from investors.screening.selectors import hits
from tests.factories import accounts
from tests.factories.investors import approved_investor, new_investor, screening_list

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def codes(missing):
    return [one.code for one in missing]


def test_an_approved_and_accredited_investor_lacks_nothing():
    made = approved_investor(at=AT)
    claims = made.claims(AT.date())
    assert claims.missing == ()
    assert claims.accreditation_missing == ()
    assert claims.may_subscribe and claims.is_accredited and claims.is_verified_accredited
    assert claims.kyc_valid_until == AT.date().replace(year=2029)
    assert claims.screened_on == AT.date()
    assert claims.accredited.basis == "501(a)(5)"
    assert claims.accredited.method == "professional_letter"
    assert claims.accredited.evidence_until == add_months(AT.date(), 3)


def test_claims_hold_no_personal_data():
    made = approved_investor(at=AT, legal_name="Ada Quillfeather")
    claims = made.claims(AT.date())
    assert "Quillfeather" not in repr(claims)
    assert claims.as_dict()["accredited"]["basis"] == "501(a)(5)"
    assert claims.as_dict()["missing"] == []


def test_claims_are_those_of_the_day_asked_for():
    made = approved_investor(at=AT)
    before, last = AT.date() - timedelta(days=1), AT.date().replace(year=2029)
    with_nothing = made.claims(before)
    assert codes(with_nothing.missing) == ["kyc-not-started", "no-screening-list"]
    assert codes(with_nothing.accreditation_missing) == ["not-accredited"]
    assert codes(made.claims(last).missing) == []
    assert codes(made.claims(last + timedelta(days=1)).missing) == ["kyc-expired"]


@pytest.mark.parametrize(("day", "held"), [(30, True), (31, False)])
def test_evidence_of_the_last_of_march_supports_sales_to_the_last_of_june(day, held):
    made = approved_investor(at=AT)
    on = AT.date().replace(month=6, day=30) + timedelta(days=day - 30)
    assert made.claims(on).is_accredited is held


def test_evidence_clock_and_identity_are_apart():
    made = approved_investor(at=AT)
    claims = made.claims(AT.date().replace(month=12))
    assert claims.may_subscribe
    assert not claims.is_accredited
    assert codes(claims.missing_for(accredited=True)) == ["accreditation-evidence-old"]
    assert claims.missing_for(accredited=False) == ()


def test_what_is_missing_comes_with_the_way_to_get_it_and_its_source():
    investor = new_investor(at=AT)
    claims = claims_of(investor.id, on=AT.date())
    assert not claims.may_subscribe
    for one in claims.missing_for(accredited=True, verified=True):
        assert one.what.endswith(".")
        assert one.how_to_get_it.endswith(".")
        assert one.source


def test_self_certification_does_not_do_where_verification_is_asked_for():
    made = approved_investor(at=AT, method="self_certification")
    claims = made.claims(AT.date())
    assert claims.is_accredited
    assert not claims.is_verified_accredited
    assert claims.missing_for(accredited=True) == ()
    assert codes(claims.missing_for(accredited=True, verified=True)) == ["accreditation-not-verified"]


def test_a_determination_for_one_issuer_counts_for_that_one_only():
    issuer, other = uuid4(), uuid4()
    made = approved_investor(at=AT, issuer_id=issuer)
    assert made.claims(AT.date(), issuer).is_accredited
    assert not made.claims(AT.date(), other).is_accredited
    assert not made.claims(AT.date()).is_accredited


def test_a_changed_identity_takes_the_right_until_an_officer_has_looked():
    made = approved_investor(at=AT)
    later = AT + timedelta(days=10)
    update_profile(
        investor_id=made.id,
        profile=ProfileInput(legal_name="Somebody Else"),
        reason="married",
        actor=made.actor,
        at=later,
    )
    assert made.claims(AT.date()).may_subscribe
    assert codes(made.claims(later.date()).missing) == ["kyc-identity-changed"]
    assert made.claims(later.date()).kyc_valid_until is None
    update_profile(
        investor_id=made.id,
        profile=ProfileInput(address="2 Other Street"),
        reason="moved",
        actor=made.actor,
        at=later,
    )
    assert codes(made.claims(later.date()).missing) == ["kyc-identity-changed"]


def test_a_new_address_alone_takes_nothing():
    made = approved_investor(at=AT)
    later = AT + timedelta(days=10)
    update_profile(
        investor_id=made.id,
        profile=ProfileInput(address="2 Other Street"),
        reason="moved",
        actor=made.actor,
        at=later,
    )
    assert made.claims(later.date()).may_subscribe


def test_a_true_match_blocks_from_its_day_on_and_not_before():
    made = approved_investor(at=AT, legal_name="Ada Quillfeather")
    later = AT + timedelta(days=5)
    screening_list(at=later, source="Another list", rows="Q-1,Ada Quillfeather,\n")
    screening.screen(investor_id=made.id, actor=accounts.SETUP, at=later)
    (hit,) = hits(investor_id=made.id)
    screening_decisions.decide_hit(
        hit_id=hit.id,
        true_match=True,
        reason="The same person.",
        officer_id=made.officer.id,
        actor=accounts.actor(made.officer),
        at=later + timedelta(days=1),
    )
    assert made.claims(AT.date()).may_subscribe
    assert codes(made.claims(later.date()).missing) == ["screening-open"]
    assert codes(made.claims(later.date() + timedelta(days=1)).missing) == ["blocked"]


def test_nobody_has_claims_without_being_an_investor():
    with pytest.raises(NoSuchInvestor):
        claims_of(uuid4(), on=AT.date())
    assert claims_of_many([uuid4()], on=AT.date()) == {}


def test_claims_of_many_take_the_same_number_of_queries_for_one_and_for_many():
    made = [approved_investor(at=AT) for _ in range(4)]
    ids = [one.id for one in made]
    with CaptureQueriesContext(connection) as one:
        claims_of_many(ids[:1], on=AT.date())
    with CaptureQueriesContext(connection) as many:
        found = claims_of_many([*ids, uuid4()], on=AT.date())
    assert len(many) == len(one) <= 7
    assert found == {key: claims_of(key, on=AT.date()) for key in ids}


@pytest.mark.parametrize("kind", ["natural", "joint", "entity"])
def test_every_kind_of_investor_gets_through(kind):
    made = approved_investor(at=AT, kind=kind, country="DE")
    claims = made.claims(AT.date())
    assert (claims.kind, claims.country, claims.us_person) == (kind, "DE", False)
    assert claims.may_subscribe
    assert claims.is_verified_accredited
    assert claims.is_natural is (kind != "entity")
