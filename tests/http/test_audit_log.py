"""The transparency log's own page, and what a witness without sign-in may ask for."""

import pytest

from portal.accounts.facts import UserFacts
from portal.audit import selectors as audit
from portal.audit import signing
from portal.audit.sequencer import seal_all
from portal.console import audit_proofs
from portal.domain.merkle import verify_consistency
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.trail import LOG, page, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client) -> UserFacts:
    who = accounts.member(Role.COMPLIANCE_OFFICER)
    accounts.sign_in(client, who)
    return who


# --- the log's health


def test_log_health_shows_the_head_the_key_and_what_waits(client, officer, now):
    record(now)
    seal_all(at=now)
    record(now)
    text = page(client, LOG)
    head = audit.latest_checkpoint()
    assert head.root.hex() in text
    assert head.note.splitlines()[-1].replace("+", "&#x2B;") in text or head.note.splitlines()[-1] in text
    assert signing.verifier_key() in text.replace("&#x2B;", "+")
    assert 'href="/log/key"' in text


def test_each_visit_proves_that_nothing_was_rewritten_since_the_one_before(client, officer, now):
    record(now)
    seal_all(at=now)
    assert "Nothing is remembered of an earlier visit" in page(client, LOG)
    assert "Nothing was added to" in page(client, LOG)
    for _ in range(5):
        record(now)
    seal_all(at=now)
    assert "nothing was rewritten since" in page(client, LOG)
    assert client.session[audit_proofs.SEEN]["size"] == audit.latest_checkpoint().size


def test_a_log_that_was_rewritten_is_said_plainly_and_what_was_seen_is_kept(client, officer, now):
    record(now)
    seal_all(at=now)
    page(client, LOG)
    session = client.session
    seen = {**session[audit_proofs.SEEN], "root": "00" * 32}
    session[audit_proofs.SEEN] = seen
    session.save()
    record(now)
    seal_all(at=now)
    for _ in range(2):
        text = page(client, LOG)
        assert "The log was rewritten since your last visit" in text
        assert "Consistency check failed." in text
    assert client.session[audit_proofs.SEEN] == seen
    assert "The log was rewritten." in page(client)


def test_a_log_that_shrank_is_said_plainly(client, officer, now):
    record(now)
    seal_all(at=now)
    page(client, LOG)
    session = client.session
    session[audit_proofs.SEEN] = {**session[audit_proofs.SEEN], "size": 10_000}
    session.save()
    assert "fewer than the 10,000 entries seen" in page(client, LOG)


# --- witnesses


def test_a_witness_without_sign_in_proves_that_the_log_only_grew(client, now):
    for _ in range(3):
        record(now)
    seal_all(at=now)
    old = audit.latest_checkpoint()
    assert client.get("/log/checkpoint").content.decode() == old.note
    for _ in range(4):
        record(now)
    seal_all(at=now)
    new = audit.latest_checkpoint()
    told = client.get("/log/consistency", {"from": old.size}).json()
    assert (told["from"], told["to"], told["checkpoint"]) == (old.size, new.size, new.note)
    proof = [bytes.fromhex(step) for step in told["consistency"]]
    verify_consistency(old.size, new.size, old.root, new.root, proof)
    assert client.get("/log/consistency", {"from": 1, "to": old.size}).json()["checkpoint"] == old.note
    assert client.get("/log/key").content.decode() == signing.verifier_key() + "\n"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "from"),
        ({"from": "0"}, "from"),
        ({"from": "-1"}, "from"),
        ({"from": "٣"}, "from"),
        ({"from": "1e3"}, "from"),
        ({"from": "9" * 40}, "from"),
        ({"from": "1", "to": "999"}, "to"),
        ({"from": "2", "to": "1"}, "from"),
    ],
)
def test_a_witness_who_asks_for_what_there_is_not_gets_a_problem_naming_the_field(client, now, query, field):
    record(now), record(now)
    seal_all(at=now)
    answer = client.get("/log/consistency", query)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["field"] == field


def test_an_empty_log_has_no_proof_to_give(client):
    assert client.get("/log/consistency", {"from": 1}).status_code == 404
