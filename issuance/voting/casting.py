"""
What voters do: ballots, proxies, revocations. A ballot shares the meeting's lock with other ballots, and the closing
takes it alone: a ballot is either counted or refused, never lost.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from issuance.domain.voting import Choice, ProxyCircle, Units, VotingClass, check_units, circle
from issuance.voting import selectors
from issuance.voting.facts import BallotFacts, ProxyFacts
from issuance.voting.models import Ballot, Meeting, Proxy, Resolution, Voter
from issuance.voting.selectors import NoSuchBallot, NoSuchMeeting
from issuance.voting.services import locked
from portal.accounts.fields import seal
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid, NotAllowed
from portal.runtime.statements import one_row


class VotingClosed(Conflict):
    """Ballots and proxies are taken while the vote is open."""

    code = "voting-closed"


class NotOnRecord(NotAllowed):
    """Who held at the record instant votes, and whom one of them gave a proxy."""

    code = "not-on-record"


class ProxyStands(Conflict):
    """There is a proxy between these two already."""

    code = "proxy-stands"


@dataclass(frozen=True, slots=True)
class Answer:
    """units None: all that the voter holds."""

    choice: Choice
    units: Units | None = None


def cast(
    *, meeting_id: UUID, holder: str, answers: Mapping[UUID, Answer], actor: Actor, at: datetime
) -> list[BallotFacts]:
    """
    Cast ballots of one voter, one for each resolution answered. A later one counts in place of an earlier one.

    raises  NoSuchMeeting, VotingClosed, NotOnRecord, MoreThanHeld, Invalid
    """
    with transaction.atomic():
        row = _shared(meeting_id)
        _while_open(row, at)
        voter = _voter(row, holder)
        asked = {one.pk: one for one in Resolution.objects.filter(meeting=row, pk__in=list(answers))}
        if not answers or len(asked) != len(answers):
            raise Invalid("Answer at least one resolution of this vote.", field="resolutions")
        held = selectors.voter_facts(voter).quantities
        classes = selectors.voting_classes(selectors.meeting_facts(selectors.meeting_row(row.pk)))
        found = []
        for number in sorted(answers, key=lambda one: asked[one].number):
            answer = answers[number]
            if answer.units is not None:
                check_units(answer.units, held, classes)
            found.append(_cast(row, asked[number], voter, answer, actor, at))
    return found


def _cast(
    row: Meeting, resolution: Resolution, voter: Voter, answer: Answer, actor: Actor, at: datetime
) -> BallotFacts:
    number = uuid4()
    said = {"choice": answer.choice.value, "units": _told(answer.units), "salt": secrets.token_hex(16)}
    commitment = selectors.commitment_of(
        said, ballot=number, meeting=row.pk, resolution=resolution.pk, voter=voter.code
    )
    made = Ballot.objects.create(
        number=number,
        resolution=resolution,
        voter=voter,
        content=_content(row, "issuance_ballot", number, said),
        commitment=commitment,
        cast_at=at,
        cast_by=str(actor),
    )
    record(
        actor=actor,
        action="voting.ballot_cast",
        subject=f"ballot:{number}",
        organisation=row.issuer_id,
        at=at,
        rows=essences(made),
        meeting=str(row.pk),
        resolution=str(resolution.pk),
        voter=str(voter.code),
        sequence=str(made.pk),
        commitment=commitment,
    )
    return selectors.ballot_facts(made)


def give_proxy(
    *,
    meeting_id: UUID,
    principal: str,
    agent: str,
    units: Units | None,
    instructions: Mapping[UUID, Choice],
    actor: Actor,
    at: datetime,
) -> ProxyFacts:
    """
    Hand power on to another investor: all of it or so many units, with instructions or as he sees fit. He may be no
    holder himself.

    raises  NoSuchMeeting, VotingClosed, NotOnRecord, MoreThanHeld, ProxyCircle, ProxyStands, Invalid
    """
    with transaction.atomic():
        row = locked(meeting_id)
        _while_open(row, at)
        giver = _voter(row, principal)
        held = selectors.voter_facts(giver)
        if agent == principal:
            raise ProxyCircle("A proxy goes to somebody else; you vote for yourself anyway.", field="agent")
        taker = Voter.objects.filter(meeting=row, holder=agent).first()
        if taker is None:
            taker = Voter.objects.create(
                meeting=row, holder=agent, code=uuid4(), quantities=[0] * len(held.quantities)
            )
        standing = selectors.proxies(row.pk)
        _refuse_circle(standing, principal, agent)
        given = [one for one in standing if one.principal == principal]
        if any(one.agent == agent for one in given):
            raise ProxyStands(
                "You have given this person a proxy.", next_step="Revoke it first.", field="agent"
            )
        _refuse_too_much(row, held.quantities, given, units)
        known = set(Resolution.objects.filter(meeting=row).values_list("pk", flat=True))
        if not set(instructions) <= known:
            raise Invalid("An instruction is for a resolution of this vote.", field="instructions")
        return _give(row, giver, taker, units, instructions, actor, at)


def _give(
    row: Meeting,
    giver: Voter,
    taker: Voter,
    units: Units | None,
    instructions: Mapping[UUID, Choice],
    actor: Actor,
    at: datetime,
) -> ProxyFacts:
    number = uuid4()
    said = {
        "units": _told(units),
        "instructions": {str(key): choice.value for key, choice in instructions.items()},
        "salt": secrets.token_hex(16),
    }
    commitment = selectors.commitment_of(
        said, proxy=number, meeting=row.pk, principal=giver.code, agent=taker.code
    )
    made = Proxy.objects.create(
        number=number,
        meeting=row,
        principal=giver,
        agent=taker,
        content=_content(row, "issuance_proxy", number, said),
        commitment=commitment,
        given_at=at,
        given_by=str(actor),
    )
    _tell_proxy(row, made, "voting.proxy_given", actor, at)
    return selectors.proxy_facts(made)


def revoke_proxy(*, number: UUID, principal: str, actor: Actor, at: datetime) -> None:
    """Take a proxy back. Raises NoSuchBallot for another's, VotingClosed; doing it again does nothing."""
    with transaction.atomic():
        found = Proxy.objects.filter(number=number, principal__holder=principal).first()
        if found is None:
            raise NoSuchBallot("There is no proxy with this id.")
        row = locked(found.meeting_id)
        _while_open(row, at)
        proxy = Proxy.objects.select_related("principal", "agent").get(pk=found.pk)
        if proxy.revoked_at is not None:
            return
        proxy.revoked_at = at
        proxy.save(update_fields=["revoked_at"])
        _tell_proxy(row, proxy, "voting.proxy_revoked", actor, at)


def _tell_proxy(row: Meeting, proxy: Proxy, action: str, actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action=action,
        subject=f"proxy:{proxy.number}",
        organisation=row.issuer_id,
        at=at,
        rows=essences(proxy),
        meeting=str(row.pk),
        principal=str(proxy.principal.code),
        agent=str(proxy.agent.code),
        commitment=proxy.commitment,
    )


def _refuse_circle(standing: Sequence[ProxyFacts], principal: str, agent: str) -> None:
    way = circle([(one.principal, one.agent) for one in standing], principal, agent)
    if way:
        raise ProxyCircle(
            f"This would go round in a circle of {len(way) - 1}: that person's power comes back to you.",
            next_step="Give it to somebody else, or vote yourself.",
            field="agent",
        )


def _refuse_too_much(row: Meeting, held: Units, given: Sequence[ProxyFacts], units: Units | None) -> None:
    """Partial proxies together are no more than what is held; after one for all there is nothing left."""
    if any(one.units is None for one in given):
        raise ProxyStands("You have given all of your units away.", next_step="Revoke that proxy first.")
    spent = [sum(one.units[place] for one in given if one.units) for place in range(len(held))]
    left = tuple(own - gone for own, gone in zip(held, spent, strict=True))
    classes: list[VotingClass] = selectors.voting_classes(
        selectors.meeting_facts(selectors.meeting_row(row.pk))
    )
    check_units(left if units is None else units, left, classes)


def _content(row: Meeting, table: str, number: UUID, said: dict[str, Any]) -> str:
    text = selectors.content_text(said)
    return seal(text, context=f"{table}.content:{number}") if row.secret else text


def _told(units: Units | None) -> list[str] | None:
    return None if units is None else [str(one) for one in units]


def _shared(meeting_id: UUID) -> Meeting:
    """The meeting under a lock that other ballots share and the closing does not. Raises NoSuchMeeting."""
    if one_row("SELECT 1 FROM issuance_meeting WHERE id = %s FOR SHARE", [meeting_id]) is None:
        raise NoSuchMeeting("There is no vote with this id.")
    return selectors.meeting_row(meeting_id)


def _while_open(row: Meeting, at: datetime) -> None:
    if row.state in ("draft", "announced"):
        raise VotingClosed(f"Voting opens on {_time(row.opens_at)}.", next_step="Come back then.")
    if row.state != "open" or at >= row.closes_at:
        ended = row.closed_at or row.closes_at
        raise VotingClosed(
            f"Voting closed on {_time(ended)}. Nothing was changed.",
            next_step="The result stands on its page.",
        )


def _voter(row: Meeting, holder: str) -> Voter:
    """Somebody with units of his own, or with a proxy that stands. Raises NotOnRecord"""
    found = Voter.objects.filter(meeting=row, holder=holder).first()
    if found is not None and (
        any(found.quantities) or Proxy.objects.filter(agent=found, revoked_at=None).exists()
    ):
        return found
    raise NotOnRecord(
        f"You held none of these classes at the record date, {_time(row.record_at)}.",
        next_step="Who has a proxy of somebody who did can vote with it.",
    )


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%d %b %Y, %H:%M} UTC"
