"""The compliance console: its door, its queue, the outbox's dead letters, and the health page."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from portal.audit.selectors import events
from portal.domain.roles import Role
from portal.http import desk
from portal.http.desk import Task
from portal.outbox import selectors, services
from portal.outbox.models import Message
from tests.factories import accounts

pytestmark = pytest.mark.django_db


def enter(client: Client, role: Role):
    who = accounts.member(role)
    accounts.sign_in(client, who)
    return who


def dead_letter(now: datetime) -> int:
    with transaction.atomic():
        services.enqueue(topic="portal.test.mail", key="a", payload={"id": "1"}, at=now)
    message = Message.objects.get(topic="portal.test.mail", key="a")
    Message.objects.filter(pk=message.pk).update(
        state="dead", attempts=12, last_error="<b>Refused</b> by the host"
    )
    return message.pk


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.INVESTOR, 403),
        (Role.ISSUER_ADMIN, 403),
        (Role.ISSUER_VIEWER, 403),
        (Role.OPERATOR, 200),
        (Role.COMPLIANCE_OFFICER, 200),
        (Role.AUDITOR, 200),
    ],
)
def test_who_may_enter(client: Client, role: Role, status: int) -> None:
    enter(client, role)
    for path in ("/compliance/", "/compliance/health/", "/compliance/outbox/", "/compliance/approvals/"):
        assert client.get(path).status_code == status, path


def test_the_queue_counts_filters_and_leads_to_the_next_case(
    client: Client, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    tasks = [
        Task("Young case", "/young/", "Open", since=now, group="KYC"),
        Task("Old <i>case</i>", "/old/", "Open", since=now - timedelta(days=3), group="KYC"),
        Task("Claim", "/claim/", "Open", since=now - timedelta(days=1), group="Accreditation"),
    ]
    monkeypatch.setattr(desk.compliance, "sources", [lambda request: tasks])
    enter(client, Role.COMPLIANCE_OFFICER)
    page = client.get("/compliance/").content.decode()
    assert "3 cases wait" in page
    assert page.index("Old &lt;i&gt;case&lt;/i&gt;") < page.index("Claim") < page.index("Young case")
    assert '<a class="btn primary" href="/old/">' in page
    chosen = client.get("/compliance/?group=Accreditation").content.decode()
    assert "Claim" in chosen
    assert "Young case" not in chosen


def test_an_operator_retries_a_dead_letter_once(client: Client, now: datetime) -> None:
    message_id = dead_letter(now)
    who = enter(client, Role.OPERATOR)
    page = client.get("/compliance/outbox/").content.decode()
    assert "One message could not be delivered" in page
    assert "&lt;b&gt;Refused&lt;/b&gt; by the host" in page
    for _ in range(2):
        answer = client.post(f"/compliance/outbox/{message_id}/retry/", {"form_key": "retry-it-only-once"})
        assert answer.status_code == 302
    assert selectors.counts() == {"waiting": 1}
    assert [event.actor_id for event in events(action="outbox.retried")] == [str(who.id)]


def test_a_message_that_is_not_dead_is_not_retried(client: Client, now: datetime) -> None:
    message_id = dead_letter(now)
    enter(client, Role.OPERATOR)
    client.post(f"/compliance/outbox/{message_id}/retry/", {"form_key": "first-of-the-keys"})
    answer = client.post(f"/compliance/outbox/{message_id}/retry/", {"form_key": "second-of-the-keys"})
    assert answer.status_code == 409
    assert "Possible from here" in answer.content.decode()
    assert client.post("/compliance/outbox/999999/retry/").status_code == 404


def test_readers_of_the_outbox_cannot_retry(client: Client, now: datetime) -> None:
    message_id = dead_letter(now)
    enter(client, Role.AUDITOR)
    assert "/retry/" not in client.get("/compliance/outbox/").content.decode()
    assert client.post(f"/compliance/outbox/{message_id}/retry/").status_code == 403
    assert selectors.counts() == {"dead": 1}


def test_health_tells_what_is_behind(client: Client, now: datetime) -> None:
    with transaction.atomic():
        services.enqueue(topic="portal.test.mail", key="late", payload={}, at=now - timedelta(minutes=10))
    dead = dead_letter(now)
    enter(client, Role.OPERATOR)
    page = client.get("/compliance/health/").content.decode()
    assert dead
    assert "Answers" in page
    assert "Behind" in page
    assert "Is the relay running?" in page
    assert "They were tried and given up" in page
