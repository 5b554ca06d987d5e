"""The issuer console: who may enter, what he sees there, and that lists are read and exported, never edited."""

from datetime import datetime

import pytest
from django.test import Client

from portal.approvals import selectors, services
from portal.domain.roles import Role
from tests.factories import accounts

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return accounts.issuer("Acme <b>Robotics</b>")


def member(client: Client, role: Role, organisation=None):
    who = accounts.member(role, organisation)
    accounts.sign_in(client, who)
    return who


def test_a_stranger_signs_in_at_the_portal(client: Client) -> None:
    answer = client.get("/console/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/console/"
    assert client.get("/console/login/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.INVESTOR, 403),
        (Role.ISSUER_ADMIN, 200),
        (Role.ISSUER_VIEWER, 200),
        (Role.OPERATOR, 200),
        (Role.COMPLIANCE_OFFICER, 200),
        (Role.AUDITOR, 200),
    ],
)
def test_who_may_enter(client: Client, role: Role, status: int) -> None:
    member(client, role)
    assert client.get("/console/").status_code == status


def test_without_a_second_factor_nobody_enters(client: Client) -> None:
    who = accounts.member(Role.ISSUER_ADMIN)
    accounts.sign_in(client, who, accounts.Shown.password)
    assert client.get("/console/").status_code == 302


def test_the_dashboard_names_only_ones_own_issuers_escaped(client: Client, acme) -> None:
    accounts.issuer("Somebody Else Inc")
    member(client, Role.ISSUER_ADMIN, acme)
    page = client.get("/console/").content.decode()
    assert "Acme &lt;b&gt;Robotics&lt;/b&gt;" in page
    assert "Somebody Else" not in page


def test_the_team_list_shows_ones_own_people_only(client: Client, acme) -> None:
    other = accounts.member(Role.ISSUER_ADMIN, accounts.issuer("Somebody Else Inc"))
    who = member(client, Role.ISSUER_VIEWER, acme)
    page = client.get("/console/portal/membership/").content.decode()
    assert who.email in page
    assert other.email not in page


def test_a_list_searches_filters_and_exports(client: Client, acme) -> None:
    who = member(client, Role.ISSUER_ADMIN, acme)
    assert who.email in client.get(f"/console/portal/membership/?q={who.email}").content.decode()
    assert "Nothing fits" in client.get("/console/portal/membership/?q=nobody-of-this-name").content.decode()
    assert "Nothing fits" in client.get("/console/portal/membership/?role__exact=auditor").content.decode()
    answer = client.get("/console/portal/membership/?export=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert who.email in answer.content.decode("utf-8-sig")
    assert client.get("/console/portal/membership/?export=exe").status_code == 422


def test_nothing_can_be_added_changed_or_deleted_in_a_list(client: Client, acme) -> None:
    who = member(client, Role.ISSUER_ADMIN, acme)
    held = accounts.selectors.memberships(user_id=who.id)[0]
    base = "/console/portal/membership"
    assert client.get(f"{base}/{held.id}/change/").status_code == 200
    assert client.get(f"{base}/add/").status_code == 403
    for path in (f"{base}/add/", f"{base}/{held.id}/change/", f"{base}/{held.id}/delete/"):
        assert client.post(path, {"role": "operator"}).status_code == 403, path
    assert client.get(f"{base}/{held.id}/history/").status_code == 404
    assert accounts.selectors.memberships(user_id=who.id)[0].role is Role.ISSUER_ADMIN


def test_a_record_of_another_issuer_does_not_exist(client: Client, acme) -> None:
    other = accounts.member(Role.ISSUER_ADMIN, accounts.issuer("Somebody Else Inc"))
    held = accounts.selectors.memberships(user_id=other.id)[0]
    member(client, Role.ISSUER_ADMIN, acme)
    answer = client.get(f"/console/portal/membership/{held.id}/change/")
    assert other.email not in answer.content.decode()
    assert answer.status_code in (302, 404)


def ask(maker, organisation, now: datetime):
    return services.request_approval(
        action="dividend.approve",
        subject=f"distribution:{organisation.id}",
        organisation=organisation.id,
        maker=accounts.actor(maker),
        facts={"amount": "120000.00 USD", "note": "<i>soon</i>"},
        at=now,
    )


def test_the_second_person_approves_once_however_often_the_button_is_pressed(
    client: Client, acme, now: datetime
) -> None:
    maker = accounts.member(Role.ISSUER_ADMIN, acme)
    approval_id = ask(maker, acme, now)
    member(client, Role.ISSUER_ADMIN, acme)
    page = client.get(f"/console/approvals/{approval_id}/").content.decode()
    assert "Approve the dividend" in page
    assert "120000.00 USD" in page
    assert "&lt;i&gt;soon&lt;/i&gt;" in page
    for _ in range(2):
        answer = client.post(f"/console/approvals/{approval_id}/approve/", {"form_key": "once-and-only-once"})
        assert answer.status_code == 302
    assert selectors.approval(approval_id).state == "approved"


def test_the_maker_never_sees_the_button_and_is_refused(client: Client, acme, now: datetime) -> None:
    maker = member(client, Role.ISSUER_ADMIN, acme)
    approval_id = ask(maker, acme, now)
    page = client.get(f"/console/approvals/{approval_id}/").content.decode()
    assert "somebody else must decide it" in page
    assert "/approve/" not in page
    answer = client.post(f"/console/approvals/{approval_id}/approve/")
    assert answer.status_code == 403
    assert selectors.approval(approval_id).state == "requested"


def test_another_issuers_approval_does_not_exist(client: Client, acme, now: datetime) -> None:
    approval_id = ask(accounts.member(Role.ISSUER_ADMIN, acme), acme, now)
    member(client, Role.ISSUER_ADMIN, accounts.issuer("Somebody Else Inc"))
    assert client.get(f"/console/approvals/{approval_id}/").status_code == 404
    assert client.post(f"/console/approvals/{approval_id}/approve/").status_code == 404
    assert selectors.approval(approval_id).state == "requested"


def test_a_viewer_may_look_and_not_decide(client: Client, acme, now: datetime) -> None:
    approval_id = ask(accounts.member(Role.ISSUER_ADMIN, acme), acme, now)
    member(client, Role.ISSUER_VIEWER, acme)
    assert client.get(f"/console/approvals/{approval_id}/").status_code == 200
    assert client.post(f"/console/approvals/{approval_id}/reject/").status_code == 403
    assert selectors.approval(approval_id).state == "requested"


def test_a_decision_is_a_post(client: Client, acme, now: datetime) -> None:
    approval_id = ask(accounts.member(Role.ISSUER_ADMIN, acme), acme, now)
    member(client, Role.ISSUER_ADMIN, acme)
    assert client.get(f"/console/approvals/{approval_id}/approve/").status_code == 405
