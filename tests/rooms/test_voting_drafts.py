"""Votes as they are prepared: what cannot be is refused at its field, and nothing is written."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from issuance.domain.voting import Rule
from issuance.voting import selectors, services
from issuance.voting.facts import NewResolution
from issuance.voting.models import Meeting
from portal.domain.errors import Invalid
from tests.factories.issuance import active_security, open_offering
from tests.factories.voting import MAJORITY, drafted

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(now):
    return active_security(at=now - timedelta(hours=3))


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "x"}, "kind"),
        ({"classes": ()}, "classes"),
        ({"secret": True, "early_close": True}, "early_close"),
    ],
)
def test_a_wrong_draft_names_the_field(issued, now, terms, field):
    with pytest.raises(Invalid) as refused:
        drafted(issued, at=now, **terms)
    assert refused.value.field == field
    assert Meeting.objects.count() == 0


def test_times_in_the_wrong_order_and_a_stranger_s_class_are_refused(issued, now):
    for field, terms in (
        ("record_at", {"record_at": now + timedelta(hours=1)}),
        ("closes_at", {"closes_at": now}),
        ("classes", {"classes": ((active_security(at=now).security.id, Fraction(1)),)}),
        ("classes", {"classes": ((issued.security.id, Fraction(0)),)}),
    ):
        with pytest.raises(Invalid) as refused:
            drafted(issued, at=now, **terms)
        assert refused.value.field == field
    assert Meeting.objects.count() == 0


def test_a_resolution_that_nobody_could_meet_or_of_another_issuer_s_offering_is_refused(issued, now):
    meeting = drafted(issued, at=now, rules=())
    foreign = open_offering(active_security(at=now), at=now)
    good = NewResolution("One", "That it be so.", MAJORITY)
    for field, terms in (
        ("threshold", replace(good, rule=Rule(Fraction(0), Fraction(0)))),
        ("quorum", replace(good, rule=Rule(Fraction(2), Fraction(1, 2)))),
        ("class_votes", replace(good, rule=Rule(Fraction(0), Fraction(1, 2), class_votes=("X",)))),
        ("action", replace(good, action="bank.rob", action_subject=foreign.id)),
        ("action_subject", replace(good, action="offering.cancel")),
        ("action_subject", replace(good, action="offering.cancel", action_subject=foreign.id)),
        ("text", replace(good, text="")),
    ):
        with pytest.raises(Invalid) as refused:
            services.add_resolution(meeting_id=meeting.id, terms=terms, actor=issued.actor, at=now)
        assert refused.value.field == field
    with pytest.raises(services.NothingToVoteOn):
        services.announce(meeting_id=meeting.id, actor=issued.actor, at=now)
    assert selectors.resolutions(meeting.id) == []
