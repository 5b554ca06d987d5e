"""People, organisations, memberships, sessions, attempts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test import Client

from portal.accounts import selectors, services
from portal.accounts.models import Attempts, Membership, Organisation, User
from portal.audit.models import Event
from portal.domain.errors import Invalid
from portal.domain.roles import HOUSE_ROLES, ISSUER_ROLES, OrganisationKind, Role
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


def signed_in(browser: Client) -> bool:
    """Asks a page that sends on whoever is signed in, and everybody else to the sign-in page."""
    return browser.get("/accounts/second-factor/?next=/onward").url == "/onward"


def told(action: str) -> list[Event]:
    return list(Event.objects.filter(action=action).order_by("id"))


def test_somebody_registers_once_whatever_the_case_of_the_address(now):
    made = services.register_user(email=" Ada@Example.com ", name="Ada  Lovelace", actor=make.SETUP, at=now)
    assert (made.email, made.name, made.is_active) == ("ada@example.com", "Ada Lovelace", True)
    assert [event.subject for event in told("account.registered")] == [f"user:{made.id}"]
    with pytest.raises(services.EmailTaken) as refused:
        services.register_user(email="ADA@example.com", actor=make.SETUP, at=now)
    assert refused.value.field == "email"
    assert User.objects.count() == 1
    assert len(told("account.registered")) == 1


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "@example.com", "a b@example.com", "a@" + "x" * 260 + ".com"]
)
def test_what_is_no_address_is_refused(address, now):
    with pytest.raises(Invalid) as refused:
        services.register_user(email=address, actor=make.SETUP, at=now)
    assert refused.value.field == "email"
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["x" * 201, "bell\x07", "nul\x00"])
def test_a_name_can_be_printed_and_has_an_end(name, now):
    with pytest.raises(Invalid):
        services.register_user(email="a@example.com", name=name, actor=make.SETUP, at=now)
    with pytest.raises(Invalid):
        services.create_organisation(kind="issuer", name=name, actor=make.SETUP, at=now)
    assert not User.objects.exists()
    assert not Organisation.objects.exists()


def test_there_is_one_house(now):
    make.house()
    with pytest.raises(services.HouseExists):
        services.create_organisation(kind="house", name="Another", actor=make.SETUP, at=now)
    with pytest.raises(Invalid, match="house or an issuer"):
        services.create_organisation(kind="bank", name="Bank", actor=make.SETUP, at=now)
    assert [one.name for one in selectors.organisations()] == ["Aldermoor"]


@pytest.mark.parametrize("role", list(Role))
def test_an_organisation_grants_only_roles_of_its_kind(role, now):
    places = {OrganisationKind.HOUSE: make.house(), OrganisationKind.ISSUER: make.issuer()}
    who = make.person()
    for kind, place in places.items():
        if role.organisation_kind is kind:
            services.grant_role(user_id=who.id, organisation_id=place.id, role=role, actor=make.SETUP, at=now)
        else:
            with pytest.raises(services.RoleDoesNotFit, match="is no role of"):
                services.grant_role(
                    user_id=who.id, organisation_id=place.id, role=role, actor=make.SETUP, at=now
                )
    expected = {(role, place.id) for kind, place in places.items() if role.organisation_kind is kind}
    assert selectors.principal_of(User.objects.get(pk=who.id)).roles == expected


def test_a_role_is_held_once(now):
    place, who = make.issuer(), make.person()
    make.grant(who, Role.ISSUER_ADMIN, place)
    with pytest.raises(services.RoleAlreadyHeld):
        services.grant_role(
            user_id=who.id, organisation_id=place.id, role=Role.ISSUER_ADMIN, actor=make.SETUP, at=now
        )
    assert Membership.objects.count() == 1
    assert len(told("account.role_granted")) == 1


@pytest.mark.parametrize("role", [*HOUSE_ROLES, *ISSUER_ROLES])
def test_whoever_works_for_the_house_is_no_investor(role):
    who = make.member(role)
    principal = selectors.principal_of(User.objects.get(pk=who.id))
    assert principal.investor is (role in ISSUER_ROLES)
    assert principal.needs_second_factor


def test_everybody_who_signed_up_is_an_investor_until_the_account_is_closed(now):
    who = make.person()
    assert selectors.principal_of(User.objects.get(pk=who.id)).investor
    services.set_active(user_id=who.id, active=False, actor=make.SETUP, at=now)
    assert not selectors.principal_of(User.objects.get(pk=who.id)).signed_in


def test_an_ended_membership_takes_right_and_sessions_at_once(now):
    place, who = make.issuer(), make.person()
    held = make.grant(who, Role.ISSUER_ADMIN, place)
    browser, forgotten = make.sign_in(Client(), who), make.sign_in(Client(), who)
    assert signed_in(browser)
    assert (
        len(selectors.sessions(who.id)) == 1
    )  # the other browser is not listed yet, and must not survive either

    services.end_membership(membership_id=held, actor=make.SETUP, at=now, reason="left the company")

    assert not selectors.principal_of(User.objects.get(pk=who.id)).roles
    assert not signed_in(browser)
    assert not signed_in(forgotten)
    assert selectors.sessions(who.id) == []
    assert told("account.role_ended")[0].reason == "left the company"


def test_a_membership_ends_once(now):
    held = make.grant(make.person(), Role.OPERATOR, make.house())
    services.end_membership(membership_id=held, actor=make.SETUP, at=now)
    with pytest.raises(services.AlreadyEnded):
        services.end_membership(membership_id=held, actor=make.SETUP, at=now + timedelta(days=1))
    assert Membership.objects.get(pk=held).ended_at == now
    assert len(told("account.role_ended")) == 1


def test_a_role_that_ended_can_be_granted_anew(now):
    place, who = make.house(), make.person()
    services.end_membership(membership_id=make.grant(who, Role.AUDITOR, place), actor=make.SETUP, at=now)
    services.grant_role(user_id=who.id, organisation_id=place.id, role=Role.AUDITOR, actor=make.SETUP, at=now)
    assert [one.role for one in selectors.memberships(user_id=who.id, ended=True)] == [Role.AUDITOR] * 2


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE portal_membership SET ended_at = NULL WHERE id = %s", "cannot change any more"),
        ("UPDATE portal_membership SET role = 'auditor' WHERE id = %s", "permission denied"),
        ("DELETE FROM portal_membership WHERE id = %s", "permission denied"),
    ],
)
def test_the_application_cannot_rewrite_a_membership(statement, says, now):
    held = make.grant(make.person(), Role.OPERATOR, make.house())
    services.end_membership(membership_id=held, actor=make.SETUP, at=now)
    with pytest.raises(DatabaseError, match=says), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [held])


def test_the_database_refuses_a_role_that_does_not_fit(now):
    place, who = make.issuer(), make.person()
    with (
        pytest.raises(IntegrityError, match="is no role in an organisation of kind issuer"),
        transaction.atomic(),
    ):
        Membership.objects.create(user_id=who.id, organisation_id=place.id, role="operator", created_at=now)


def test_one_session_can_be_revoked_and_only_by_its_owner(now):
    who, other = make.person(), make.person()
    browser = make.sign_in(Client(), who)
    assert signed_in(browser)
    [session] = selectors.sessions(who.id)
    with pytest.raises(services.NoSuchSession):
        services.revoke_session(user_id=other.id, session_id=session.id, actor=make.SETUP, at=now)
    assert selectors.sessions(who.id) == [session]
    services.revoke_session(user_id=who.id, session_id=session.id, actor=make.actor(who), at=now)
    assert selectors.sessions(who.id) == []
    assert not SessionStore().exists(browser.cookies["session"].value)
    assert not signed_in(browser)


def test_attempts_are_counted_to_the_limit_and_start_anew_in_the_next_window(now):
    def once(at):
        return services.count_attempt(bucket="b", limit=3, window=timedelta(minutes=10), at=at)

    assert [once(now) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(services.TooManyAttempts, match="3 in 10 minutes") as refused:
        once(now)
    assert refused.value.status == 429
    assert once(now + timedelta(minutes=10)) == 1


def test_a_success_forgets_the_account_and_not_the_address(now):
    def once(account):
        services.count_try(kind="sign-in", account=account, address="203.0.113.9", at=now)

    once("Ada@somewhere.example")
    once("ada@somewhere.example ")
    assert sorted(Attempts.objects.values_list("count", flat=True)) == [2, 2]
    services.forget_tries(kind="sign-in", account="ADA@somewhere.example")
    assert list(Attempts.objects.values_list("count", flat=True)) == [2]


def test_what_is_counted_is_not_readable_in_the_table(now):
    services.count_attempt(
        bucket="sign-in|account|ada@example.com", limit=1, window=timedelta(minutes=1), at=now
    )
    assert "ada" not in Attempts.objects.get().bucket


@pytest.mark.django_db(transaction=True)
def test_parallel_attempts_are_all_counted(now):
    def once(_):
        try:
            return services.count_attempt(bucket="race", limit=10, window=timedelta(minutes=10), at=now)
        except services.TooManyAttempts:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        counted = list(threads.map(once, range(40)))
    assert sorted(one for one in counted if one) == list(range(1, 11))
    assert Attempts.objects.get().count == 40


def test_nobody_is_offered_outside_demonstration_mode(settings):
    make.member(Role.OPERATOR)
    make.person("Ina Investor")
    settings.DEMO_MODE = False
    assert selectors.demo_people() == []


def test_one_person_of_each_role_is_offered_in_demonstration_mode(settings):
    settings.DEMO_MODE = True
    for role in [*HOUSE_ROLES, *ISSUER_ROLES]:
        make.member(role)
        make.member(role)
    make.person("Real", email="real@company.com")
    make.person("Ina Investor")
    make.person("Second Investor")
    offered = selectors.demo_people()
    assert [one.role for one in offered] == list(Role)
    assert offered[0].name == "Ina Investor"
    assert offered[3].organisation == "Aldermoor"
