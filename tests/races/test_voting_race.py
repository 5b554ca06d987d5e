"""Two at once at the ballot box: every ballot that was taken is counted, and none is taken after the count."""

from datetime import UTC, datetime, timedelta

import pytest

from issuance.domain.voting import ProxyCircle
from issuance.voting import selectors, services
from issuance.voting.casting import VotingClosed
from issuance.voting.models import Ballot, Proxy
from issuance.voting.verify import verify_voting
from portal.domain.lifecycle import NotAllowedNow
from tests.factories.issuance import WORKER, active_security, holders
from tests.factories.voting import hand_on, opened, vote
from tests.races.test_offerings_race import at_once, split

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box(now):
    """A vote of two holders, open for a day, that closes early once decided."""
    issued = active_security(at=now - timedelta(hours=3))
    people = holders(issued, 60, 40, at=now - timedelta(hours=2))
    return opened(issued, at=now, early_close=True), people


def units(meeting):
    return selectors.count(meeting.id)["resolutions"][0]["units"]


def test_of_two_ballots_of_one_voter_at_once_the_later_sequence_counts(box):
    meeting, people = box
    works = [
        lambda c=choice: vote(meeting, people[0], c, at=datetime.now(UTC))
        for choice in ("for", "against") * 2
    ]
    won, lost = split(at_once(*works))
    assert (len(won), lost) == (4, [])
    last = max(won, key=lambda one: one.sequence)
    assert units(meeting)[last.choice.value] == ["60"]
    assert units(meeting)["absent"] == ["40"]
    assert Ballot.objects.count() == 4


def test_a_ballot_and_the_close_at_once_it_is_counted_or_refused(box):
    meeting, people = box
    vote(meeting, people[0], "for", at=datetime.now(UTC))
    answers = at_once(
        lambda: vote(meeting, people[1], "against", at=datetime.now(UTC)),
        lambda: services.close_voting(meeting_id=meeting.id, actor=WORKER, at=datetime.now(UTC)),
    )
    taken = not isinstance(answers[0], Exception)
    assert taken or isinstance(answers[0], VotingClosed)
    kept = selectors.meeting(meeting.id)
    assert kept.state == "closed"
    assert kept.result["resolutions"][0]["units"]["against"] == ["40" if taken else "0"]
    assert Ballot.objects.count() == 1 + taken
    assert verify_voting() == []


def test_two_closings_at_once_count_once(box):
    meeting, people = box
    vote(meeting, people[0], "for", at=datetime.now(UTC))
    works = [lambda: services.close_voting(meeting_id=meeting.id, actor=WORKER, at=datetime.now(UTC))] * 2
    won, lost = split(at_once(*works))
    assert len(won) == len(lost) == 1
    assert isinstance(lost[0], NotAllowedNow)


def test_two_proxies_at_once_that_would_make_a_circle_one_of_them_stands(box):
    meeting, people = box
    won, lost = split(
        at_once(
            lambda: hand_on(meeting, people[0], people[1], at=datetime.now(UTC)),
            lambda: hand_on(meeting, people[1], people[0], at=datetime.now(UTC)),
        )
    )
    assert len(won) == len(lost) == 1
    assert isinstance(lost[0], ProxyCircle)
    assert Proxy.objects.count() == 1
