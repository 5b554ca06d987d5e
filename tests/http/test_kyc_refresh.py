"""The page on which officers ask many investors at once to go through their check again."""

import pytest
from django.urls import reverse
from django.utils import timezone

from investors.kyc import selectors
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor

pytestmark = pytest.mark.django_db
PATH = "/compliance/kyc-refresh/"
WHY = "The rules changed; please show us once more."


@pytest.fixture
def officer(client):
    return sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))


@pytest.fixture
def made():
    return approved_investor(accredited=False)


def test_whoever_is_ticked_is_asked_again(officer, made):
    assert made.investor.reference in officer.get(PATH).content.decode()
    answer = officer.post(PATH, {"investors": [str(made.id)], "reason": WHY})
    assert answer.url == reverse("compliance:kyc-refresh")
    assert selectors.open_case(made.id).state == "draft"
    assert made.investor.reference not in officer.get(PATH).content.decode().partition("<table")[2]
    sign_in(officer, made.user)
    assert WHY in officer.get(reverse("onboarding")).content.decode()


def test_search_narrows_by_last_day_and_risk(officer, made):
    today = timezone.now().date().isoformat()
    for query, there in (
        ("?points=0", True),
        ("?points=100", False),
        (f"?until={today}", False),
        ("?until=x", True),
    ):
        assert (made.investor.reference in officer.get(PATH + query).content.decode()) == there


@pytest.mark.parametrize(
    "sent", [{"reason": WHY}, {"reason": "", "investors": "made"}, {"reason": WHY, "investors": "x"}]
)
def test_nobody_ticked_or_no_reason_changes_nothing(officer, made, sent):
    sent = {
        **sent,
        "investors": [str(made.id)] if sent.get("investors") == "made" else sent.get("investors", []),
    }
    assert officer.post(PATH, sent).status_code == 422
    assert selectors.open_case(made.id) is None


def test_an_auditor_sees_and_does_not_ask(client, made):
    sign_in(client, accounts.member(Role.AUDITOR))
    assert "Ask those" not in client.get(PATH).content.decode()
    assert client.post(PATH, {"investors": [str(made.id)], "reason": WHY}).status_code == 403
    assert selectors.open_case(made.id) is None
