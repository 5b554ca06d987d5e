"""The trail, the log and their verification: what is recorded is found, proved, and cannot be changed unseen."""

import itertools
import json
import re
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from portal.audit import selectors, services, verifier
from portal.audit.sequencer import Sequencer, seal_all
from portal.audit.verify import verify_log
from portal.audit.witness import HistoryRewritten, look
from portal.domain.actors import Actor
from portal.domain.merkle import verify_consistency, verify_inclusion
from portal.ledger import services as ledger
from portal.ledger.facts import Leg
from portal.ledger.verify import verify_ledger

ME = Actor.worker("test")


def record(now, number=0, **more):
    with transaction.atomic():
        return services.record(actor=ME, action="test.done", subject=f"thing:{number}", at=now, **more)


@pytest.mark.django_db(transaction=True)
def test_a_record_stands_only_with_its_transaction(now):
    with pytest.raises(services.OutsideTransaction):
        services.record(actor=ME, action="test.done", subject="thing:1", at=now)
    with pytest.raises(RuntimeError), transaction.atomic():
        services.record(actor=ME, action="test.done", subject="thing:1", at=now)
        raise RuntimeError
    assert selectors.events() == []


@pytest.mark.django_db
def test_a_record_says_who_what_when_where_why_before_and_after(now):
    officer = Actor("user", "17", "Ines Okafor", "192.0.2.7", "s-1")
    with transaction.atomic():
        event_id = services.record(
            actor=officer, action="kyc.approved", subject="case:9", at=now, reason="Passport seen.",
            before={"state": "in_review"}, after={"state": "approved"}, documents=["ab12"],
        )  # fmt: skip
    told = selectors.event(event_id)
    assert (told.actor_id, told.actor_label, told.origin, told.session) == (
        "17",
        "Ines Okafor",
        "192.0.2.7",
        "s-1",
    )
    assert (told.action, told.subject, told.reason, told.happened_at) == (
        "kyc.approved",
        "case:9",
        "Passport seen.",
        now,
    )
    assert selectors.facts_of(told) == {
        "before": {"state": "in_review"}, "after": {"state": "approved"}, "documents": ["ab12"],
    }  # fmt: skip
    assert told.leaf_index is None


@pytest.mark.django_db
def test_events_are_found_by_actor_subject_action_text_and_page(now):
    for number in range(5):
        record(now, number, reason=f"because {number}")
    assert [e.subject for e in selectors.events(limit=2)] == ["thing:4", "thing:3"]
    assert [e.subject for e in selectors.events(before_id=selectors.events()[1].id, limit=1)] == ["thing:2"]
    assert len(selectors.events(actor="test")) == 5
    assert len(selectors.events(actor="somebody else")) == 0
    assert [e.subject for e in selectors.events(text="because 3")] == ["thing:3"]
    assert [e.subject for e in selectors.events(subject="thing:1")] == ["thing:1"]
    assert len(selectors.events(action="test.")) == 5


@pytest.mark.django_db
def test_sealing_gives_every_event_a_place_and_signs_the_head(now):
    for number in range(300):
        record(now, number)
    assert seal_all(at=now) == 300
    assert seal_all(at=now) == 0
    head = selectors.latest_checkpoint()
    assert (head.size, selectors.waiting()) == (300, 0)
    tree = selectors.StoredTree()
    for place in (0, 1, 255, 256, 299):
        verify_inclusion(place, 300, tree(place, 1), selectors.inclusion(place, 300), head.root)
    assert verify_log() == []


@pytest.mark.django_db
def test_a_sequencer_goes_on_where_another_one_stopped(now):
    heads = []
    for count in (1, 255, 300, 1):
        for number in range(count):
            record(now, number)
        assert Sequencer().seal(at=now) == count
        heads.append(selectors.latest_checkpoint())
    for old, new in itertools.pairwise(heads):
        verify_consistency(old.size, new.size, old.root, new.root, selectors.consistency(old.size, new.size))
    assert verify_log() == []


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_not_lost(now):
    """Its id is taken first and becomes visible last: "everything above the last id" would never see it."""
    other = connection.copy()
    try:
        with transaction.atomic():
            late = services.record(actor=ME, action="test.late", subject="thing:late", at=now)
            with other.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO audit_event (happened_at, actor_kind, actor_id, actor_label, origin, session, action, "
                    "subject, reason, facts) VALUES (now(), 'worker', 'x', '', '', '', 'test.early', 'thing:e', '', '{}')"
                )
                cursor.execute("SELECT count(*) FROM audit_unsequenced")
                assert cursor.fetchone()[0] == 1
    finally:
        other.close()
    early = selectors.events(action="test.early")[0]
    assert selectors.event(late).id < early.id
    assert seal_all(at=now) == 2
    assert selectors.event(late).leaf_index is not None
    assert verify_log() == []


@pytest.mark.django_db
def test_the_application_cannot_put_a_foreign_leaf_into_the_log(now):
    record(now)
    event = selectors.events()[0].id
    forged = "SELECT audit_seal(0, ARRAY[%s]::bigint[], ARRAY['\\x00']::bytea[], '{}', '{}', '{}', '\\x00', '', now())"
    with (
        pytest.raises(DatabaseError, match="not the hash of its event"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(forged, [event])
    assert selectors.latest_checkpoint() is None


@pytest.mark.django_db
def test_a_bundle_is_accepted_offline_and_no_changed_bundle_is(now, tmp_path):
    kept = [record(now, number) for number in range(5)]
    seal_all(at=now)
    seen = selectors.latest_checkpoint()
    kept += [record(now, number) for number in range(5, 9)]
    seal_all(at=now)
    bundle = selectors.bundle([kept[0], kept[7]], since_size=seen.size)
    proved = verifier.verify(bundle, seen=seen.note)
    assert len(proved) == 4
    assert proved[-1] == "nothing was rewritten since the checkpoint over 5 entries"

    text = json.dumps(bundle)
    changed = [
        text.replace('"test.done"', '"test.dont"', 1),
        text.replace("thing:7", "thing:8"),
        text.replace('"leaf_index": 7', '"leaf_index": 6'),
        re.sub(r'"salt": "..', '"salt": "00', text, count=1),
        text.replace("9\\n", "8\\n", 1),
    ]
    for broken in changed:
        assert broken != text
        with pytest.raises(verifier.Rejected):
            verifier.verify(json.loads(broken))
    with pytest.raises(verifier.Rejected):
        verifier.verify(bundle, key=b"\x01" * 32)
    with pytest.raises(verifier.Rejected, match="no consistency proof"):
        verifier.verify(bundle, seen="another note")

    path = tmp_path / "bundle.json"
    path.write_text(text)
    ran = subprocess.run(
        [sys.executable, "-m", "portal.audit.verifier", path], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.count("ok: ")) == (0, 4)
    path.write_text(changed[0])
    ran = subprocess.run(
        [sys.executable, "-m", "portal.audit.verifier", path], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stdout.startswith("REJECTED: the inclusion proof of leaf 0")


def test_the_stand_alone_verifier_loads_nothing_of_the_portal():
    code = (
        "import sys, portal.audit.verifier; "
        "print([m for m in sys.modules if m.split('.')[0] in ('django', 'celery', 'psycopg') or "
        "m.startswith('portal.') and m not in ('portal.audit', 'portal.audit.verifier')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.django_db
def test_an_event_without_a_place_has_no_proof_yet(now):
    event = record(now)
    with pytest.raises(selectors.NotInLogYet):
        selectors.bundle([event])


@pytest.fixture
def sealed(transactional_db, now):
    """A small ledger with a reservation settled and one open, and a log over it all."""
    usd = ledger.define_instrument(code="USD", kind="cash", scale=2, name="US dollar", actor=ME, at=now)
    bank = ledger.open_account(owner="outside", instrument_id=usd.id, purpose="bank")
    ann = ledger.open_account(owner="investor:ann", instrument_id=usd.id, purpose="cash")
    bob = ledger.open_account(owner="investor:bob", instrument_id=usd.id, purpose="cash")

    def post(key, *legs):
        ledger.post(key=key, kind="test.moved", reference="test:1", legs=legs, actor=ME, at=now)

    post("1", Leg(bank, -10_000), Leg(ann, 10_000))
    post("2", Leg(ann, -100), Leg(bob, 100))
    held = ledger.reserve(key="r1", account_id=ann, amount=500, reference="test:1", actor=ME, at=now)
    ledger.settle(
        key="3", reservation_id=held, legs=[Leg(ann, -400), Leg(bob, 400)], kind="test.settled", reference="test:1",
        actor=ME, at=now,
    )  # fmt: skip
    ledger.reserve(key="r2", account_id=ann, amount=700, reference="test:1", actor=ME, at=now)
    for number in range(300):
        record(now, number)
    seal_all(at=now)
    record(now, 999)
    assert verify_ledger() + verify_log() == []


TAMPERED = [
    ("UPDATE ledger_entry SET amount = amount + 1 WHERE id = 2", "ledger_transaction 1 "),
    ("UPDATE ledger_entry SET balance_after = balance_after + 1 WHERE id = 2", "ledger_entry 2:"),
    (
        "UPDATE ledger_entry SET effective_at = effective_at - interval '1 day' WHERE id = 2",
        "ledger_transaction 1 ",
    ),
    ("UPDATE ledger_entry SET account_id = 3 WHERE id = 2", "ledger_transaction 1 "),
    ("UPDATE ledger_entry SET amount = -amount WHERE transaction_id = 2", "ledger_transaction 2 "),
    ("DELETE FROM ledger_entry WHERE transaction_id = 2", "ledger_transaction 2 "),
    (
        "DELETE FROM ledger_entry WHERE transaction_id = 2; DELETE FROM ledger_transaction WHERE id = 2",
        "transaction:",
    ),
    ("UPDATE ledger_transaction SET memo = 'gift' WHERE id = 1", "ledger_transaction 1 "),
    ("UPDATE ledger_transaction SET key = 'other' WHERE id = 1", "ledger_transaction 1 "),
    ("UPDATE ledger_transaction SET body_hash = '\\x00' WHERE id = 1", "ledger_transaction 1 "),
    (
        "UPDATE ledger_transaction SET effective_at = now() - interval '1 year' WHERE id = 1",
        "ledger_transaction 1 ",
    ),
    ("UPDATE ledger_balance SET posted = posted + 1 WHERE account_id = 2", "ledger_balance 2 "),
    ("UPDATE ledger_balance SET reserved = 0 WHERE account_id = 2", "ledger_balance 2:"),
    ("UPDATE ledger_balance SET last_effective_at = 'epoch' WHERE account_id = 2", "ledger_balance 2 "),
    ("UPDATE ledger_balance SET may_go_negative = true WHERE account_id = 2", "ledger_account 2 "),
    ("UPDATE ledger_account SET may_go_negative = true WHERE id = 2", "ledger_account 2 "),
    ("UPDATE ledger_account SET owner = 'investor:eve' WHERE id = 2", "ledger_account 2 "),
    (
        "UPDATE ledger_account SET owner = 'investor:eve', label = 'investor:eve|cash||USD' WHERE id = 2",
        "ledger_transaction 1 ",
    ),
    ("UPDATE ledger_instrument SET scale = 0", "ledger_instrument 1 "),
    ("UPDATE ledger_purpose SET may_go_negative = true WHERE name = 'cash'", "ledger_purpose cash/cash"),
    ("UPDATE ledger_reservation SET amount = 1 WHERE id = 2", "ledger_reservation 2 "),
    (
        "UPDATE ledger_reservation SET reserved_at = now() - interval '1 day' WHERE id = 2",
        "ledger_reservation 2 ",
    ),
    ("UPDATE ledger_reservation_end SET settled = 1", "ledger_reservation_end 1:"),
    ("DELETE FROM ledger_reservation_end", "ledger_balance 2:"),
    ("UPDATE audit_event SET reason = 'nothing' WHERE id = 20", "audit_event 20 "),
    (
        "UPDATE audit_event SET recorded_at = recorded_at - interval '1 second' WHERE id = 20",
        "audit_event 20 ",
    ),
    ("UPDATE audit_event SET actor_id = 'eve' WHERE id = 20", "audit_event 20 "),
    ("UPDATE audit_event SET salt = '\\x00' WHERE id = 20", "audit_event 20 "),
    ("UPDATE audit_event SET commitment = '\\x00' WHERE id = 20", "audit_event 20 "),
    ("DELETE FROM audit_event WHERE id = 20", "its event is gone"),
    ("UPDATE audit_leaf SET leaf_hash = '\\x00' WHERE leaf_index = 20", "audit_leaf 20:"),
    ("DELETE FROM audit_leaf WHERE leaf_index = 20", "place 20 is missing"),
    (
        "DELETE FROM audit_leaf WHERE leaf_index = (SELECT max(leaf_index) FROM audit_leaf)",
        "the log has only",
    ),
    ("UPDATE audit_node SET hash = '\\x00'", "audit_node level 1, index 0"),
    ("DELETE FROM audit_node", "audit_node level 1, index 0"),
    ("UPDATE audit_checkpoint SET root = '\\x00'", "audit_checkpoint"),
    ("UPDATE audit_checkpoint SET note = replace(note, 'time 2', 'time 1')", "audit_checkpoint"),
    ("UPDATE audit_checkpoint SET created_at = created_at - interval '1 day'", "audit_checkpoint"),
    ("DELETE FROM audit_checkpoint", "stand above the last checkpoint"),
    ("DELETE FROM audit_unsequenced", "neither in the log nor waiting"),
    ("INSERT INTO audit_unsequenced VALUES (424242)", "audit_unsequenced 424242"),
    (
        "UPDATE audit_event SET reason = 'x' WHERE id = (SELECT event FROM audit_unsequenced)",
        "its fields do not give",
    ),
]


@pytest.mark.slow
def test_whatever_a_superuser_changes_is_found_and_named(sealed, superuser_connection):
    for statement, named in TAMPERED:
        with superuser_connection.transaction():
            superuser_connection.execute("SET LOCAL session_replication_role = replica")
            tables = sorted(set(re.findall(r"(?:ledger|audit)_\w+", statement)))
            for table in tables:
                superuser_connection.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
            superuser_connection.execute(statement)
        differences = verify_ledger() + verify_log()
        assert any(named in difference for difference in differences), (statement, differences)
        with superuser_connection.transaction():
            superuser_connection.execute("SET LOCAL session_replication_role = replica")
            for table in tables:
                columns = ", ".join(
                    row[0]
                    for row in superuser_connection.execute(
                        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
                        "ORDER BY attnum",
                        [table],
                    )
                )
                superuser_connection.execute(f"DELETE FROM {table}")
                superuser_connection.execute(
                    f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept_{table}"
                )
                superuser_connection.execute(f"DROP TABLE kept_{table}")
        assert verify_ledger() + verify_log() == [], statement


def test_the_command_says_what_differs_and_fails(sealed, superuser_connection, capsys):
    call_command("verify")
    assert "Everything agrees." in capsys.readouterr().out
    with superuser_connection.transaction():
        superuser_connection.execute("SET LOCAL session_replication_role = replica")
        superuser_connection.execute("UPDATE ledger_balance SET posted = posted + 1 WHERE account_id = 2")
    with pytest.raises(CommandError, match="differences") as failed:
        call_command("verify")
    assert failed.value.returncode == 1
    assert (
        "ledger_balance 2 (investor:ann|cash||USD): it says 9501, the entries give 9500"
        in capsys.readouterr().err
    )


def test_a_witness_follows_growth_and_refuses_a_rewritten_log(sealed, superuser_connection, tmp_path, now):
    state = tmp_path / "head.json"
    first = look(state)
    seal_all(at=now)
    second = look(state)
    assert (first.old_size, second.old_size, second.size) == (0, first.size, first.size + 1)
    with superuser_connection.transaction():
        superuser_connection.execute("SET LOCAL session_replication_role = replica")
        for table in ("audit_checkpoint", "audit_leaf", "audit_node"):
            superuser_connection.execute(f"DELETE FROM {table}")
        superuser_connection.execute("UPDATE audit_event SET reason = 'x' WHERE id = 20")
        superuser_connection.execute(
            "UPDATE audit_event SET commitment = sha256(salt || convert_to(audit_canonical(audit_event), 'UTF8')) WHERE id = 20"
        )
        superuser_connection.execute("INSERT INTO audit_unsequenced SELECT id FROM audit_event")
    with pytest.raises(HistoryRewritten, match="has 0 now"):
        look(state)
    seal_all(at=now)
    assert verify_log() == []  # the forger has sealed everything anew: only the witness knows better
    with pytest.raises(HistoryRewritten):
        look(state)
    record(now, 1)
    seal_all(at=now)
    with pytest.raises(HistoryRewritten):
        look(state)
