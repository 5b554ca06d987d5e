"""The wizard for two people together and for entities, step by step and without scripts."""

import pytest
from django.urls import reverse

from investors.profiles import selectors as profiles
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import new_investor

pytestmark = pytest.mark.django_db
PROFILE = {
    "kind": "entity",
    "legal_name": "Quillfeather Holdings",
    "born_or_formed": "2015-06-01",
    "country": "US",
    "tax_countries": ["US"],
    "us_person": "on",
    "identifier_kind": "us.ein",
    "identifier": "91-1144442",
    "address": "1 Example Street",
}
PERSON = {"name": "Ada Quillfeather", "born": "1980-02-29", "country": "US", "identifier_kind": "none"}


@pytest.fixture
def person():
    return accounts.person()


@pytest.fixture
def page(client, person):
    return sign_in(client, person)


def test_an_entity_is_asked_for_its_form_and_who_stands_behind_it(page, person):
    assert page.post(reverse("profile"), PROFILE).url == reverse("profile")
    told = page.get(reverse("profile")).content.decode()
    assert "Form of the entity" in told
    assert "Form of the entity is missing" not in told
    assert page.post(reverse("profile"), {**PROFILE, "entity_form": "llc"}).url == reverse("related-persons")
    told = page.get(reverse("related-persons")).content.decode()
    assert "One person in control of the entity is missing" in told
    assert "Owners of 25 % or more are missing" in told
    page.post(reverse("related-persons"), {**PERSON, "role": "control_person", "title": "Managing member"})
    page.post(reverse("related-persons"), {**PERSON, "role": "beneficial_owner", "ownership": "60"})
    told = page.get(reverse("related-persons")).content.decode()
    assert "missing" not in told
    assert "Managing member" in told
    investor = profiles.investor_of_user(person.id)
    assert (investor.entity_form, investor.tax_form) == ("llc", "W-9")
    assert reverse("onboarding-documents") in page.get(reverse("onboarding")).content.decode()


def test_more_than_the_whole_is_refused_at_its_field(page, person):
    page.post(reverse("profile"), {**PROFILE, "entity_form": "llc"})
    page.post(reverse("related-persons"), {**PERSON, "role": "beneficial_owner", "ownership": "60"})
    answer = page.post(
        reverse("related-persons"), {**PERSON, "role": "beneficial_owner", "ownership": "40.0001"}
    )
    assert "100.0001 % together" in answer.content.decode()
    assert len(profiles.related_persons(profiles.investor_of_user(person.id).id)) == 1


def test_a_couple_names_the_other_holder(page, person):
    joint = {
        **PROFILE,
        "kind": "joint",
        "born_or_formed": "1980-02-29",
        "identifier_kind": "none",
        "identifier": "",
    }
    assert page.post(reverse("profile"), joint).url == reverse("related-persons")
    told = page.get(reverse("related-persons")).content.decode()
    assert "The other joint holder is missing" in told
    assert "owner_reference" not in told
    page.post(reverse("related-persons"), {**PERSON, "role": "joint_holder"})
    assert "missing" not in page.get(reverse("related-persons")).content.decode()


def test_a_persons_form_asks_nothing_of_entities(page):
    told = page.get(reverse("profile")).content.decode()
    assert "entity_form" not in told
    assert "Telephone" in told


def test_the_officer_opens_the_history_for_a_reason(client):
    investor = new_investor(kind="entity", legal_name="Quill LLC")
    path = reverse("compliance:investor-history", args=[investor.id])
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert "Quill LLC" not in client.get(path).content.decode()
    assert client.post(path, {"reason": ""}).status_code == 422
    told = client.post(path, {"reason": "Asked by an examiner."}).content.decode()
    assert "Quill LLC" in told
    sign_in(client, accounts.member(Role.AUDITOR))
    assert client.post(path, {"reason": "Asked by an examiner."}).status_code == 403
