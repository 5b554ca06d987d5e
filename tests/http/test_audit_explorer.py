"""The audit explorer as a compliance officer, an operator, an auditor and an outsider meet it."""

import base64
import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.accounts.facts import UserFacts
from portal.audit import selectors as audit
from portal.audit import signing
from portal.audit.sequencer import seal_all
from portal.console import audit as explorer
from portal.console import audit_export
from portal.domain.actors import Actor
from portal.domain.roles import Role
from portal.ledger import services as ledger
from portal.ledger.facts import Leg
from tests.factories import accounts
from tests.factories.trail import CASE, EXPLORER, EXPORT, LOG, page, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client) -> UserFacts:
    who = accounts.member(Role.COMPLIANCE_OFFICER)
    accounts.sign_in(client, who)
    return who


def listed(text: str) -> list[str]:
    """Ids of the events in the list, in order."""
    return re.findall(r'<td class="mm"><a href="/compliance/audit/([0-9a-f-]{36})/"', text)


def exported_events():
    return [json.loads(one.facts) for one in audit.events(action="audit.exported")]


# --- searching


def test_the_explorer_lists_events_newest_first(client, officer, now):
    first, second = record(now), record(now, action="kyc.reopened")
    assert listed(page(client))[:2] == [str(second), str(first)]


@pytest.mark.parametrize(
    "query",
    [
        {"actor": "Okafor"},
        {"actor": "17"},
        {"subject": CASE},
        {"action": "kyc."},
        {"text": "passport"},
        {"text": "kyc.approved"},
        {"action": "kyc.", "actor": "Okafor", "text": "Passport seen"},
    ],
)
def test_an_event_is_found_by_each_field(client, officer, now, query):
    wanted = record(now, reason="Passport seen.")
    record(now, action="offering.closed", subject="offering:1", actor=Actor.worker("offerings"))
    assert listed(page(client, **query)) == [str(wanted)]


def test_an_event_is_found_by_its_id(client, officer, now):
    wanted = record(now)
    record(now)
    assert listed(page(client, text=str(wanted))) == [str(wanted)]


def test_a_time_span_takes_its_last_day_whole(client, officer, now):
    early = record(now.replace(year=2025, month=3, day=1, hour=23))
    record(now.replace(year=2025, month=3, day=2, hour=0))
    assert listed(page(client, since="2025-03-01", until="2025-03-01")) == [str(early)]
    assert listed(page(client, since="2025-02-01", until="2025-03-01T22:00")) == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "yesterday"}, "This is a day such as 2026-11-23"),
        ({"until": "2026-13-01"}, "This is a day such as 2026-11-23"),
        ({"until": "9999-12-31"}, "This is a day such as 2026-11-23"),
        ({"since": "2026-05-02", "until": "2026-05-01"}, "The span ends before it begins."),
        ({"text": "x" * 121}, "at most 120 characters"),
    ],
)
def test_a_search_that_cannot_be_read_says_which_field(client, officer, query, sentence):
    answer = client.get(EXPLORER, query)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    refused = client.get(EXPORT, {**query, "format": "csv"})
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert exported_events() == []


def test_pages_go_on_where_the_last_one_ended_while_events_are_added(client, officer, now):
    ids = [str(record(now)) for _ in range(5)]
    first = page(client, action="kyc.", limit=2)
    assert listed(first) == [ids[4], ids[3]]
    older = re.search(r'href="([^"]+)" rel="next"', first).group(1).replace("&amp;", "&")
    record(now)
    second = client.get(older).content.decode()
    assert listed(second) == [ids[2], ids[1]]
    assert client.get(EXPLORER, {"after": "nonsense"}).status_code == 422


def test_text_of_events_is_escaped(client, officer, now):
    event_id = record(now, reason="<script>alert(1)</script>", after={"name": "<b>x</b>"})
    for text in (page(client, action="kyc."), page(client, f"{EXPLORER}{event_id}/")):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text


# --- one record


def test_a_record_says_who_what_when_where_why_before_and_after(client, officer, now):
    organisation = accounts.issuer("Harborview LLC")
    event_id = record(
        now,
        reason="Passport seen.",
        organisation=organisation.id,
        before={"state": "in_review", "level": 1},
        after={"state": "approved", "level": 1},
        documents=["ab12"],
    )
    text = page(client, f"{EXPLORER}{event_id}/")
    for told in (
        "Ines Okafor",
        "kyc.approved",
        CASE,
        "192.0.2.7",
        "Passport seen.",
        "Harborview LLC",
        "ab12",
    ):
        assert told in text
    assert "<del>state: in_review</del>" in text
    assert "<ins>state: approved</ins>" in text
    assert "level: 1" not in text


def test_a_sealed_record_is_proved_on_the_server_and_one_that_waits_says_so(client, officer, now):
    event_id = record(now)
    waiting = page(client, f"{EXPLORER}{event_id}/")
    assert "Not sequenced yet" in waiting
    assert '<span class="pill ">Not sequenced yet</span>' in waiting
    seal_all(at=now)
    event, head = audit.event(event_id), audit.latest_checkpoint()
    text = page(client, f"{EXPLORER}{event_id}/")
    assert "Verified on this server" in text
    assert f"In the log at place {event.leaf_index}, counted from 0, of {head.size}." in text
    assert head.root.hex() in text
    for step in audit.inclusion(event.leaf_index, head.size):
        assert step.hex() in text


def test_the_subjects_whole_history_is_a_timeline_and_nothing_of_others(client, officer, now):
    subject = "case:1"
    mine = [record(now, subject=subject), record(now, subject=subject, action="kyc.reopened")]
    other = record(now, subject="case:12")
    text = page(client, f"{EXPLORER}{mine[0]}/")
    timeline = text[text.index('<ol class="time">') :]
    assert [str(mine[1]), str(mine[0])] == re.findall(r"/compliance/audit/([0-9a-f-]{36})/\"", timeline)
    assert str(other) not in text


def test_a_fact_that_names_something_leads_to_its_history(client, officer, now):
    text = page(client, f"{EXPLORER}{record(now, cause=CASE, note='case: closed')}/")
    assert f'<a href="{EXPLORER}?subject={CASE}">{CASE}</a></dd>' in text.replace("%3A", ":")
    assert ">case: closed</dd>" in text


def test_a_long_history_leads_to_the_whole_of_it(client, officer, now, monkeypatch):
    monkeypatch.setattr(explorer, "HISTORY", 2)
    ids = [record(now) for _ in range(3)]
    text = page(client, f"{EXPLORER}{ids[2]}/")
    assert "The whole history" in text
    assert str(ids[0]) not in text[text.index('<ol class="time">') :]


def test_the_record_of_a_posting_leads_to_its_entries(client, officer, now):
    me = Actor.worker("test")
    usd = ledger.define_instrument(code="USD", kind="cash", scale=2, name="US dollar", actor=me, at=now)
    bank = ledger.open_account(owner="outside", instrument_id=usd.id, purpose="bank")
    cash = ledger.open_account(owner="investor:ann", instrument_id=usd.id, purpose="cash")
    posted = ledger.post(
        key="k1",
        kind="funding.deposit",
        reference="deposit:1",
        legs=[Leg(bank, -123_456), Leg(cash, 123_456)],
        actor=me,
        at=now,
    )
    event = audit.events(about=f"transaction:{posted.transaction_id}")[0]
    text = page(client, f"{EXPLORER}{event.event_id}/")
    assert "investor:ann" in text
    assert "1,234.56" in text
    assert f'href="/proof/{posted.transaction_id}/"' in text
    back = page(client, f"/proof/{posted.transaction_id}/")
    assert f'href="{EXPLORER}{event.event_id}/"' in back


def test_a_record_whose_row_was_changed_by_a_superuser_is_shown_as_broken(
    client, now, transactional_db, superuser_connection
):
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    event_id = record(now, reason="Passport seen.")
    seal_all(at=now)
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE audit_event SET reason = 'Nothing seen.' WHERE event_id = %s", [event_id])
    text = page(client, f"{EXPLORER}{event_id}/")
    assert "The proof does not hold." in text
    assert "Verified on this server" not in text


def test_an_unknown_record_is_not_found(client, officer):
    assert client.get(f"{EXPLORER}{uuid4()}/").status_code == 404
    assert client.get(f"{EXPLORER}{uuid4()}/bundle.json").status_code == 404


# --- exports


def test_the_csv_holds_what_was_found_with_formulas_made_plain(client, officer, now):
    record(now, reason='=HYPERLINK("http://evil.example","x")', subject="case:1")
    record(now, action="offering.closed", subject="offering:1")
    answer = client.get(EXPORT, {"format": "csv", "action": "kyc."})
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["action"], row["subject"], row["reason"]) for row in rows] == [
        ("kyc.approved", "case:1", '\'=HYPERLINK("http://evil.example","x")')
    ]


def test_the_json_holds_the_search_the_head_and_the_events(client, officer, now):
    event_id = record(now, after={"state": "approved"})
    seal_all(at=now)
    told = json.loads(client.get(EXPORT, {"format": "json", "action": "kyc."}).content)
    assert told["search"] == {"action": "kyc."}
    assert told["checkpoint"] == audit.latest_checkpoint().note
    assert [(one["event_id"], one["facts"], one["leaf_index"]) for one in told["events"]] == [
        (str(event_id), {"after": {"state": "approved"}}, audit.event(event_id).leaf_index)
    ]


def verifier(bundle: Path, *more: str) -> subprocess.CompletedProcess:
    argv = [sys.executable, "-m", "portal.audit.verifier", str(bundle), *more]
    return subprocess.run(
        argv,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=settings.BASE_DIR,
        env={"PATH": "/usr/bin"},
        check=False,
    )


def test_the_stand_alone_verifier_accepts_an_exported_bundle_and_no_other(client, officer, now, tmp_path):
    ids = [record(now, subject=f"case:{number}") for number in range(3)]
    seal_all(at=now)
    late = record(now, subject="case:late")
    answer = client.get(EXPORT, {"format": "bundle", "action": "kyc."})
    assert answer["Content-Disposition"].endswith('.json"')
    told = json.loads(answer.content)
    assert [one["event"]["event_id"] for one in told["entries"]] == [str(one) for one in reversed(ids)]
    assert told["not_in_log_yet"] == [str(late)]
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(answer.content)
    accepted = verifier(bundle, "--key", base64.b64encode(signing.public_key()).decode())
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert accepted.stdout.count("kyc.approved on case:") == 3
    told["entries"][0]["event"]["reason"] = "Something else."
    bundle.write_text(json.dumps(told))
    refused = verifier(bundle)
    assert refused.returncode == 1
    assert refused.stdout.startswith("REJECTED: the inclusion proof of leaf")


def test_the_proof_of_one_record_is_accepted_by_the_verifier(client, officer, now, tmp_path):
    event_id = record(now)
    assert client.get(f"{EXPLORER}{event_id}/bundle.json").status_code == 409
    seal_all(at=now)
    answer = client.get(f"{EXPLORER}{event_id}/bundle.json")
    assert answer["Content-Disposition"] == f'attachment; filename="proof-{event_id}.json"'
    bundle = tmp_path / "proof.json"
    bundle.write_bytes(answer.content)
    assert verifier(bundle).returncode == 0


def test_an_export_is_itself_recorded_without_what_was_searched_for(client, officer, now):
    record(now)
    page(client, actor="Okafor")
    assert exported_events() == []
    answer = client.get(EXPORT, {"format": "json", "actor": "Okafor", "since": "2020-01-01"})
    (told,) = exported_events()
    assert told == {
        "content_sha256": audit_export.sha256_hex(answer.content),
        "events": 1,
        "format": "json",
        "narrowed_by": ["actor", "since"],
        "since": "2020-01-01T00:00:00.000000Z",
    }
    (event,) = audit.events(action="audit.exported")
    assert event.actor_id == str(officer.id)


def test_an_export_that_would_leave_something_out_is_refused(client, officer, now, monkeypatch):
    monkeypatch.setitem(audit_export.MOST, "csv", 2)
    for _ in range(3):
        record(now)
    answer = client.get(EXPORT, {"format": "csv", "action": "kyc."})
    assert answer.status_code == 422
    assert "More than 2 events fit this search" in answer.content.decode()
    assert client.get(EXPORT, {"format": "xml"}).status_code == 422
    assert client.get(EXPORT, {"format": "csv", "text": "nobody has this"}).status_code == 422
    assert client.get(EXPORT, {"format": "bundle", "action": "kyc."}).status_code == 409
    assert exported_events() == []


# --- who may


def test_rights_follow_the_permission_table(client, now):
    event_id = record(now)
    pages = (EXPLORER, f"{EXPLORER}{event_id}/", f"{EXPORT}?format=csv", LOG)
    expected = {
        Role.COMPLIANCE_OFFICER: (200, 200, 200, 200),
        Role.AUDITOR: (200, 200, 200, 200),
        Role.OPERATOR: (403, 403, 403, 200),
        Role.ISSUER_ADMIN: (403, 403, 403, 403),
        Role.INVESTOR: (403, 403, 403, 403),
    }
    for role, answers in expected.items():
        accounts.sign_in(client, accounts.member(role))
        assert tuple(client.get(one).status_code for one in pages) == answers, role
    client.logout()
    for one in pages:
        assert client.get(one).status_code == 302


def test_a_search_reads_the_database_as_often_for_many_events_as_for_few(client, officer, now):
    reads = []
    for count in (3, 27):
        for _ in range(count):
            record(now)
        seal_all(at=now)
        page(client)
        with CaptureQueriesContext(connection) as seen:
            page(client)
        reads.append(len(seen))
    assert reads[0] == reads[1] < 45
