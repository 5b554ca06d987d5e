"""Saved searches: the filter of a list under a name, for its owner alone."""

from uuid import uuid4

import pytest
from django.test import Client

from portal.audit.selectors import events
from portal.domain.roles import Role
from portal.saved_searches import selectors
from portal.saved_searches.services import MOST, save_search
from tests.factories import accounts
from tests.factories.accounts import sign_in

pytestmark = pytest.mark.django_db
SAVE = "/compliance/searches/save/"


@pytest.fixture
def officer():
    return accounts.member(Role.COMPLIANCE_OFFICER)


def save(client: Client, name: str = "Refusals", page: str = "audit", query: str = "action=kyc."):
    return client.post(SAVE, {"name": name, "page": page, "query": query, "form_key": str(uuid4())})


def test_a_search_is_saved_opened_and_removed(client: Client, officer) -> None:
    sign_in(client, officer)
    assert "Save this search" not in client.get("/compliance/audit/").content.decode()
    page = client.get("/compliance/audit/?text=&action=kyc.&after=").content.decode()
    assert 'name="query" value="action=kyc."' in page
    answer = save(client, query="action=kyc.&after=YjE&text=")
    assert (answer.status_code, answer["Location"]) == (302, "/compliance/audit/?action=kyc.")
    opened = client.get(answer["Location"]).content.decode()
    assert '<a class="chip" href="/compliance/audit/?action=kyc." aria-current="true">Refusals</a>' in opened
    assert "Save this search" not in opened
    (one,) = selectors.searches_of(officer.id)
    assert (one.name, one.page, one.query) == ("Refusals", "audit", "action=kyc.")
    assert "Refusals" in client.get("/compliance/searches/").content.decode()
    assert client.post(f"/compliance/searches/{one.id}/remove/").status_code == 302
    assert selectors.searches_of(officer.id) == []
    told = [event.action for event in events(about=f"saved_search:{one.id}")]
    assert told == ["saved_search.removed", "saved_search.saved"]


def test_a_saved_search_is_nobody_elses(client: Client, officer) -> None:
    sign_in(client, officer)
    save(client)
    (one,) = selectors.searches_of(officer.id)
    client.get("/compliance/searches/")
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert "Refusals" not in client.get("/compliance/searches/").content.decode()
    assert client.post(f"/compliance/searches/{one.id}/remove/").status_code == 404
    assert selectors.searches_of(officer.id) == [one]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"name": " "}, 422),
        ({"name": "x" * 61}, 422),
        ({"name": "a\x00b"}, 400),
        ({"query": "after=YjE&text="}, 422),
        ({"query": "text=" + "x" * 996}, 422),
        ({"name": "a\u200eb"}, 422),
        ({"page": "ledger"}, 422),
    ],
)
def test_what_cannot_be_saved_changes_nothing(client: Client, officer, given: dict, status: int) -> None:
    sign_in(client, officer)
    assert save(client, **given).status_code == status
    assert selectors.searches_of(officer.id) == []


def test_a_name_is_taken_once_and_fifty_are_kept(client: Client, officer, now) -> None:
    sign_in(client, officer)
    for n in range(MOST - 1):
        save_search(
            owner=officer.id, name=f"S{n}", page="audit", query="text=a", actor=accounts.SETUP, at=now
        )
    assert save(client, name="S1").status_code == 409
    assert save(client, name="Last").status_code == 302
    assert save(client, name="One more").status_code == 409
    assert len(selectors.searches_of(officer.id)) == MOST


def test_an_operator_saves_searches_of_what_he_may_open_alone(client: Client) -> None:
    operator = accounts.member(Role.OPERATOR)
    sign_in(client, operator)
    assert save(client, page="audit").status_code == 403
    assert save(client, page="queue", query="group=Money").status_code == 302
    assert [one.page for one in selectors.searches_of(operator.id)] == ["queue"]


@pytest.mark.parametrize("role", [Role.INVESTOR, Role.ISSUER_ADMIN])
def test_nobody_else_saves_any(client: Client, role: Role) -> None:
    person = accounts.member(role)
    sign_in(client, person)
    assert client.get("/compliance/searches/").status_code == 403
    assert save(client).status_code == 403
    assert selectors.searches_of(person.id) == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.COMPLIANCE_OFFICER])
def test_the_empty_page_leads_to_a_list_that_its_reader_may_open(client: Client, role) -> None:
    sign_in(client, accounts.member(role))
    page = client.get("/compliance/searches/").content.decode()
    empty = page[page.index("No saved search yet") :]
    assert 'href="/compliance/"' in empty
    assert "/compliance/audit/" not in empty[: empty.index("</section>")]
    assert client.get("/compliance/").status_code == 200
