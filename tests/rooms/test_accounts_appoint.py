"""The command that gives a new installation its first people."""

import pytest
from django.core.management import CommandError, call_command

from portal.accounts import selectors
from portal.accounts.models import Membership, Organisation, User
from portal.audit.models import Event
from portal.domain.roles import Role
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


def test_the_first_operator_comes_with_the_house(capsys, settings):
    call_command("appoint", "Ada@Somewhere.example", "operator", name="Ada Lovelace")
    [ada] = selectors.members(role=Role.OPERATOR)
    assert (ada.email, ada.name) == ("ada@somewhere.example", "Ada Lovelace")
    assert selectors.house().name == settings.SITE_NAME
    assert not User.objects.get().has_usable_password()
    assert "/accounts/password/reset/" in capsys.readouterr().out
    assert set(Event.objects.values_list("actor_id", flat=True)) == {"manage.py appoint"}


def test_somebody_who_is_there_already_is_found():
    call_command("appoint", "ada@somewhere.example", "operator")
    call_command("appoint", "ADA@somewhere.example", "auditor")
    assert (User.objects.count(), Organisation.objects.count(), Membership.objects.count()) == (1, 1, 2)


def test_an_issuers_role_needs_its_issuer():
    with pytest.raises(CommandError, match="Say of which issuer"):
        call_command("appoint", "ada@somewhere.example", "issuer_admin")
    place = make.issuer()
    call_command("appoint", "ada@somewhere.example", "issuer_admin", organisation=place.id)
    assert [one.id for one in selectors.organisations(kind="issuer")] == [place.id]


@pytest.mark.parametrize(
    ("email", "role"), [("nonsense", "operator"), ("ada@somewhere.example", "issuer_admin")]
)
def test_a_refusal_is_told_and_leaves_nobody(email, role):
    house = make.house()
    with pytest.raises(CommandError):
        call_command("appoint", email, role, organisation=house.id)
    assert not User.objects.exists()
    assert not Membership.objects.exists()


def test_a_role_is_not_granted_twice():
    call_command("appoint", "ada@somewhere.example", "operator")
    with pytest.raises(CommandError, match=r"operator of .* already"):
        call_command("appoint", "ada@somewhere.example", "operator")
    assert Membership.objects.count() == 1
