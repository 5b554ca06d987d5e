"""One investor across all rooms, a record at an instant, and the case page with everything on one screen."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.audit.services import record
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, submitted_case

pytestmark = pytest.mark.django_db
STATE = "/compliance/audit/state/"


@pytest.fixture
def officer():
    return accounts.member(Role.COMPLIANCE_OFFICER)


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_story_goes_across_rooms_and_tells_of_nobody_else(client: Client, officer) -> None:
    one, other = approved_investor(), approved_investor()
    sign_in(client, officer)
    path = f"/compliance/investors/{one.id}/story/"
    page = text(client, path)
    for words in ("Investor profile opened", "KYC approved", "Screened against the sanctions lists"):
        assert words in page
    assert one.investor.reference in page
    assert other.investor.reference not in page
    assert page.count("KYC approved") == 1
    narrowed = text(client, f"{path}?room=KYC")
    assert "KYC approved" in narrowed
    assert "Investor profile opened" not in narrowed
    assert "Nothing here" in text(client, f"{path}?room=Elsewhere")


def test_the_story_asks_a_fixed_number_of_times(client: Client, officer) -> None:
    one = approved_investor()
    sign_in(client, officer)
    path = f"/compliance/investors/{one.id}/story/"
    counted = []
    for _ in range(2):
        text(client, path)
        with CaptureQueriesContext(connection) as queries:
            text(client, path)
        counted.append(len(queries))
        with transaction.atomic():
            for _ in range(20):
                record(actor=accounts.SETUP, action="screening.done", subject=one.owner, at=timezone.now())
    assert counted[0] == counted[1]


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.AUDITOR, 200), (Role.OPERATOR, 403), (Role.ISSUER_ADMIN, 403), (Role.INVESTOR, 403)],
)
def test_who_reads_the_story_and_the_state(client: Client, role: Role, status: int) -> None:
    case = submitted_case()
    sign_in(client, accounts.member(role))
    for path in (f"/compliance/investors/{case.investor_id}/story/", STATE):
        assert client.get(path).status_code == status


def test_an_unknown_investor_is_not_found(client: Client, officer) -> None:
    sign_in(client, officer)
    assert client.get(f"/compliance/investors/{uuid4()}/story/").status_code == 404


def test_a_record_stands_as_its_events_said_until_then(client: Client, officer) -> None:
    now, subject = timezone.now().replace(microsecond=0), f"security:{uuid4()}"
    with transaction.atomic():
        for days, state in ((10, "draft"), (5, "active"), (1, "paused")):
            record(
                actor=accounts.SETUP,
                action="security.changed",
                subject=subject,
                at=now - timedelta(days=days),
                before={"state": "x"},
                after={"state": state, "step": str(days)},
                note="as said" if days == 10 else "",
            )
    sign_in(client, officer)
    for days, state, seen in ((0, "paused", 3), (2, "active", 2), (6, "draft", 1)):
        day = now - timedelta(days=days)
        page = text(client, f"{STATE}?subject={subject}&at={day:%Y-%m-%dT%H:%M}")
        fields = page[page.index("Said last by") :]
        assert f'<td class="mm">{state}</td>' in fields
        assert f"{seen} event" in page.replace("One event", "1 event")
    assert "Nothing was told of it by then" in text(client, f"{STATE}?subject={subject}&at=2020-02-29")
    assert "noun:id" in text(client, f"{STATE}?subject=nonsense", status=422)
    assert "This is a day such as" in text(client, f"{STATE}?subject={subject}&at=31.12.2026", status=422)


def test_the_case_page_holds_everything_masked(client: Client, officer) -> None:
    one = approved_investor(legal_name="Ada Quillfeather")
    sign_in(client, officer)
    page = text(client, reverse("compliance:investor", args=[one.id]))
    assert reverse("compliance:investor-story", args=[one.id]) in page
    case = submitted_case(legal_name="Bertil Osterhaus")
    page = text(client, reverse("compliance:kyc-case", args=[case.id]))
    for words in ("Evidence", "Screening", "Accreditation", "Money", "Write to the investor", "Whole story"):
        assert words in page
    assert "Osterhaus" not in page
