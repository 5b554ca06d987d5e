"""Entities and who stands behind them: owners of owners, what is missing, and every version opened with a reason."""

import pytest

from investors.kyc import selectors as kyc
from investors.kyc import services as kyc_services
from investors.profiles import selectors, services
from investors.profiles.facts import ProfileInput
from investors.profiles.models import Investor
from investors.profiles.ownership import OwnersInCircle
from portal.audit import selectors as audit
from portal.audit.verify import verify_log
from portal.domain.errors import Invalid
from tests.factories import accounts
from tests.factories.investors import case_with_papers, new_investor

pytestmark = pytest.mark.django_db


def entity(now, **profile):
    return new_investor(at=now, kind="entity", **profile)


def own(owned, by, now, *, ppm=300_000, name="Northfield Partners LP"):
    return services.add_related_person(
        investor_id=owned.id,
        role="beneficial_owner",
        name=name,
        country="US",
        ownership_ppm=ppm,
        owner_reference=by.reference if by else "",
        is_entity=by is not None,
        actor=accounts.SETUP,
        at=now,
    )


def change(investor, now, **fields):
    return services.update_profile(
        investor_id=investor.id, profile=ProfileInput(**fields), reason="test", actor=accounts.SETUP, at=now
    )


def test_owners_may_stand_in_a_chain_and_not_in_a_circle(now):
    first, second, third = (entity(now) for _ in range(3))
    own(first, second, now)
    own(second, third, now)
    with pytest.raises(OwnersInCircle, match="owners in a circle own nothing") as refused:
        own(third, first, now)
    assert refused.value.field == "owner_reference"
    assert f"{first.reference} is itself owned by {third.reference} through 1 more" in refused.value.message
    assert [one.role for one in selectors.related_persons(third.id)] == ["control_person"]
    assert selectors.investor(third.id).version == third.version + 1  # the person in control


def test_an_owner_that_left_closes_no_circle(now):
    first, second = entity(now), entity(now)
    stake = own(first, second, now)
    services.end_related_person(related_person_id=stake, reason="sold", actor=accounts.SETUP, at=now)
    own(second, first, now)


@pytest.mark.parametrize("name", ["Quill LLC", "quill  llc"])
def test_nobody_owns_itself(now, name):
    one = entity(now, legal_name="Quill LLC")
    with pytest.raises(OwnersInCircle):
        services.add_related_person(
            investor_id=one.id, role="beneficial_owner", name=name, country="US", ownership_ppm=1, is_entity=True,
            actor=accounts.SETUP, at=now,
        )  # fmt: skip
    with pytest.raises(OwnersInCircle):
        own(one, one, now)
    assert len(selectors.related_persons(one.id)) == 1


def test_an_unknown_reference_and_an_entity_in_control_are_refused(now):
    one = entity(now)
    given = {
        "investor_id": one.id,
        "name": "Northfield LP",
        "country": "US",
        "actor": accounts.SETUP,
        "at": now,
    }
    with pytest.raises(Invalid) as refused:
        services.add_related_person(
            role="beneficial_owner", ownership_ppm=1, owner_reference="INV-XXXXXX", **given
        )
    assert refused.value.field == "owner_reference"
    for role in ("control_person", "signatory"):
        with pytest.raises(Invalid) as refused:
            services.add_related_person(role=role, is_entity=True, **given)
        assert refused.value.field == "role"
    with pytest.raises(Invalid) as refused:
        services.add_related_person(role="signatory", born="2030-01-01", **given)
    assert refused.value.field == "born"
    assert len(selectors.related_persons(one.id)) == 1


def test_an_entity_names_its_owners_or_says_that_there_are_none(now):
    one = entity(now, no_large_owner=False)
    case = case_with_papers(one, at=now, actor=accounts.SETUP)
    assert [finding.rule for finding in kyc_services.missing_of(case.id, on=now.date())] == [
        "person-beneficial-owner"
    ]
    own(one, None, now, name="Bea Owner", ppm=250_000)
    assert kyc_services.missing_of(case.id, on=now.date()) == []
    with pytest.raises(Invalid) as refused:
        change(one, now, no_large_owner=True)
    assert refused.value.field == "no_large_owner"


def test_naming_a_large_owner_takes_the_statement_back(now):
    one = entity(now)
    own(one, None, now, name="Bea Owner", ppm=249_999)
    assert selectors.investor(one.id).no_large_owner
    own(one, None, now, name="Cem Owner", ppm=250_000)
    assert not selectors.investor(one.id).no_large_owner


def test_nobody_owns_a_trust_or_a_plan(now):
    for form in ("trust", "plan"):
        one = entity(now, entity_form=form, no_large_owner=False)
        case = case_with_papers(one, at=now, actor=accounts.SETUP)
        assert kyc_services.missing_of(case.id, on=now.date()) == []


def test_a_persons_profile_has_nothing_of_an_entity(now):
    one = entity(now, lei="213800KUD8LAJWSQ9D15")
    with pytest.raises(Invalid) as refused:
        change(one, now, kind="natural")
    assert refused.value.field == "kind"
    for person in selectors.related_persons(one.id):
        services.end_related_person(related_person_id=person.id, reason="x", actor=accounts.SETUP, at=now)
    after = change(one, now, kind="natural")
    assert (after.entity_form, after.lei, after.no_large_owner) == ("", "", False)


def test_an_entity_without_its_form_is_incomplete(now):
    made = services.create_investor(kind="entity", country="US", actor=accounts.SETUP, at=now)
    assert "entity_form" in made.missing
    with pytest.raises(Invalid) as refused:
        change(made, now, entity_form="club")
    assert refused.value.field == "entity_form"
    assert Investor.objects.get(pk=made.id).version == 1


def test_every_version_is_opened_with_a_reason_and_told_to_the_trail(now):
    one = entity(now, legal_name="Quill LLC", phone="+1 212 555 0100")
    change(one, now, phone="+1 212 555 0199", mailing_address="PO Box 7")
    with pytest.raises(services.ReasonMissing):
        services.reveal_history(investor_id=one.id, reason=" ", actor=accounts.SETUP, at=now)
    opened = services.reveal_history(
        investor_id=one.id, reason="Asked by an examiner.", actor=accounts.SETUP, at=now
    )
    assert [(c.field, c.before, c.after) for c in opened[0].changes] == [
        ("mailing_address", "", "PO Box 7"),
        ("phone", "+12125550100", "+12125550199"),
    ]
    (event,) = audit.events(action="investor.personal_data_opened", subject=f"investor:{one.id}")
    assert event.reason == "Asked by an examiner."
    assert verify_log() == []


def test_papers_of_the_wizard_follow_the_form(now):
    one = entity(now, entity_form="plan")
    case = kyc_services.open_case(investor_id=one.id, actor=accounts.SETUP, at=now)
    rules = {finding.rule for finding in kyc_services.missing_of(case.id, on=now.date())}
    assert rules == {"document-formation", "document-identity", "document-source-of-funds"}
    assert kyc.open_case(one.id).id == case.id
