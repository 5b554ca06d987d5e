"""Assets, their documents, and tokens whose identifier anyone can compute again."""

import hashlib
import json

import pytest

from issuance.assets import selectors, services
from issuance.domain.identifiers import NotAnIdentifier, token_identifier
from issuance.issuers import services as issuers
from portal.domain.canonical import canonical_json
from portal.domain.errors import Invalid
from tests.factories import accounts
from tests.factories.issuance import approved_issuer

pytestmark = pytest.mark.django_db
ME = accounts.SETUP
VIN = "1M8GDM9AXKP042788"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def car(now):
    issuer, _ = approved_issuer(at=now)
    return services.record_asset(
        issuer_id=issuer.id, kind="vehicle", name="Motorcoach", record={"vin": VIN.lower()}, actor=ME, at=now
    )


def test_a_vehicle_is_known_by_its_checked_vin(car):
    assert car.record == {"vin": VIN}


@pytest.mark.parametrize(
    ("kind", "record", "field"),
    [
        ("vehicle", {"vin": VIN[:8] + "1" + VIN[9:]}, "vin"),
        ("vehicle", {}, "vin"),
        ("real_estate", {"address": "1 Dock Road"}, "parcel"),
        ("equity", {"jurisdiction": " "}, "jurisdiction"),
        ("equity", {"jurisdiction": 5}, "jurisdiction"),
        ("equity", {"Jurisdiction!": "DE"}, "record"),
        ("spaceship", {}, "kind"),
    ],
)
def test_a_wrong_record_names_its_field(now, kind, record, field):
    issuer, _ = approved_issuer(at=now)
    with pytest.raises(Invalid) as refused:
        services.record_asset(issuer_id=issuer.id, kind=kind, name="Thing", record=record, actor=ME, at=now)
    assert refused.value.field == field
    assert selectors.assets(issuer.id) == []


def test_an_issuer_in_review_brings_nothing(now):
    made = issuers.apply(legal_name="New LLC", country="US", actor=ME, at=now)
    with pytest.raises(services.IssuerNotApproved, match="New LLC is in review"):
        services.record_asset(
            issuer_id=made.id, kind="other", name="Thing", record={"description": "x"}, actor=ME, at=now
        )


def test_the_identifier_is_the_hash_of_what_is_kept_with_it(car, now):
    services.attach_document(asset_id=car.id, title="Title", sha256=digest("title"), actor=ME, at=now)
    token = services.tokenize(asset_id=car.id, terms={"authorised": "1000"}, actor=ME, at=now)
    assert token.identifier == hashlib.sha256(canonical_json(token.record)).hexdigest()
    record = json.loads(json.dumps(token.record))
    assert token_identifier(record["asset"], record["documents"], record["terms"]) == token.identifier
    again = selectors.recompute(token.identifier)
    assert (again.intact, again.unchanged, again.differences) == (True, True, ())


def test_a_changed_asset_shows_what_changed_and_the_old_token_stays_intact(car, now):
    token = services.tokenize(asset_id=car.id, terms={"authorised": "1000"}, actor=ME, at=now)
    services.attach_document(asset_id=car.id, title="Appraisal", sha256=digest("new"), actor=ME, at=now)
    services.amend_asset(asset_id=car.id, record={"vin": "1" * 17}, actor=ME, at=now)
    again = selectors.recompute(token.identifier)
    assert (again.intact, again.unchanged) == (True, False)
    assert [(one.path, one.before, one.after) for one in again.differences] == [
        ("asset.record.vin", VIN, "1" * 17),
        ("documents", None, digest("new")),
    ]


def test_exactly_the_same_asset_and_terms_have_one_token(car, now):
    services.tokenize(asset_id=car.id, terms={"authorised": "1000"}, actor=ME, at=now)
    with pytest.raises(services.TokenExists):
        services.tokenize(asset_id=car.id, terms={"authorised": "1000"}, actor=ME, at=now)


def test_a_document_counts_once_and_only_by_a_real_hash(car, now):
    services.attach_document(asset_id=car.id, title="Title", sha256=digest("title"), actor=ME, at=now)
    with pytest.raises(services.DocumentKnown):
        services.attach_document(asset_id=car.id, title="Again", sha256=digest("title"), actor=ME, at=now)
    with pytest.raises(Invalid):
        services.attach_document(asset_id=car.id, title="Fake", sha256="F" * 64, actor=ME, at=now)
    assert [one.title for one in selectors.documents(car.id)] == ["Title"]


def test_all_four_elements_make_a_security_and_three_do_not(car, now):
    evidence = {
        "investment_of_money": "Subscription in dollars.",
        "common_enterprise": "Pooled ownership.",
        "expectation_of_profits": "Rent is distributed.",
        "efforts_of_others": "The sponsor manages.",
    }
    elements = dict.fromkeys(evidence, True)
    made = services.assess_howey(asset_id=car.id, **elements, evidence=evidence, actor=ME, at=now)
    assert made.conclusion == "security"
    elements["efforts_of_others"] = False
    made = services.assess_howey(asset_id=car.id, **elements, evidence=evidence, actor=ME, at=now)
    assert made.conclusion == "not_security"
    with pytest.raises(Invalid, match="common enterprise"):
        services.assess_howey(
            asset_id=car.id, **elements, evidence={**evidence, "common_enterprise": ""}, actor=ME, at=now
        )


def test_a_broken_identifier_is_not_found(car):
    with pytest.raises(selectors.NoSuchToken):
        selectors.recompute("0" * 64)
    with pytest.raises(NotAnIdentifier):
        token_identifier({}, ["zz"], {})
