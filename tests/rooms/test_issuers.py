"""Onboarding of issuers."""

import pytest

from issuance.issuers import selectors, services
from portal.accounts.models import User
from portal.accounts.selectors import principal_of
from portal.audit.models import Event
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.domain.roles import Role
from tests.factories import accounts

pytestmark = pytest.mark.django_db
LEI = "5493001KJTIIGC8Y1R12"


def apply(at, **changes):
    given = {"legal_name": "Harborview LLC", "country": "US", "actor": accounts.SETUP, "at": at}
    return services.apply(**{**given, **changes})


def test_an_application_makes_the_organisation_and_its_first_administrator(now):
    person = accounts.person()
    made = apply(now, lei=LEI.lower(), applicant_id=person.id)
    assert (made.state, made.lei, made.country) == ("in_review", LEI, "US")
    roles = principal_of(User.objects.get(pk=person.id)).roles
    assert roles == {(Role.ISSUER_ADMIN, made.id)}
    assert [one.id for one in selectors.issuers(state="in_review")] == [made.id]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"legal_name": "  "}, "legal_name"),
        ({"country": "XX"}, "country"),
        ({"country": "usa"}, "country"),
        ({"lei": LEI[:-1] + "3"}, "lei"),
    ],
)
def test_a_wrong_application_names_its_field_and_changes_nothing(now, changes, field):
    events = Event.objects.count()
    with pytest.raises(Invalid) as refused:
        apply(now, **changes)
    assert refused.value.field == field
    assert selectors.issuers() == []
    assert Event.objects.count() == events


def test_an_lei_belongs_to_one_issuer(now):
    apply(now, lei=LEI)
    with pytest.raises(services.LeiTaken):
        apply(now, lei=LEI)
    assert len(selectors.issuers()) == 1


def test_the_review_is_recorded_and_happens_once(now):
    made = apply(now)
    approved = services.approve(issuer_id=made.id, note="In order.", actor=accounts.SETUP, at=now)
    assert (approved.state, approved.review_note, approved.reviewed_at) == ("approved", "In order.", now)
    event = Event.objects.filter(action="issuer.approved").get()
    assert event.subject == f"issuer:{made.id}"
    with pytest.raises(NotAllowedNow, match="it cannot approve"):
        services.approve(issuer_id=made.id, actor=accounts.SETUP, at=now)


def test_a_refusal_needs_its_reason(now):
    made = apply(now)
    with pytest.raises(services.NoReason):
        services.refuse(issuer_id=made.id, note=" ", actor=accounts.SETUP, at=now)
    assert selectors.issuer(made.id).state == "in_review"
    services.refuse(issuer_id=made.id, note="No such company.", actor=accounts.SETUP, at=now)
    assert selectors.issuer(made.id).state == "refused"
