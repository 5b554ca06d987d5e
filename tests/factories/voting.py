"""Votes for tests, made through the services only."""

from datetime import datetime, timedelta
from fractions import Fraction

from issuance.domain.voting import Choice, Rule
from issuance.voting import casting, selectors, services
from issuance.voting.facts import MeetingFacts, NewMeeting, NewResolution
from tests.factories import accounts
from tests.factories.investors import Approved
from tests.factories.issuance import WORKER, Issued

MAJORITY = Rule(quorum=Fraction(1, 2), threshold=Fraction(1, 2), more_than=True)


def drafted(
    *issued: Issued,
    at: datetime,
    rules: tuple[Rule, ...] = (MAJORITY,),
    votes: tuple[int, ...] = (),
    **terms: object,
) -> MeetingFacts:
    """A vote of the holders of one issuer's securities: power of an hour ago, open from now for a day."""
    given = {
        "issuer_id": issued[0].issuer.id,
        "name": "Annual meeting",
        "record_at": at - timedelta(hours=1),
        "opens_at": at,
        "closes_at": at + timedelta(days=1),
        "classes": tuple(
            (one.security.id, Fraction(weight))
            for one, weight in zip(issued, votes or (1,) * len(issued), strict=True)
        ),
    }
    made = services.draft(terms=NewMeeting(**{**given, **terms}), actor=issued[0].actor, at=at)  # type: ignore[arg-type]
    for number, rule in enumerate(rules, 1):
        resolution = NewResolution(f"Resolution {number}", "That it be so.", rule)
        services.add_resolution(meeting_id=made.id, terms=resolution, actor=issued[0].actor, at=at)
    return made


def opened(*issued: Issued, at: datetime, **terms: object) -> MeetingFacts:
    made = drafted(*issued, at=at, **terms)  # type: ignore[arg-type]
    services.announce(meeting_id=made.id, actor=issued[0].actor, at=at)
    return services.open_voting(meeting_id=made.id, actor=WORKER, at=at)


def vote(
    meeting: MeetingFacts,
    who: Approved,
    choice: str,
    *,
    at: datetime,
    number: int = 1,
    units: tuple[int, ...] | None = None,
) -> casting.BallotFacts:
    """Answer one resolution by its number."""
    (resolution,) = (one for one in selectors.resolutions(meeting.id) if one.number == number)
    (made,) = casting.cast(
        meeting_id=meeting.id,
        holder=who.owner,
        answers={resolution.id: casting.Answer(Choice(choice), units)},
        actor=who.actor,
        at=at,
    )
    return made


def hand_on(
    meeting: MeetingFacts,
    principal: Approved,
    agent: Approved,
    *,
    at: datetime,
    units: tuple[int, ...] | None = None,
    **instructions: str,
) -> casting.ProxyFacts:
    """Give a proxy; instructions by resolution's number: r1="for"."""
    known = {f"r{one.number}": one.id for one in selectors.resolutions(meeting.id)}
    return casting.give_proxy(
        meeting_id=meeting.id,
        principal=principal.owner,
        agent=agent.owner,
        units=units,
        instructions={known[name]: Choice(choice) for name, choice in instructions.items()},
        actor=principal.actor,
        at=at,
    )


def certified(meeting: MeetingFacts, issued: Issued, *, at: datetime) -> MeetingFacts:
    """Closed at its end, certified by a second person."""
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=max(at, meeting.closes_at))
    services.request_certification(meeting_id=meeting.id, actor=issued.actor, at=at)
    checker = accounts.actor(accounts.person())
    return services.certify(meeting_id=meeting.id, actor=checker, at=at)
