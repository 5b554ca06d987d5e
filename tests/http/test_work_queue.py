"""The compliance officers' work queue: priority, deadlines, filters, who has taken what, and what each decided."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from investors.kyc import decisions
from portal.domain.roles import Role
from portal.http import desk
from portal.http.desk import Task
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import screening_list, submitted_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return accounts.member(Role.COMPLIANCE_OFFICER)


def told(client: Client, query: str = "", status: int = 200) -> str:
    answer = client.get(f"/compliance/{query}")
    assert answer.status_code == status
    return answer.content.decode()


def approve(case_id: UUID, officer, at) -> None:
    given = {"case_id": case_id, "officer_id": officer.id, "actor": accounts.actor(officer), "at": at}
    decisions.take(**given)
    decisions.approve(reason="Papers seen and in order.", **given)


def test_the_overdue_comes_before_the_risky_and_the_risky_before_the_rest(
    client: Client, officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    tasks = [
        Task("Plain", "/plain/", "Open", since=now - timedelta(hours=40), group="KYC"),
        Task("Risky", "/risky/", "Open", since=now, group="KYC", risk=50),
        Task("Late", "/late/", "Open", since=now, due=now - timedelta(minutes=1), group="Screening"),
    ]
    monkeypatch.setattr(desk.compliance, "sources", [lambda request: tasks])
    page = told(sign_in(client, officer))
    assert page.index('href="/late/"') < page.index('href="/risky/"') < page.index('href="/plain/"')
    assert "Risky" in told(client, "?priority=high")
    assert "/plain/" not in told(client, "?priority=high")
    assert "Nothing fits" in told(client, "?text=nowhere")
    assert "/late/" in told(client, "?text=LATE")
    assert "Select a valid choice" in told(client, "?priority=loud", status=422)


def test_a_long_queue_has_pages_that_keep_the_filter(
    client: Client, officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [Task(f"Case {n:03}", f"/case-{n:03}/", "Open", group="KYC") for n in range(60)]
    monkeypatch.setattr(desk.compliance, "sources", [lambda request: tasks])
    sign_in(client, officer)
    first, second = told(client, "?group=KYC"), told(client, "?group=KYC&page=2")
    assert "?group=KYC&amp;page=2" in first
    assert ("/case-049/" in first, "/case-050/" in first) == (True, False)
    assert ("/case-049/" in second, "/case-050/" in second) == (False, True)


def test_what_an_officer_has_taken_is_his_and_what_he_decided_is_counted(client: Client, officer) -> None:
    now = timezone.now()
    screening_list(at=now)
    mine, free, done = submitted_case(), submitted_case(), submitted_case()
    decisions.take(case_id=mine.id, officer_id=officer.id, actor=accounts.actor(officer), at=now)
    approve(done.id, officer, now)
    sign_in(client, officer)
    for query, seen, unseen in (("?officer=mine", mine, free), ("?officer=nobody", free, mine)):
        page = told(client, query)
        assert str(seen.id) in page
        assert str(unseen.id) not in page
    assert str(mine.id) in told(client, f"?officer={officer.id}")
    page = told(client)
    row = page[page.index("median time to a decision") :]
    row = row[row.index(officer.name) :][:220]
    assert row.count('<td class="num">1</td>') == 3
    assert str(done.id) not in page


def test_the_queue_asks_the_database_no_more_for_thirty_cases_than_for_three(client: Client, officer) -> None:
    screening_list(at=timezone.now())
    sign_in(client, officer)
    asked = []
    for more in (3, 27):
        for _ in range(more):
            submitted_case()
        told(client)
        with CaptureQueriesContext(connection) as queries:
            page = told(client)
        asked.append(len(queries))
    assert page.count(">Review</a>") >= 30
    assert asked[0] == asked[1]


def test_an_operator_sees_no_cases_and_no_workload_and_an_auditor_reads_both(client: Client, officer) -> None:
    case = submitted_case()
    sign_in(client, accounts.member(Role.OPERATOR))
    page = told(client)
    assert str(case.id) not in page
    assert "median time to a decision" not in page
    sign_in(client, accounts.member(Role.AUDITOR))
    page = told(client)
    assert str(case.id) in page
    assert "median time to a decision" in page
