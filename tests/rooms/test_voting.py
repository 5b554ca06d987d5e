"""Votes: power of the record instant, ballots that are only added to, results that anyone can count again."""

import json
import subprocess
import sys
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from issuance.domain.voting import Base, MoreThanHeld, ProxyCircle, Rule
from issuance.offerings.selectors import offering
from issuance.voting import casting, selectors, services, tasks, verifier, writer
from issuance.voting.casting import NotOnRecord, ProxyStands, VotingClosed
from issuance.voting.facts import NewResolution
from issuance.voting.models import Ballot, Proxy, Voter
from issuance.voting.verify import verify_voting
from portal.approvals.services import MakerCannotCheck
from portal.audit import selectors as audit
from portal.audit.sequencer import seal_all
from portal.domain.errors import Conflict, Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.outbox.models import Message
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, give, holders, open_offering
from tests.factories.voting import MAJORITY, certified, drafted, hand_on, opened, vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(now):
    return active_security(at=now - timedelta(hours=3))


@pytest.fixture
def people(issued, now):
    """Three who held 50, 30 and 20 at the record instant."""
    return holders(issued, 50, 30, 20, at=now - timedelta(hours=2))


def units(meeting, number=1):
    found = selectors.count(meeting.id)["resolutions"][number - 1]["units"]
    return {name: [int(one) for one in value] for name, value in found.items()}


def state(meeting):
    return selectors.meeting(meeting.id).state


def test_power_is_that_of_the_record_instant_and_not_of_today(issued, people, now):
    late = approved_investor(at=now)
    give(issued, late, 900, at=now)
    give(issued, people[0], 5, at=now)
    meeting = opened(issued, at=now)
    held = {who.owner: selectors.voter(meeting.id, who.owner) for who in people}
    assert [one.quantities for one in held.values()] == [(50,), (30,), (20,)]
    assert selectors.turnout(meeting.id).outstanding == (100,)
    with pytest.raises(NotOnRecord, match="You held none of these classes at the record date"):
        vote(meeting, late, "for", at=now)
    assert (Ballot.objects.count(), Voter.objects.count()) == (0, 3)
    assert verify_voting() == []


def test_the_power_of_several_classes_is_kept_side_by_side(issued, people, now):
    other = active_security(at=now - timedelta(hours=3), issuer=(issued.issuer, issued.admin), scale=2)
    give(other, people[1], 700, at=now - timedelta(hours=2))
    meeting = opened(issued, other, at=now, votes=(1, 10))
    assert selectors.voter(meeting.id, people[1].owner).quantities == (30, 700)
    assert selectors.voter(meeting.id, people[0].owner).quantities == (50, 0)
    vote(meeting, people[1], "for", at=now)
    (told,) = selectors.count(meeting.id)["resolutions"]
    assert (told["counts"][0]["for"], told["counts"][0]["outstanding"]) == ("100", "170")


def test_a_later_ballot_counts_in_place_of_the_earlier_and_both_are_kept(issued, people, now):
    meeting = opened(issued, at=now)
    vote(meeting, people[0], "for", at=now)
    vote(meeting, people[1], "against", at=now)
    vote(meeting, people[0], "abstain", at=now)
    assert units(meeting) == {"for": [0], "against": [30], "abstain": [50], "absent": [20]}
    assert Ballot.objects.count() == 3
    assert (selectors.turnout(meeting.id).voted, selectors.turnout(meeting.id).present) == (2, (80,))


def test_ballots_cannot_be_changed_or_added_when_it_is_not_open(issued, people, now):
    meeting = opened(issued, at=now)
    vote(meeting, people[0], "for", at=now)
    kept = Ballot.objects.get()
    for change in (lambda: Ballot.objects.update(commitment="x"), lambda: Ballot.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    with pytest.raises(DatabaseError, match="while it is open"), transaction.atomic():
        Ballot.objects.create(
            number=meeting.id, resolution=kept.resolution, voter=kept.voter, content="{}", commitment="x",
            cast_at=now, cast_by="x",
        )  # fmt: skip


def test_a_vote_after_the_close_is_refused_with_its_time_and_nothing_is_changed(issued, people, now):
    meeting = opened(issued, at=now)
    for at in (meeting.closes_at, meeting.closes_at + timedelta(days=1)):
        with pytest.raises(VotingClosed, match=r"Voting closed on .* Nothing was changed"):
            vote(meeting, people[0], "for", at=at)
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    with pytest.raises(VotingClosed):
        hand_on(meeting, people[0], people[1], at=meeting.closes_at)
    assert (Ballot.objects.count(), Proxy.objects.count()) == (0, 0)
    assert not selectors.meeting(meeting.id).result["resolutions"][0]["passed"]


def test_more_than_held_is_refused_and_less_leaves_the_rest_to_a_proxy(issued, people, now):
    meeting = opened(issued, at=now)
    with pytest.raises(MoreThanHeld, match=r"You have 50 .* 51 were asked for"):
        vote(meeting, people[0], "for", at=now, units=(51,))
    assert Ballot.objects.count() == 0
    vote(meeting, people[0], "for", at=now, units=(10,))
    hand_on(meeting, people[0], people[1], at=now, r1="against")
    assert units(meeting) == {"for": [10], "against": [40], "abstain": [0], "absent": [50]}


def test_a_proxy_for_more_than_is_held_is_refused(issued, people, now):
    meeting = opened(issued, at=now)
    hand_on(meeting, people[0], people[1], at=now, units=(30,))
    with pytest.raises(MoreThanHeld, match=r"You have 20 .* 21 were asked for"):
        hand_on(meeting, people[0], people[2], at=now, units=(21,))
    with pytest.raises(ProxyStands):
        hand_on(meeting, people[0], people[1], at=now, units=(1,))
    hand_on(meeting, people[0], people[2], at=now)
    with pytest.raises(ProxyStands, match="given all"):
        hand_on(meeting, people[0], approved_investor(at=now), at=now)
    assert Proxy.objects.count() == 2
    vote(meeting, people[1], "for", at=now)
    vote(meeting, people[2], "against", at=now)
    assert units(meeting) == {"for": [60], "against": [40], "abstain": [0], "absent": [0]}


def test_a_circle_of_proxies_is_refused(issued, people, now):
    meeting = opened(issued, at=now)
    hand_on(meeting, people[0], people[1], at=now)
    hand_on(meeting, people[1], people[2], at=now)
    with pytest.raises(ProxyCircle, match="circle of 3"):
        hand_on(meeting, people[2], people[0], at=now)
    with pytest.raises(ProxyCircle):
        hand_on(meeting, people[2], people[2], at=now)
    assert Proxy.objects.count() == 2
    vote(meeting, people[2], "for", at=now)
    assert units(meeting)["for"] == [100]


def test_somebody_who_held_nothing_votes_with_a_proxy_until_it_is_revoked(issued, people, now):
    meeting, lawyer = opened(issued, at=now), approved_investor(at=now)
    given = hand_on(meeting, people[0], lawyer, at=now)
    vote(meeting, lawyer, "for", at=now)
    assert units(meeting)["for"] == [50]
    with pytest.raises(selectors.NoSuchBallot):
        casting.revoke_proxy(number=given.number, principal=people[1].owner, actor=people[1].actor, at=now)
    for _ in range(2):
        casting.revoke_proxy(number=given.number, principal=people[0].owner, actor=people[0].actor, at=now)
    assert units(meeting)["for"] == [0]
    with pytest.raises(NotOnRecord):
        vote(meeting, lawyer, "for", at=now)
    assert verify_voting() == []


def test_it_closes_early_only_when_nobody_can_change_it(issued, people, now):
    meeting = opened(issued, at=now, early_close=True)
    vote(meeting, people[1], "for", at=now)
    with pytest.raises(services.NotYet, match="can still change resolution 1"):
        services.close_voting(meeting_id=meeting.id, actor=WORKER, at=now)
    assert state(meeting) == "open"
    vote(meeting, people[0], "for", at=now)
    tasks.sweep()
    assert state(meeting) == "closed"
    late = opened(issued, at=now)
    vote(late, people[0], "for", at=now)
    with pytest.raises(services.NotYet, match="goes on until"):
        services.close_voting(meeting_id=late.id, actor=WORKER, at=now)


def test_the_worker_opens_and_closes_on_time(issued, people, now):
    start = now - timedelta(minutes=30)
    meeting = drafted(issued, at=start, closes_at=now - timedelta(minutes=1))
    services.announce(meeting_id=meeting.id, actor=issued.actor, at=start)
    tasks.sweep()
    assert state(meeting) == "closed"
    assert selectors.meeting(meeting.id).result["resolutions"][0]["passed"] is False


def test_a_secret_choice_lies_sealed_and_is_told_when_it_is_closed(issued, people, now):
    meeting = opened(issued, at=now, secret=True)
    made = vote(meeting, people[0], "against", at=now)
    hand_on(meeting, people[1], people[2], at=now, r1="against")
    texts = [Ballot.objects.get().content, Proxy.objects.get().content]
    assert all(text.startswith("s1.") and "against" not in text for text in texts)
    facts = "".join(one.facts for one in audit.events(action="voting."))
    assert "against" not in facts
    assert made.commitment in facts
    with pytest.raises(writer.NotClosedYet):
        writer.bundle(meeting.id)
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    told = verifier.verify(writer.bundle(meeting.id))
    assert told[-1] == "resolution 1 failed: 0 for, 80 against, 0 abstained of 100 votes"
    assert verify_voting() == []


def test_it_is_certified_by_a_second_person_and_its_action_leaves_through_the_outbox(issued, people, now):
    sale = open_offering(issued, at=now)
    meeting = drafted(issued, at=now, rules=())
    terms = NewResolution("Stop the sale", "That it be cancelled.", MAJORITY, "offering.cancel", sale.id)
    one = services.add_resolution(meeting_id=meeting.id, terms=terms, actor=issued.actor, at=now)
    services.announce(meeting_id=meeting.id, actor=issued.actor, at=now)
    services.open_voting(meeting_id=meeting.id, actor=WORKER, at=now)
    for who in people:
        vote(meeting, who, "for", at=now)
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    with pytest.raises(services.CertificationNotRequested):
        services.certify(meeting_id=meeting.id, actor=issued.actor, at=now)
    services.request_certification(meeting_id=meeting.id, actor=issued.actor, at=now)
    with pytest.raises(MakerCannotCheck):
        services.certify(meeting_id=meeting.id, actor=issued.actor, at=now)
    assert state(meeting) == "closed"
    assert not Message.objects.filter(topic=services.CARRY_OUT).exists()
    services.certify(meeting_id=meeting.id, actor=accounts.actor(accounts.person()), at=now)
    assert Message.objects.get(topic=services.CARRY_OUT).payload == {"resolution_id": str(one.id)}
    for done in (True, False):
        assert services.carry_out(resolution_id=one.id, actor=WORKER, at=now) is done
    assert offering(sale.id).state == "cancelled"
    assert verify_voting() == []


def test_what_cannot_be_carried_out_says_why_and_is_not_tried_for_ever(issued, people, now):
    sale = open_offering(issued, at=now, opened=False)
    meeting = drafted(issued, at=now, rules=())
    terms = NewResolution("Close it", "That it be closed.", MAJORITY, "offering.close", sale.id)
    one = services.add_resolution(meeting_id=meeting.id, terms=terms, actor=issued.actor, at=now)
    services.announce(meeting_id=meeting.id, actor=issued.actor, at=now)
    services.open_voting(meeting_id=meeting.id, actor=WORKER, at=now)
    vote(meeting, people[0], "for", at=now)
    vote(meeting, people[1], "for", at=now)
    certified(selectors.meeting(meeting.id), issued, at=now)
    assert services.carry_out(resolution_id=one.id, actor=WORKER, at=now) is False
    (told,) = selectors.resolutions(meeting.id)
    assert told.carried_note.startswith("It could not be done: This offering is draft")
    assert verify_voting() == []


def test_anyone_counts_it_again_from_the_files_with_the_standard_library_alone(issued, people, now, tmp_path):
    rules = (
        MAJORITY,
        Rule(Fraction(0), Fraction(2, 3), Base.OUTSTANDING, class_votes=(issued.security.code,)),
    )
    meeting = opened(issued, at=now, rules=rules)
    vote(meeting, people[0], "for", at=now, units=(45,))
    made = vote(meeting, people[1], "against", at=now, number=2)
    hand_on(meeting, people[2], people[1], at=now, units=(5,), r1="for")
    certified(meeting, issued, at=now)
    seal_all(at=now)
    (event,) = audit.events(about=f"ballot:{made.number}")
    bundle = json.loads(json.dumps(writer.bundle(meeting.id)))
    own = next(one for one in bundle["ballots"] if one["ballot"] == str(made.number))
    receipt = {"format": verifier.RECEIPT, "ballot": own, "proof": audit.bundle([event.event_id])}
    for name, text in (
        ("b.json", json.dumps(bundle)), ("b.csv", writer.ballots_csv(meeting.id)), ("r.json", json.dumps(receipt)),
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-S", "-m", "issuance.voting.verifier", tmp_path / "b.json", "--ballots",
               tmp_path / "b.csv", "--receipt", tmp_path / "r.json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "resolution 1 passed: 50 for, 0 against, 0 abstained of 100 votes" in done.stdout
    assert "the receipt's ballot was counted" in done.stdout
    assert "the CSV has the same ballots" in done.stdout


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda b: b["ballots"][0].update(choice="against"), "not what its commitment was made over"),
        (lambda b: b["ballots"].pop(), "not those that were counted"),
        (lambda b: b["result"]["resolutions"][0].update(passed=False), "passed is told otherwise"),
        (lambda b: b["voters"].update({next(iter(b["voters"])): ["99"]}), "told otherwise"),
        (lambda b: b["resolutions"][0].update(quorum="1"), "told otherwise"),
        (lambda b: b.update(format="x"), "not a bundle"),
    ],
)
def test_a_bundle_that_was_changed_is_rejected(issued, people, now, change, sentence):
    meeting = opened(issued, at=now)
    for who in people:
        vote(meeting, who, "for", at=now)
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    bundle = json.loads(json.dumps(writer.bundle(meeting.id)))
    change(bundle)
    with pytest.raises(verifier.Rejected, match=sentence):
        verifier.verify(bundle)


def test_it_is_cancelled_before_it_opens_and_never_after(issued, people, now):
    meeting = drafted(issued, at=now)
    services.announce(meeting_id=meeting.id, actor=issued.actor, at=now)
    with pytest.raises(Conflict):
        services.add_resolution(
            meeting_id=meeting.id,
            terms=NewResolution("Late", "One more.", MAJORITY),
            actor=issued.actor,
            at=now,
        )
    with pytest.raises(Invalid):
        services.cancel(meeting_id=meeting.id, reason=" ", actor=issued.actor, at=now)
    services.cancel(meeting_id=meeting.id, reason="No quorum expected.", actor=issued.actor, at=now)
    assert state(meeting) == "cancelled"
    going = opened(issued, at=now)
    with pytest.raises(NotAllowedNow):
        services.cancel(meeting_id=going.id, reason="No.", actor=issued.actor, at=now)
    assert state(going) == "open"


def test_without_a_holder_it_does_not_open(issued, now):
    meeting = drafted(issued, at=now)
    services.announce(meeting_id=meeting.id, actor=issued.actor, at=now)
    with pytest.raises(services.NobodyMayVote):
        services.open_voting(meeting_id=meeting.id, actor=WORKER, at=now)
    assert state(meeting) == "announced"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE issuance_voter SET quantities = '{51}' WHERE quantities = '{50}'", "the ledger gives 50"),
        ("UPDATE issuance_voter SET code = gen_random_uuid()", "not those that its opening recorded"),
        (
            "DELETE FROM issuance_voter WHERE quantities = '{20}'",
            "with 0 units of a class; the ledger gives 20",
        ),
        (
            "UPDATE issuance_ballot SET content = replace(content, 'for', 'against')",
            "its commitment was made over",
        ),
        ("DELETE FROM issuance_ballot WHERE id = 1", "the audit trail tells of it, and it is gone"),
        (
            "UPDATE issuance_ballot SET cast_at = cast_at + interval '9 days'",
            "was cast when the vote was not open",
        ),
        ("UPDATE issuance_proxy SET revoked_at = now()", "counted again, the ballots give another result"),
        ("UPDATE issuance_resolution SET passed = NOT passed", "with another outcome than was counted"),
        ("UPDATE issuance_resolution SET threshold_denominator = 50", "not what the audit trail recorded"),
        ("UPDATE issuance_meeting SET result = replace(result, '50', '51')", "another result than is kept"),
        ("UPDATE issuance_meeting SET state = 'certified'", "the approval of a second person disagree"),
    ],
)
def test_what_a_superuser_changed_is_found(now, superuser_connection, statement, sentence):
    issued = active_security(at=now - timedelta(hours=3))
    people = holders(issued, 50, 30, 20, at=now - timedelta(hours=2))
    meeting = opened(issued, at=now)
    vote(meeting, people[0], "for", at=now)
    hand_on(meeting, people[1], people[2], at=now, r1="against")
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    assert verify_voting() == []
    superuser_connection.execute("SET session_replication_role = replica")
    superuser_connection.execute(statement)
    found = verify_voting()
    assert any(sentence in line for line in found), found


def test_power_is_taken_in_one_statement(issued, people, now):
    meeting = drafted(issued, at=now)
    services.announce(meeting_id=meeting.id, actor=issued.actor, at=now)
    with CaptureQueriesContext(connection) as asked:
        services.open_voting(meeting_id=meeting.id, actor=WORKER, at=now)
    assert sum("INSERT INTO issuance_voter" in one["sql"] for one in asked) == 1
    assert Voter.objects.count() == 3
