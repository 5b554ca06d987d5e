"""
Votes from draft to certificate: announced, opened with the power of the record instant, closed, counted, certified by a
second person. Ballots and proxies are in casting.py.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from issuance.corporate_actions import services as dividends
from issuance.offerings import services as offerings
from issuance.securities.models import Security
from issuance.voting.facts import MeetingFacts, NewMeeting, NewResolution, ResolutionFacts
from issuance.voting.models import LIFECYCLE, Ballot, Meeting, MeetingClass, Resolution
from issuance.voting.schema import check_meeting, check_resolution
from issuance.voting.selectors import NoSuchMeeting, count, meeting, resolution_facts
from issuance.voting.snapshot import powers_fingerprint, take
from portal.approvals import services as approvals
from portal.approvals.selectors import approval
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json, sha256_hex
from portal.domain.errors import Conflict, Invalid, Refused
from portal.outbox.services import enqueue

CERTIFY = "voting.certify"
CARRY_OUT = "issuance.voting.carry_out"
"""Topic of the outbox: {"resolution_id": …} of a resolution that was certified as passed and has an action."""


class NothingToVoteOn(Conflict):
    code = "nothing-to-vote-on"


class NotYet(Conflict):
    """Its time has not come."""

    code = "not-yet"


class NobodyMayVote(Conflict):
    """Nobody held any of the classes at the record instant."""

    code = "nobody-may-vote"


class CertificationNotRequested(Conflict):
    code = "certification-not-requested"


class ResultDiffers(Conflict):
    """Counted again, the ballots give another result than the one that was kept."""

    code = "result-differs"


def draft(*, terms: NewMeeting, actor: Actor, at: datetime) -> MeetingFacts:
    """Draft a meeting or a written consent. Raises Invalid naming the field."""
    check_meeting(terms)
    with transaction.atomic():
        own = {
            one.pk: one
            for one in Security.objects.filter(
                pk__in=[number for number, _ in terms.classes], issuer_id=terms.issuer_id
            )
        }
        if len(own) != len(terms.classes):
            raise Invalid(
                "Each class that votes is one security of this issuer, named once.", field="classes"
            )
        row = Meeting.objects.create(
            issuer_id=terms.issuer_id,
            name=terms.name.strip(),
            kind=terms.kind,
            secret=terms.secret,
            early_close=terms.early_close,
            record_at=terms.record_at,
            opens_at=terms.opens_at,
            closes_at=terms.closes_at,
            created_at=at,
            created_by=str(actor),
        )
        classes = [
            MeetingClass.objects.create(
                meeting=row,
                place=place,
                security=own[number],
                votes_numerator=votes.numerator,
                votes_denominator=votes.denominator,
            )
            for place, (number, votes) in enumerate(terms.classes)
        ]
        told(
            row, "voting.drafted", actor, at, classes,
            record_at=row.record_at.isoformat(), closes_at=row.closes_at.isoformat(),
        )  # fmt: skip
    return meeting(row.pk)


def add_resolution(*, meeting_id: UUID, terms: NewResolution, actor: Actor, at: datetime) -> ResolutionFacts:
    """Put a resolution on a draft. Raises NoSuchMeeting, NotAllowedNow, Invalid naming the field."""
    with transaction.atomic():
        row = locked(meeting_id)
        LIFECYCLE.after(row.state, "announce")
        if row.state != "draft":
            raise Conflict("What is voted on is fixed since it was announced.")
        check_resolution(row, terms)
        rule = terms.rule
        made = Resolution.objects.create(
            meeting=row,
            number=row.resolutions.count() + 1,
            title=terms.title.strip(),
            text=terms.text.strip(),
            quorum_numerator=rule.quorum.numerator,
            quorum_denominator=rule.quorum.denominator,
            threshold_numerator=rule.threshold.numerator,
            threshold_denominator=rule.threshold.denominator,
            base=rule.base.value,
            more_than=rule.more_than,
            abstentions_count=rule.abstentions_count,
            class_votes=list(rule.class_votes),
            action=terms.action,
            action_subject=terms.action_subject,
        )
        told(row, "voting.resolution_added", actor, at, [made], resolution=str(made.pk))
    return resolution_facts(made)


def announce(*, meeting_id: UUID, actor: Actor, at: datetime) -> MeetingFacts:
    """Announce a draft: what is voted on is fixed from now on. Raises NoSuchMeeting, NotAllowedNow, NothingToVoteOn."""
    with transaction.atomic():
        row = locked(meeting_id)
        row.state, row.announced_at = LIFECYCLE.after(row.state, "announce"), at
        if not row.resolutions.exists():
            raise NothingToVoteOn("There is no resolution yet.", next_step="Add one, then announce.")
        if at >= row.closes_at:
            raise NotYet("It would have closed before it was announced.", field="closes_at")
        row.save(update_fields=["state", "announced_at"])
        told(row, "voting.announced", actor, at)
    return meeting(row.pk)


def open_voting(*, meeting_id: UUID, actor: Actor, at: datetime) -> MeetingFacts:
    """
    Open it: who held at the record instant becomes a voter, by the ledger as of then.

    raises  NoSuchMeeting, NotAllowedNow, NotYet, NobodyMayVote
    """
    with transaction.atomic():
        row = locked(meeting_id)
        row.state, row.opened_at = LIFECYCLE.after(row.state, "open"), at
        if at < row.opens_at:
            raise NotYet(f"Voting opens on {_time(row.opens_at)}.", field="opens_at")
        voters = take(row)
        if not voters:
            raise NobodyMayVote("Nobody held any of these classes at the record date.", field="record_at")
        row.powers_sha256 = powers_fingerprint(row.pk)
        row.save(update_fields=["state", "opened_at", "powers_sha256"])
        told(row, "voting.opened", actor, at, voters=voters, powers_sha256=row.powers_sha256)
    return meeting(row.pk)


def close_voting(*, meeting_id: UUID, actor: Actor, at: datetime) -> MeetingFacts:
    """
    Close it and count. Before its time only where it may close early and nobody could change any outcome any more.

    raises  NoSuchMeeting, NotAllowedNow, NotYet
    """
    with transaction.atomic():
        row = locked(meeting_id)
        row.state, row.closed_at = LIFECYCLE.after(row.state, "close"), _not_before_the_last_ballot(row, at)
        early = at < row.closes_at
        if early and not row.early_close:
            raise NotYet(f"Voting goes on until {_time(row.closes_at)}.", field="closes_at")
        found = count(row.pk)
        undecided = [str(one["number"]) for one in found["resolutions"] if not one["decided"]]
        if early and undecided:
            raise NotYet(
                f"Those who have not voted can still change resolution {', '.join(undecided)}.",
                next_step=f"Voting goes on until {_time(row.closes_at)} at the latest.",
            )
        row.result = canonical_json(found).decode()
        row.save(update_fields=["state", "closed_at", "result"])
        passed = {one["resolution"]: bool(one["passed"]) for one in found["resolutions"]}
        rows = list(row.resolutions.select_for_update().order_by("pk"))
        for one in rows:
            one.passed = passed[str(one.pk)]
            one.save(update_fields=["passed"])
        told(
            row,
            "voting.closed",
            actor,
            at,
            rows,
            early=early,
            ballots=found["ballots"],
            result_sha256=_result(row)["result_sha256"],
        )
    return meeting(row.pk)


def _not_before_the_last_ballot(row: Meeting, at: datetime) -> datetime:
    """A ballot that came in while closing waited for its lock was counted, so the vote was open until then."""
    last = Ballot.objects.filter(resolution__meeting=row).aggregate(last=Max("cast_at"))["last"]
    return at if last is None else max(at, last)


def cancel(*, meeting_id: UUID, reason: str, actor: Actor, at: datetime) -> MeetingFacts:
    """Cancel it before it opens. Raises NoSuchMeeting, NotAllowedNow, Invalid without a reason."""
    if not reason.strip():
        raise Invalid("Write why; the holders read it.", field="reason")
    with transaction.atomic():
        row = locked(meeting_id)
        row.state = LIFECYCLE.after(row.state, "cancel")
        row.save(update_fields=["state"])
        told(row, "voting.cancelled", actor, at, reason=reason.strip())
    return meeting(row.pk)


def request_certification(*, meeting_id: UUID, actor: Actor, at: datetime) -> UUID:
    """
    Ask a second person to certify the result as it was counted.

    returns  the approval's id
    raises   NoSuchMeeting, NotAllowedNow, AlreadyRequested, ResultDiffers
    """
    with transaction.atomic():
        row = locked(meeting_id)
        LIFECYCLE.after(row.state, "certify")
        _count_again(row)
        row.approval_id = approvals.request_approval(
            action=CERTIFY,
            subject=f"meeting:{row.pk}",
            organisation=row.issuer_id,
            maker=actor,
            facts={"vote": row.name, "resolutions": _outcomes(row), **_result(row)},
            at=at,
        )
        row.save(update_fields=["approval_id"])
        told(row, "voting.certification_asked", actor, at, result_sha256=_result(row)["result_sha256"])
    return row.approval_id


def certify(*, meeting_id: UUID, actor: Actor, at: datetime, note: str = "") -> MeetingFacts:
    """
    Certify as the second person, after counting again; the actions of passed resolutions leave through the outbox.
    Where a second person approved the request elsewhere, this carries it out.

    raises  NoSuchMeeting, NotAllowedNow, CertificationNotRequested, ResultDiffers, MakerCannotCheck, AlreadyDecided
    """
    with transaction.atomic():
        row = locked(meeting_id)
        row.state, row.certified_at = LIFECYCLE.after(row.state, "certify"), at
        if row.approval_id is None:
            raise CertificationNotRequested("Nobody has asked to certify it yet.", next_step="Ask first.")
        _count_again(row)
        if approval(row.approval_id).state != "approved":
            approvals.approve(approval_id=row.approval_id, checker=actor, at=at, note=note)
        row.save(update_fields=["state", "certified_at"])
        for one in row.resolutions.filter(passed=True).exclude(action="").order_by("number"):
            enqueue(topic=CARRY_OUT, key=str(one.pk), payload={"resolution_id": str(one.pk)}, at=at)
        told(
            row,
            "voting.certified",
            actor,
            at,
            approval=str(row.approval_id),
            result_sha256=_result(row)["result_sha256"],
        )
    return meeting(row.pk)


def carry_out(*, resolution_id: UUID, actor: Actor, at: datetime) -> bool:
    """
    Do what a certified resolution says. Doing it again does nothing. Where the thing itself refuses (an offering that
    is closed already), that is kept with the resolution for people to read, and not tried for ever.

    returns  True when it was done now
    raises   NoSuchMeeting
    """
    with transaction.atomic():
        one = (
            Resolution.objects.select_for_update(of=("self",))
            .select_related("meeting")
            .filter(pk=resolution_id)
        )
        row = one.first()
        if row is None:
            raise NoSuchMeeting("There is no resolution with this id.")
        if row.meeting.state != "certified" or not row.passed or not row.action or row.carried_at:
            return False
        assert row.action_subject is not None
        note = ""
        try:
            with transaction.atomic():
                _ACTIONS[row.action](row.action_subject, f"Resolution {row.number}: {row.title}", actor, at)
        except Refused as refused:
            note = f"It could not be done: {refused.message}"[:400]
        row.carried_at, row.carried_note = at, note
        row.save(update_fields=["carried_at", "carried_note"])
        action = "voting.not_carried_out" if note else "voting.carried_out"
        told(row.meeting, action, actor, at, [row], resolution=str(row.pk), done=row.action, note=note)
    return not note


_ACTIONS: dict[str, Any] = {
    "offering.close": lambda one, _, actor, at: offerings.close(offering_id=one, actor=actor, at=at),
    "offering.cancel": lambda one, why, actor, at: offerings.cancel(
        offering_id=one, reason=why, actor=actor, at=at
    ),
    "dividend.announce": lambda one, _, actor, at: dividends.announce(dividend_id=one, actor=actor, at=at),
    "dividend.cancel": lambda one, why, actor, at: dividends.cancel(
        dividend_id=one, reason=why, actor=actor, at=at
    ),
}


def locked(meeting_id: UUID) -> Meeting:
    """The meeting under its row's lock. Raises NoSuchMeeting."""
    row = (
        Meeting.objects.select_for_update(of=("self",)).select_related("issuer").filter(pk=meeting_id).first()
    )
    if row is None:
        raise NoSuchMeeting("There is no vote with this id.")
    return row


def told(
    row: Meeting,
    action: str,
    actor: Actor,
    at: datetime,
    rows: list[Any] | None = None,
    reason: str = "",
    **facts: Any,
) -> None:
    """Into the audit trail, as an event of this meeting with what it now is."""
    record(
        actor=actor,
        action=action,
        subject=f"meeting:{row.pk}",
        organisation=row.issuer_id,
        reason=reason,
        at=at,
        rows=essences(row, *(rows or [])),
        **facts,
    )


def _count_again(row: Meeting) -> None:
    if canonical_json(count(row.pk)).decode() != row.result:
        raise ResultDiffers(
            "Counted again, the ballots give another result than the closing kept.",
            next_step="Do not certify. Run verify and look at the trail of this vote.",
        )


def _result(row: Meeting) -> dict[str, str]:
    return {"meeting": str(row.pk), "result_sha256": sha256_hex(row.result.encode())}


def _outcomes(row: Meeting) -> dict[str, str]:
    return {
        f"{one.number}. {one.title}": "passed" if one.passed else "failed"
        for one in row.resolutions.order_by("number")
    }


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%d %b %Y, %H:%M} UTC"
