"""Ready reports: accesses to personal data, four eyes, and what ends soon; read by officers and auditors alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from investors.kyc.models import Case
from investors.profiles import selectors as profiles
from portal.audit.facts import EventFacts
from portal.audit.selectors import events
from portal.console.reports_four_eyes import duties
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, submitted_case

pytestmark = pytest.mark.django_db
ACCESSES, FOUR_EYES, EXPIRING = (
    f"/compliance/reports/{name}/" for name in ("accesses", "four-eyes", "expiring")
)


@pytest.fixture
def officer():
    return accounts.member(Role.COMPLIANCE_OFFICER)


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def opened(client: Client, reason: str = "Comparing the passport."):
    case = submitted_case(legal_name="Ada Quillfeather")
    answer = client.post(reverse("compliance:kyc-reveal", args=[case.id]), {"reason": reason})
    assert answer.status_code == 200
    return profiles.investor(case.investor_id)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.COMPLIANCE_OFFICER, 200),
        (Role.AUDITOR, 200),
        (Role.OPERATOR, 403),
        (Role.ISSUER_ADMIN, 403),
        (Role.INVESTOR, 403),
    ],
)
def test_who_reads_reports(client: Client, role: Role, status: int) -> None:
    sign_in(client, accounts.member(role))
    for path in ("/compliance/reports/", ACCESSES, FOUR_EYES, EXPIRING, f"{ACCESSES}?format=csv"):
        assert client.get(path).status_code == status, path


def test_every_opening_is_told_with_who_of_whom_why_and_when(client: Client, officer) -> None:
    sign_in(client, officer)
    investor = opened(client)
    page = text(client, ACCESSES)
    for words in (officer.name, investor.reference, "Comparing the passport.", "legal name"):
        assert words in page
    assert "Quillfeather" not in page
    assert "Nothing was opened" in text(client, f"{ACCESSES}?until=2026-01-01")
    assert "Nothing was opened" in text(client, f"{ACCESSES}?actor=somebody-else")


def test_looking_at_masked_data_is_no_access(client: Client, officer) -> None:
    case = submitted_case()
    sign_in(client, officer)
    text(client, reverse("compliance:kyc-case", args=[case.id]))
    text(client, reverse("compliance:investor", args=[case.investor_id]))
    assert "Nothing was opened" in text(client, ACCESSES)


def test_opening_without_a_reason_opens_nothing(client: Client, officer) -> None:
    case = submitted_case(legal_name="Ada Quillfeather")
    sign_in(client, officer)
    answer = client.post(reverse("compliance:kyc-reveal", args=[case.id]), {"reason": " "})
    assert answer.status_code == 422
    assert "Quillfeather" not in answer.content.decode()
    assert events(action="investor.personal_data_opened") == []


def test_the_file_is_recorded_and_no_cell_is_a_formula(client: Client, officer) -> None:
    sign_in(client, officer)
    opened(client, reason="=cmd|calc, to be sure")
    answer = client.get(f"{ACCESSES}?format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert "'=cmd|calc" in answer.content.decode()
    (told,) = events(action="audit.exported")
    assert '"report":"accesses"' in told.facts
    assert client.get(f"{ACCESSES}?format=pdf").status_code == 422
    assert len(events(action="audit.exported")) == 1


def test_a_day_that_cannot_be_read_is_named(client: Client, officer) -> None:
    sign_in(client, officer)
    for path in (ACCESSES, FOUR_EYES):
        assert "This is a day such as" in text(client, f"{path}?since=yesterday", status=422)


def test_more_openings_ask_for_no_more_queries(client: Client, officer) -> None:
    sign_in(client, officer)
    counted = []
    for more in (1, 5):
        for _ in range(more):
            opened(client)
        text(client, ACCESSES)
        with CaptureQueriesContext(connection) as queries:
            text(client, ACCESSES)
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_two_signatures_are_no_exception(client: Client, officer) -> None:
    case = submitted_case(politically_exposed=True)
    sign_in(client, officer)
    client.post(reverse("compliance:kyc-take", args=[case.id]))
    given = {"decision": "approve", "reason": "Papers seen and in order."}
    client.post(reverse("compliance:kyc-decide", args=[case.id]), given)
    second = accounts.member(Role.COMPLIANCE_OFFICER)
    sign_in(client, second)
    client.post(
        reverse("compliance:kyc-second", args=[case.id]), {"decision": "confirm", "reason": "I agree."}
    )
    page = text(client, FOUR_EYES)
    assert "No exception" in page
    assert "One signature by a second person." in page
    assert "by two people: 1; by one: 0" in page
    row = text(client, f"{FOUR_EYES}?format=csv").splitlines()[1]
    assert row.endswith(f",{officer.name},{second.name},approved,no")


def test_somebody_with_two_roles_is_told(client: Client, officer) -> None:
    accounts.grant(officer, Role.OPERATOR, accounts.house())
    sign_in(client, officer)
    assert f"{officer.name}: compliance officer, operator" in text(client, FOUR_EYES)


def event(number: int, action: str, who: str, kind: str = "user") -> EventFacts:
    now = timezone.now()
    return EventFacts(number, accounts.house().id, now, now, kind, who, who, "", "", action, "dividend:1", None, "",
                      "{}", b"", None)  # fmt: skip


@pytest.mark.parametrize(
    ("made", "kept", "broken"),
    [
        ([event_of := ("a", "user")], 0, 1),
        ([("b", "user")], 1, 0),
        ([("a", "worker")], 1, 0),
        ([("a", "user"), ("b", "user")], 1, 0),
        ([("b", "user"), event_of], 0, 1),
        ([], 0, 0),
    ],
)
def test_a_duty_is_broken_where_the_newest_maker_checks(made: list, kept: int, broken: int) -> None:
    makings = [event(n, "dividend.declared", who, kind) for n, (who, kind) in enumerate(made, start=1)]
    found = duties([event(9, "dividend.approved", "a")], makings)
    (told,) = [one for one in found if one.made == "dividend.declared"]
    assert (told.kept, len(told.broken)) == (kept, broken)


@pytest.mark.parametrize(("days", "seen"), [(-1, True), (0, True), (90, True), (91, False)])
def test_what_ends_within_ninety_days(client: Client, officer, days: int, seen: bool) -> None:
    one = approved_investor()
    Case.objects.filter(investor_id=one.id).update(valid_until=timezone.now().date() + timedelta(days=days))
    sign_in(client, officer)
    page = text(client, EXPIRING)
    assert (
        "Identity check" in page[page.index("the earliest first") :]
        if "the earliest first" in page
        else False
    ) is seen
    assert (f"{one.investor.reference},Identity check" in text(client, f"{EXPIRING}?format=csv")) is seen
