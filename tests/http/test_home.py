"""The investor's pages: what needs me, what I own, what happened, and the proof of each entry."""

import io
import json
import subprocess
import sys
from datetime import datetime

import openpyxl
import pytest
from django.test import Client

from portal.audit.sequencer import seal_all
from portal.domain.roles import Role
from portal.http import desk
from portal.http.desk import Task
from tests.factories import accounts, books

pytestmark = pytest.mark.django_db
OWN_PAGES = ["/portfolio/", "/cash/", "/cash/export/", "/activity/"]


@pytest.fixture
def mara(now: datetime) -> books.Owner:
    owner = books.owner(now, name="Mara Lindqvist")
    books.deposit(owner.owner, 2_019_046, now, memo="=HYPERLINK(1)")
    books.hold(owner.owner, 1_285_000, now, code="HLP-B", name="Harborview <b>Park</b>", scale=4)
    return owner


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_stranger_reads_what_this_is_and_how_to_come_in(client: Client) -> None:
    page = text(client, "/")
    assert "Own a part of what you can check." in page
    assert "/accounts/login/" in page
    assert "/accounts/signup/" in page


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_stranger_is_led_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


def test_home_shows_cash_holdings_and_what_happened(client: Client, mara: books.Owner) -> None:
    page = text(accounts.sign_in(client, mara.user), "/")
    assert "$20,190" in page
    assert "128.5000" in page
    assert "Deposit received" in page
    assert "Harborview &lt;b&gt;Park&lt;/b&gt;" in page
    assert "<b>Park</b>" not in page


def test_home_tells_the_number_of_tasks_and_the_overdue_first(
    client: Client, mara: books.Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [Task("Vote on Series B", "/a/", "Vote"), Task("Sign the statement", "/b/", "Sign", tone="warn")]
    monkeypatch.setattr(desk.investor, "sources", [lambda request: tasks])
    page = text(accounts.sign_in(client, mara.user), "/")
    assert "Two things need you" in page
    assert page.index("Sign the statement") < page.index("Vote on Series B")
    assert page.count("btn primary") == 1


def test_home_of_somebody_who_owns_nothing_says_when_it_fills(client: Client, now: datetime) -> None:
    page = text(accounts.sign_in(client, books.owner(now).user), "/")
    assert "No securities or units yet" in page


def test_nobody_sees_what_another_owns(client: Client, mara: books.Owner, now: datetime) -> None:
    other = books.owner(now)
    accounts.sign_in(client, other.user)
    for path in ("/", "/portfolio/", "/cash/"):
        page = text(client, path)
        assert "20,190" not in page
        assert "Harborview" not in page


def test_cash_lists_each_entry_with_the_balance_after_it(
    client: Client, mara: books.Owner, now: datetime
) -> None:
    books.deposit(mara.owner, 100, now)
    page = text(accounts.sign_in(client, mara.user), "/cash/")
    assert page.index("20,191.46") < page.index("20,190.46")
    assert page.count("/proof/") == 2


def test_a_page_of_entries_leads_to_the_older_ones(client: Client, now: datetime) -> None:
    owner = books.owner(now)
    for cents in range(1, 6):
        books.deposit(owner.owner, cents, now)
    accounts.sign_in(client, owner.user)
    first = client.get("/cash/?limit=3")
    assert first.content.decode().count("/proof/") == 3
    older = client.get(first.context["page"].next_href)
    assert older.content.decode().count("/proof/") == 2
    assert older.context["page"].next_href == ""
    assert older.context["page"].first_href == "/cash/?limit=3"


def test_an_export_neutralises_what_a_spreadsheet_would_run(client: Client, mara: books.Owner) -> None:
    accounts.sign_in(client, mara.user)
    assert b"'=HYPERLINK(1)" in client.get("/cash/export/?format=csv").content
    book = openpyxl.load_workbook(io.BytesIO(client.get("/cash/export/?format=xlsx").content))
    cells = [cell.value for cell in next(iter(book.active.iter_rows(min_row=2)))]
    assert "'=HYPERLINK(1)" in cells
    assert "20190.46" in cells
    assert client.get("/cash/export/?format=exe").status_code == 422


def test_a_transaction_waits_and_is_then_proved(client: Client, mara: books.Owner, now: datetime) -> None:
    posted = books.deposit(mara.owner, 500, now)
    accounts.sign_in(client, mara.user)
    path = f"/proof/{posted.transaction_id}/"
    assert "Waiting for its place in the log" in text(client, path)
    seal_all(at=now)
    page = text(client, path)
    assert "Proved" in page
    assert f"{path}bundle.json" in page


def test_the_bundle_is_checked_by_the_stand_alone_verifier(
    client: Client, mara: books.Owner, now: datetime, tmp_path
) -> None:
    posted = books.deposit(mara.owner, 500, now)
    seal_all(at=now)
    accounts.sign_in(client, mara.user)
    answer = client.get(f"/proof/{posted.transaction_id}/bundle.json")
    assert answer["Content-Disposition"].startswith("attachment")
    file = tmp_path / "proof.json"
    file.write_bytes(answer.content)
    run = subprocess.run(
        [sys.executable, "-m", "portal.audit.verifier", str(file)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_somebody_elses_transaction_does_not_exist(client: Client, mara: books.Owner, now: datetime) -> None:
    posted = books.deposit(mara.owner, 500, now)
    seal_all(at=now)
    accounts.sign_in(client, books.owner(now).user)
    for end in ("", "bundle.json"):
        assert client.get(f"/proof/{posted.transaction_id}/{end}").status_code == 404


def test_of_a_shared_transaction_an_investor_sees_his_own_entry_and_an_auditor_all(
    client: Client, mara: books.Owner, now: datetime
) -> None:
    posted = books.deposit(mara.owner, 500, now)
    path = f"/proof/{posted.transaction_id}/"
    own = text(accounts.sign_in(client, mara.user), path)
    assert mara.owner in own
    assert "outside" not in own
    every = text(accounts.sign_in(Client(), accounts.member(Role.AUDITOR)), path)
    assert mara.owner in every
    assert "outside" in every


def test_the_log_is_open_to_everybody(client: Client, mara: books.Owner, now: datetime) -> None:
    assert client.get("/log/checkpoint").status_code == 404
    seal_all(at=now)
    note = client.get("/log/checkpoint")
    assert note["Content-Type"].startswith("text/plain")
    assert note.content.decode().count("\n") >= 4
    assert "The log holds" in text(client, "/log/")


def test_activity_tells_what_one_did_and_no_others(client: Client, mara: books.Owner) -> None:
    page = text(accounts.sign_in(client, mara.user), "/activity/")
    assert "Nothing yet" not in page


def test_the_styleguide_shows_every_component(client: Client) -> None:
    page = text(client, "/styleguide/")
    for part in (
        "four",
        "meter",
        "decision-head",
        "donut",
        "tree",
        "time",
        "steps",
        "pill",
        "proof",
        "empty",
    ):
        assert part in page
    assert json.dumps(page)
