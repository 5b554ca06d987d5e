"""Checks by an outside identity provider, against a process that stands in for one: real sockets, and it dies."""

import base64
import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from investors.domain.identity_checks import UnreadableResult
from investors.domain.signed_messages import SignedMessage
from investors.kyc import checks, decisions, selectors, services
from investors.kyc.models import IdentityCheck, ProviderMessage
from investors.kyc.provider import ProviderUnavailable
from investors.kyc.tasks import begin_identity_checks
from portal.accounts.fields import Sealed
from portal.audit import selectors as audit
from portal.domain.actors import Actor
from portal.domain.errors import Conflict
from portal.domain.lifecycle import NotAllowedNow
from portal.domain.roles import Role
from portal.outbox import selectors as outbox
from tests.factories import accounts
from tests.factories.investors import submitted_case
from tests.processes import Program, answers, free_port

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
WORKER = Actor.worker("kyc")


class StandIn:
    """The other side: its process, and what one can tell it."""

    def __init__(self, folder, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.program = Program(
            "identity-provider",
            ["-m", "tests.identity_provider", str(port), SECRET],
            folder=folder,
            ready=lambda _: answers(f"{self.url}/asked"),
            extra={},
        )

    def tell(self, path: str, **told) -> dict:
        body = json.dumps(told).encode() if told else None
        with urllib.request.urlopen(f"{self.url}{path}", data=body, timeout=30) as answer:
            return json.load(answer)

    def behave(self, mode: str) -> None:
        self.tell("/behave", mode=mode)


@pytest.fixture
def stand_in(tmp_path, settings):
    """Running, and known to the settings of this process."""
    made = StandIn(tmp_path, free_port())
    made.program.start()
    settings.IDENTITY_PROVIDER_URL = made.url
    settings.IDENTITY_PROVIDER_TOKEN = "token"
    settings.IDENTITY_PROVIDER_SECRET = [SECRET]
    settings.IDENTITY_PROVIDER_TIMEOUT_SECONDS = 0.5
    yield made
    made.program.kill()


def waiting(topic: str) -> list:
    return [one for one in outbox.messages() if one.topic == topic]


def asked(case, now) -> UUID:
    (check_id,) = checks.request(case_id=case.id, actor=accounts.SETUP, at=now)
    return check_id


def message(check_id, *, message_id="", reference="IDP-1", at=None, **data) -> SignedMessage:
    told = {"check_id": str(check_id), "reference": reference, "outcome": "clear", **data}
    text = json.dumps({"type": "identity_check.completed", "data": told})
    return SignedMessage(message_id or f"msg_{uuid4().hex}", at or datetime.now(UTC), text)


@pytest.mark.django_db
def test_without_a_provider_officers_look_themselves(now):
    case = submitted_case(at=now)
    with pytest.raises(checks.NoProvider):
        checks.request(case_id=case.id, actor=accounts.SETUP, at=now)
    assert selectors.identity_checks(case.id) == []
    assert waiting(services.BEGIN_CHECKS) == []


@pytest.mark.django_db
def test_a_submission_asks_the_provider_once(stand_in, now):
    case = submitted_case(at=now)
    (begin,) = waiting(services.BEGIN_CHECKS)
    begin_identity_checks(begin.id)
    (check,) = selectors.identity_checks(case.id)
    assert (check.state, check.subject) == ("requested", f"investor:{case.investor_id}")
    assert len(waiting(checks.START)) == 1
    with pytest.raises(checks.NobodyToCheck):
        asked(case, now)
    assert len(selectors.identity_checks(case.id)) == 1


@pytest.mark.django_db
def test_of_joint_holders_each_is_checked_and_of_an_entity_its_people(stand_in, now):
    joint, entity = submitted_case(at=now, kind="joint"), submitted_case(at=now, kind="entity")
    for case in (joint, entity):
        checks.request(case_id=case.id, actor=accounts.SETUP, at=now)
    kinds = [
        sorted(one.subject.partition(":")[0] for one in selectors.identity_checks(case.id))
        for case in (joint, entity)
    ]
    assert kinds == [["investor", "related_person"], ["related_person"]]


@pytest.mark.django_db
def test_a_call_made_twice_starts_one_check(stand_in, now):
    case = submitted_case(at=now)
    check_id = asked(case, now)
    for _ in range(2):
        checks.start(check_id=check_id, actor=WORKER, at=now)
    (check,) = selectors.identity_checks(case.id)
    assert (check.state, check.reference, check.continue_url) == ("started", "IDP-1", "https://id.example/1")
    told = stand_in.tell("/asked")
    assert told["asked"] == [{"key": str(check_id), "as": "Bearer token"}]
    (event,) = [
        one
        for one in audit.events(subject=f"kyc_case:{case.id}")
        if one.action == "kyc.identity_check_started"
    ]
    assert json.loads(event.facts)["fields_sent"] == ["born", "country", "name"]


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["busy", "silent", "drips"])
def test_a_provider_that_does_not_answer_in_time_is_asked_again(stand_in, now, mode):
    case = submitted_case(at=now)
    check_id = asked(case, now)
    stand_in.behave(mode)
    begun = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        checks.start(check_id=check_id, actor=WORKER, at=now)
    assert time.monotonic() - begun < 5
    (check,) = selectors.identity_checks(case.id)
    assert (check.state, check.failures) == ("requested", 1)
    assert check.last_error.startswith("The identity provider")
    stand_in.behave("well")
    checks.start(check_id=check_id, actor=WORKER, at=now)
    (check,) = selectors.identity_checks(case.id)
    assert (check.state, check.last_error) == ("started", "")
    assert len(stand_in.tell("/asked")["checks"]) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["refuses", "elsewhere", "huge", "nonsense"])
def test_a_provider_that_refuses_or_talks_nonsense_is_not_asked_again(stand_in, now, mode):
    case = submitted_case(at=now)
    check_id = asked(case, now)
    stand_in.behave(mode)
    checks.start(check_id=check_id, actor=WORKER, at=now)
    checks.start(check_id=check_id, actor=WORKER, at=now)
    (check,) = selectors.identity_checks(case.id)
    assert (check.state, check.reference) == ("refused", "")
    assert len(stand_in.tell("/asked")["asked"]) == 1
    assert selectors.case(case.id).state == "submitted"


@pytest.mark.django_db
def test_a_provider_that_was_killed_is_asked_again_when_it_is_back(stand_in, now):
    case = submitted_case(at=now)
    check_id = asked(case, now)
    stand_in.program.kill()
    with pytest.raises(ProviderUnavailable):
        checks.start(check_id=check_id, actor=WORKER, at=now)
    assert selectors.identity_checks(case.id)[0].failures == 1
    stand_in.program.start()
    checks.start(check_id=check_id, actor=WORKER, at=now)
    assert selectors.identity_checks(case.id)[0].state == "started"


@pytest.mark.django_db
def test_a_result_is_evidence_and_decides_nothing(stand_in, now):
    case = submitted_case(at=now)
    check_id = asked(case, now)
    findings = [{"code": "document", "outcome": "failed", "detail": "Blurred"}]
    told = message(check_id, outcome="failed", findings=findings, document_expires_on="2030-01-31")
    assert checks.receive(message=told, at=now) == "accepted"
    (check,) = selectors.identity_checks(case.id)
    assert (check.state, check.outcome_label, check.findings) == (
        "completed",
        "Not confirmed",
        tuple(findings),
    )
    assert selectors.case(case.id).state == "submitted"
    row = IdentityCheck.objects.get(pk=check_id)
    assert isinstance(row.__dict__["report"], Sealed)
    assert row.report == told.text

    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    by = {"officer_id": officer.id, "actor": accounts.actor(officer), "at": now}
    decisions.take(case_id=case.id, **by)
    decisions.approve(case_id=case.id, reason="Seen in person instead.", **by)
    (event,) = [one for one in audit.events(subject=f"kyc_case:{case.id}") if one.action == "kyc.approved"]
    assert json.loads(event.facts)["provider_reports"] == [check.sha256]


@pytest.mark.django_db
def test_a_message_counts_once_and_a_check_ends_once(stand_in, now):
    case = submitted_case(at=now)
    check_id = asked(case, now)
    first = message(check_id, message_id="msg_1")
    checks.receive(message=first, at=now)
    with pytest.raises(checks.Replayed):
        checks.receive(message=first, at=now)
    with pytest.raises(NotAllowedNow):
        checks.receive(message=message(check_id, outcome="failed"), at=now)
    assert selectors.identity_checks(case.id)[0].outcome == "clear"
    assert list(ProviderMessage.objects.values_list("message_id", flat=True)) == ["msg_1"]


@pytest.mark.django_db
def test_an_unknown_check_or_reference_is_not_found_and_not_remembered(stand_in, now):
    case = submitted_case(at=now)
    check_id = asked(case, now)
    checks.start(check_id=check_id, actor=WORKER, at=now)
    for told in (message(uuid4()), message(check_id, reference="IDP-other")):
        with pytest.raises(checks.NoSuchCheck):
            checks.receive(message=told, at=now)
    with pytest.raises(UnreadableResult):
        checks.receive(message=message(check_id, outcome="perfect"), at=now)
    assert selectors.identity_checks(case.id)[0].state == "started"
    assert not ProviderMessage.objects.exists()


@pytest.mark.django_db
def test_nobody_is_checked_for_a_case_that_is_decided(stand_in, now):
    case = submitted_case(at=now)
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    by = {"officer_id": officer.id, "actor": accounts.actor(officer), "at": now}
    decisions.take(case_id=case.id, **by)
    decisions.reject(case_id=case.id, reason="Will not say who he is.", **by)
    with pytest.raises(Conflict):
        asked(case, now)
    assert selectors.identity_checks(case.id) == []


@pytest.fixture
def environment_of_programs(stand_in, monkeypatch):
    """The stand-in is known to processes that start after this."""
    monkeypatch.setenv("IDENTITY_PROVIDER_URL", stand_in.url)
    monkeypatch.setenv("IDENTITY_PROVIDER_TOKEN", "token")
    monkeypatch.setenv("IDENTITY_PROVIDER_SECRET", SECRET)
    monkeypatch.setenv("IDENTITY_PROVIDER_TIMEOUT_SECONDS", "2")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("processes")
def test_from_submission_to_evidence_with_every_process_apart(
    environment_of_programs, stand_in, web_server, celery_worker, relay, monkeypatch
):
    """Worker, relay, web server and provider; the provider and then the worker are killed on the way."""
    monkeypatch.setenv("SITE_URL", web_server)
    stand_in.program.kill()
    worker = celery_worker()
    relay()
    case = submitted_case(at=datetime.now(UTC) - timedelta(seconds=1))

    def check():
        return next(iter(selectors.identity_checks(case.id)), None)

    wait_until(lambda: check() is not None and check().failures >= 1, "a call without an answer")
    worker.kill()
    stand_in.program.start()
    worker.start()
    wait_until(lambda: check().state == "started", "the check to begin")
    assert len(stand_in.tell("/asked")["checks"]) == 1
    got = stand_in.tell("/finish", check_id=str(check().id), outcome="consider")
    assert got == {"first": 200, "again": 409}
    assert (check().state, check().outcome) == ("completed", "consider")
    assert selectors.case(case.id).state == "submitted"


def wait_until(holds, what: str, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, f"waited for {what}; messages: {outbox.messages()}"
        time.sleep(0.1)
