"""The API's front page, one's own accounts and entries, and the description kept as a snapshot."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from portal.domain.roles import Role
from portal.http.problems import MEDIA_TYPE
from tests.factories import accounts, books

pytestmark = pytest.mark.django_db
SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


@pytest.fixture
def mara(client: Client, now: datetime) -> books.Owner:
    owner = books.owner(now, name="Mara Lindqvist")
    books.deposit(owner.owner, 2_019_046, now)
    books.hold(owner.owner, 1_285_000, now, code="HLP-B", name="Harborview", scale=4)
    accounts.sign_in(client, owner.user)
    return owner


def test_the_front_page_leads_on_without_signing_in(client: Client) -> None:
    body = client.get("/api/v1/").json()
    assert body["description"].endswith("/api/v1/openapi.yaml")
    assert client.get("/api/v1/docs/").status_code == 200
    assert client.get("/api/v1/openapi.yaml").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/accounts", "/api/v1/accounts/USD.cash/entries"])
def test_a_stranger_is_asked_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer["Content-Type"] == MEDIA_TYPE
    assert answer["WWW-Authenticate"]


def test_me_tells_roles_and_investor(client: Client, mara: books.Owner) -> None:
    assert client.get("/api/v1/me").json() == {
        "id": str(mara.user.id),
        "email": mara.user.email,
        "name": "Mara Lindqvist",
        "investor": str(mara.investor.id),
        "roles": [],
    }


def test_balances_are_exact_text(client: Client, mara: books.Owner) -> None:
    body = client.get("/api/v1/accounts").json()
    assert body["owner"] == mara.owner
    found = {one["account"]: one for one in body["accounts"]}
    assert found["USD.cash"]["posted"] == "20190.46"
    assert found["USD.cash"]["available"] == "20190.46"
    assert found["HLP-B.holding"]["posted"] == "128.5000"


def test_entries_come_in_pages_newest_first(client: Client, mara: books.Owner, now: datetime) -> None:
    for cents in (100, 200, 300):
        books.deposit(mara.owner, cents, now)
    first = client.get("/api/v1/accounts/USD.cash/entries?limit=3").json()
    assert [one["amount"] for one in first["entries"]] == ["3.00", "2.00", "1.00"]
    rest = client.get(f"/api/v1/accounts/USD.cash/entries?limit=3&after={first['next']}").json()
    assert [one["amount"] for one in rest["entries"]] == ["20190.46"]
    assert rest["next"] == ""


@pytest.mark.parametrize("after", ["x", "YjE=x", "%00", "YQ", "Yi0x", "9" * 500])
def test_a_made_up_cursor_is_refused_by_name(client: Client, mara: books.Owner, after: str) -> None:
    answer = client.get(f"/api/v1/accounts/USD.cash/entries?after={after}")
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == MEDIA_TYPE


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1.5", "٣", "1e2", "9" * 100])
def test_a_limit_out_of_bounds_is_refused_by_name(client: Client, mara: books.Owner, limit: str) -> None:
    answer = client.get("/api/v1/accounts/USD.cash/entries", {"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["field"] == "limit"


def test_somebody_elses_books_do_not_exist(client: Client, mara: books.Owner, now: datetime) -> None:
    other = books.owner(now)
    books.deposit(other.owner, 5, now)
    for path in ("/api/v1/accounts", "/api/v1/accounts/USD.cash/entries"):
        answer = client.get(path, {"owner": other.owner})
        assert answer.status_code == 404
        assert answer.json()["code"] == "no-such-account"
    assert client.get("/api/v1/accounts/EUR.cash/entries").status_code == 404


def test_a_reader_of_the_ledger_may_ask_for_an_owner(mara: books.Owner) -> None:
    client = accounts.sign_in(Client(), accounts.member(Role.AUDITOR))
    body = client.get("/api/v1/accounts", {"owner": mara.owner}).json()
    assert {one["account"] for one in body["accounts"]} == {"USD.cash", "HLP-B.holding"}
    assert client.get("/api/v1/accounts").json() == {"owner": "", "accounts": []}


def test_a_method_that_is_not_there_says_which_are(client: Client, mara: books.Owner) -> None:
    answer = client.delete("/api/v1/me")
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert answer["Content-Type"] == MEDIA_TYPE


def test_the_description_is_the_one_that_was_agreed(tmp_path: Path) -> None:
    """Where it differs on purpose: python manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn"""
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)
    assert made.read_text() == SNAPSHOT.read_text()


# A message carries its own id, and a token may be asked for as often as wanted.
WITHOUT_KEY = {"/api/v1/identity-provider/messages", "/api/v1/oauth/token"}


def test_every_operation_may_answer_with_a_problem_and_unsafe_ones_take_a_key() -> None:
    described = yaml.safe_load(SNAPSHOT.read_text())
    assert described["openapi"].startswith("3.1")
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert "default" in operation["responses"]
            if method in ("post", "put", "patch", "delete") and path not in WITHOUT_KEY:
                assert "Idempotency-Key" in [one["name"] for one in operation["parameters"]]
