"""The address where the identity provider sends its results: the signature is the only key."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from standardwebhooks import Webhook

from investors.kyc import checks, selectors
from investors.kyc.models import ProviderMessage
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import submitted_case

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
WRONG = "whsec_" + base64.b64encode(b"w" * 32).decode()
PATH = "/api/v1/identity-provider/messages"


@pytest.fixture(autouse=True)
def provider(settings):
    settings.IDENTITY_PROVIDER_URL = "http://127.0.0.1:9"
    settings.IDENTITY_PROVIDER_TOKEN = "token"
    settings.IDENTITY_PROVIDER_SECRET = [SECRET]


@pytest.fixture
def case():
    return submitted_case()


@pytest.fixture
def check_id(case):
    (made,) = checks.request(case_id=case.id, actor=accounts.SETUP, at=datetime.now(UTC))
    return made


def body_of(check_id, **data):
    told = {"check_id": str(check_id), "reference": "IDP-1", "outcome": "clear", **data}
    return json.dumps({"type": "identity_check.completed", "data": told})


def send(client, body, *, secret=SECRET, off=timedelta(0), message_id="", content_type="application/json"):
    at, message_id = datetime.now(UTC) + off, message_id or f"msg_{uuid4().hex}"
    return client.post(
        PATH,
        body,
        content_type=content_type,
        headers={
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, at, body),
        },
    )


def test_a_signed_result_becomes_evidence_of_the_case(client, case, check_id):
    answer = send(client, body_of(check_id), content_type="text/plain")
    assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
    assert selectors.identity_checks(case.id)[0].outcome == "clear"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"secret": WRONG}, 401, "webhook-forged"),
        ({"off": timedelta(minutes=-6)}, 400, "webhook-unsigned"),
        ({"off": timedelta(minutes=6)}, 400, "webhook-unsigned"),
        ({"message_id": "two words"}, 400, "webhook-unsigned"),
    ],
)
def test_a_forged_or_old_message_is_a_problem_and_changes_nothing(
    client, case, check_id, changed, status, code
):
    answer = send(client, body_of(check_id), **changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert selectors.identity_checks(case.id)[0].state == "requested"
    assert not ProviderMessage.objects.exists()


def test_a_message_without_headers_is_refused(client):
    answer = client.post(PATH, b"{}", content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (400, "webhook-id")


def test_a_replay_is_refused_and_does_nothing_again(client, case, check_id):
    assert send(client, body_of(check_id), message_id="msg_1").status_code == 200
    again = send(client, body_of(check_id), message_id="msg_1")
    assert (again.status_code, again.json()["code"]) == (409, "webhook-replayed")
    assert len(selectors.identity_checks(case.id)) == ProviderMessage.objects.count() == 1


def test_an_unknown_check_is_not_found(client, check_id):
    answer = send(client, body_of(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-identity-check")


def test_a_body_beyond_the_limit_is_refused_unread(client, check_id):
    answer = send(client, body_of(check_id) + " " * 70_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "webhook-too-large")


def test_other_kinds_of_message_are_taken_and_ignored(client):
    assert send(client, '{"type": "account.renamed"}').json() == {"status": "ignored"}


def test_where_nobody_is_configured_there_is_no_such_address(client, settings):
    settings.IDENTITY_PROVIDER_URL = ""
    assert send(client, "{}").status_code == 404


def test_a_session_opens_nothing_here(client):
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert client.post(PATH, b"{}", content_type="application/json").status_code == 400


def test_the_officer_asks_and_sees_what_the_provider_said(client, case):
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    page = reverse("compliance:kyc-case", args=[case.id])
    assert "Nobody was asked about this case" in client.get(page).content.decode()
    assert client.post(reverse("compliance:kyc-identity-check", args=[case.id])).status_code == 302
    (check,) = selectors.identity_checks(case.id)
    findings = [{"code": "liveness", "outcome": "consider", "detail": "<b>dim</b>"}]
    assert send(client, body_of(check.id, outcome="consider", findings=findings)).status_code == 200
    told = client.get(page).content.decode()
    assert "To be looked at" in told
    assert "&lt;b&gt;dim&lt;/b&gt;" in told
