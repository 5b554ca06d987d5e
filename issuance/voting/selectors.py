"""Reads of votes: meetings, voters, turnout, opened ballots, and the count."""

import json
from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from issuance.domain import voting
from issuance.domain.voting import Base, Choice, Rule, Units, VotingClass
from issuance.voting.facts import (
    BallotFacts,
    ClassFacts,
    MeetingFacts,
    ProxyFacts,
    ResolutionFacts,
    Turnout,
    VoterFacts,
)
from issuance.voting.models import Ballot, Meeting, Proxy, Resolution, Voter
from portal.accounts.fields import unseal
from portal.domain.canonical import canonical_json, fingerprint
from portal.domain.errors import NotFound
from portal.runtime.statements import one_row

_TURNOUT = """
SELECT count(*), count(*) FILTER (WHERE here) {sums} FROM (
  SELECT v.quantities AS q, EXISTS (SELECT 1 FROM issuance_ballot b WHERE b.voter_id = v.id)
    OR EXISTS (SELECT 1 FROM issuance_proxy p WHERE p.principal_id = v.id AND p.revoked_at IS NULL) AS here
  FROM issuance_voter v WHERE v.meeting_id = %s AND 0 < ANY (v.quantities)) t
"""


class NoSuchMeeting(NotFound):
    """There is no vote with this id, or none that the reader may know of."""

    code = "no-such-vote"


class NoSuchBallot(NotFound):
    """There is no ballot or proxy with this id, or it is somebody else's."""

    code = "no-such-ballot"


def meeting(meeting_id: UUID) -> MeetingFacts:
    """raises  NoSuchMeeting"""
    found = _meetings().filter(pk=meeting_id).first()
    if found is None:
        raise NoSuchMeeting("There is no vote with this id.")
    return meeting_facts(found)


def meetings(*, issuer_ids: Collection[UUID] | None = None) -> list[MeetingFacts]:
    """Latest opening first; narrowed where asked."""
    found = _meetings()
    if issuer_ids is not None:
        found = found.filter(issuer_id__in=issuer_ids)
    return [meeting_facts(row) for row in found]


def meetings_for(holder: str, security_ids: Collection[UUID]) -> list[MeetingFacts]:
    """What a holder may know of: where he is a voter, and what is announced for the securities given."""
    found = _meetings().filter(
        Q(pk__in=Voter.objects.filter(holder=holder).values("meeting_id"))
        | Q(state__in=("announced", "open"), classes__security_id__in=security_ids)
    )
    return [meeting_facts(row) for row in found.distinct()]


def waiting_for(holder: str) -> list[MeetingFacts]:
    """Open votes in which a holder has units, has left a resolution without a ballot, and has given no proxy."""
    own = Voter.objects.filter(holder=holder, meeting__state="open", meeting=OuterRef("pk"))
    answered = Ballot.objects.filter(voter__holder=holder, resolution=OuterRef("pk"))
    left = Resolution.objects.filter(~Exists(answered), meeting=OuterRef("pk"))
    handed = Proxy.objects.filter(principal__holder=holder, revoked_at=None, meeting=OuterRef("pk"))
    found = _meetings().filter(Exists(own), Exists(left), ~Exists(handed), state="open")
    mine = {row.meeting_id for row in Voter.objects.filter(holder=holder) if any(row.quantities)}
    return [meeting_facts(row) for row in found if row.pk in mine]


def resolutions(meeting_id: UUID) -> list[ResolutionFacts]:
    return [resolution_facts(row) for row in Resolution.objects.filter(meeting_id=meeting_id)]


def voter(meeting_id: UUID, holder: str) -> VoterFacts | None:
    """The voter that a holder is at a meeting; None when he held nothing and carries no proxy."""
    found = Voter.objects.filter(meeting_id=meeting_id, holder=holder).first()
    return None if found is None else voter_facts(found)


def turnout(meeting_id: UUID) -> Turnout:
    """Counts holders and units, never choices: a secret vote stays shut."""
    width = meeting_row(meeting_id).classes.count()
    sums = "".join(
        f", coalesce(sum(q[{n}]), 0), coalesce(sum(q[{n}]) FILTER (WHERE here), 0)"
        for n in range(1, width + 1)
    )
    row = one_row(_TURNOUT.format(sums=sums), [meeting_id])
    assert row is not None
    figures = [int(one) for one in row]
    return Turnout(figures[0], figures[1], tuple(figures[2::2]), tuple(figures[3::2]))


def ballots(
    meeting_id: UUID, *, holder: str | None = None, resolution_id: UUID | None = None
) -> Iterator[BallotFacts]:
    """Ballots by sequence, opened. Of an open secret vote only ever ask for one holder's own."""
    found = Ballot.objects.filter(resolution__meeting_id=meeting_id).select_related("resolution", "voter")
    if holder is not None:
        found = found.filter(voter__holder=holder)
    if resolution_id is not None:
        found = found.filter(resolution_id=resolution_id)
    return (ballot_facts(row) for row in found.order_by("pk").iterator(chunk_size=5_000))


def ballot(number: UUID, *, holder: str) -> BallotFacts:
    """raises  NoSuchBallot, for another holder's too"""
    found = Ballot.objects.select_related("resolution", "voter").filter(number=number).first()
    if found is None or found.voter.holder != holder:
        raise NoSuchBallot("There is no ballot with this id.")
    return ballot_facts(found)


def proxies(meeting_id: UUID, *, principal: str | None = None, agent: str | None = None) -> list[ProxyFacts]:
    """Proxies that stand, by sequence, opened."""
    found = Proxy.objects.filter(meeting_id=meeting_id, revoked_at=None).select_related("principal", "agent")
    if principal is not None:
        found = found.filter(principal__holder=principal)
    if agent is not None:
        found = found.filter(agent__holder=agent)
    return [proxy_facts(row) for row in found.order_by("pk")]


def count(meeting_id: UUID) -> dict[str, Any]:
    """
    The whole result as plain data, from voters, ballots and proxies as they stand: what the closing keeps and
    everyone can count again. Votes are exact fractions as text.
    """
    one = meeting(meeting_id)
    classes = voting_classes(one)
    powers = _powers(meeting_id)
    standing = proxies(meeting_id)
    commitments: list[str] = []
    told = []
    for resolution in resolutions(meeting_id):
        cast = list(ballots(meeting_id, resolution_id=resolution.id))
        commitments.extend(one.commitment for one in cast)
        found = voting.tally(
            powers,
            [voting.Ballot(one.sequence, str(one.voter_code), one.choice, one.units) for one in cast],
            [
                voting.Proxy(
                    one.sequence,
                    str(one.principal_code),
                    str(one.agent_code),
                    one.units,
                    one.instructions.get(str(resolution.id)),
                )
                for one in standing
            ],
        )
        told.append(_told(resolution, voting.verdict(resolution.rule, classes, found), found))
    return {
        "meeting": str(meeting_id),
        "resolutions": told,
        "ballots": len(commitments),
        "proxies": len(standing),
        "ballots_sha256": fingerprint([*sorted(commitments), *sorted(one.commitment for one in standing)]),
    }


def _told(resolution: ResolutionFacts, found: voting.Verdict, units: voting.Tally) -> dict[str, Any]:
    return {
        "resolution": str(resolution.id),
        "number": resolution.number,
        "passed": found.passed,
        "decided": found.decided,
        "units": {
            **{choice.value: [str(n) for n in units.given[choice]] for choice in Choice},
            "absent": [str(n) for n in units.absent],
        },
        "counts": [
            {
                "scope": one.scope,
                "outstanding": str(one.outstanding),
                "present": str(one.present),
                "for": str(one.votes_for),
                "against": str(one.against),
                "abstain": str(one.abstain),
                "needed_present": str(one.needed_present),
                "needed_for": str(one.needed_for),
                "passed": one.passed,
            }
            for one in found.counts
        ],
    }


def _powers(meeting_id: UUID) -> dict[str, Units]:
    rows = Voter.objects.filter(meeting_id=meeting_id).values_list("code", "quantities")
    return {str(code): _units(quantities) for code, quantities in rows.iterator(chunk_size=20_000)}


def voting_classes(one: MeetingFacts) -> list[VotingClass]:
    return [VotingClass(each.code, each.votes / 10**each.scale) for each in one.classes]


def due_to_open(at: Any) -> list[UUID]:
    found = Meeting.objects.filter(state="announced", opens_at__lte=at)
    return list(found.order_by("opens_at", "pk").values_list("pk", flat=True))


def due_to_close(at: Any) -> list[UUID]:
    """Open ones whose time is over, and those that may close as soon as nothing can change any more."""
    found = Meeting.objects.filter(Q(closes_at__lte=at) | Q(early_close=True), state="open")
    return list(found.order_by("closes_at", "pk").values_list("pk", flat=True))


def meeting_row(meeting_id: UUID) -> Meeting:
    """raises  NoSuchMeeting"""
    found = _meetings().filter(pk=meeting_id).first()
    if found is None:
        raise NoSuchMeeting("There is no vote with this id.")
    return found


def _meetings() -> Any:
    return Meeting.objects.select_related("issuer").prefetch_related("classes__security")


def _units(quantities: list[Any]) -> Units:
    return tuple(int(one) for one in quantities)


def content_of(row: Ballot | Proxy) -> dict[str, Any]:
    """What a ballot or a proxy says, opened where it is sealed. raises CannotUnseal for a changed one"""
    text = row.content
    if text.startswith("s1."):
        text = unseal(text, context=f"{row._meta.db_table}.content:{row.number}")
    found: dict[str, Any] = json.loads(text)
    return found


def commitment_of(said: dict[str, Any], **about: Any) -> str:
    """SHA-256 over what was said and what about; its salt keeps a secret choice from being guessed."""
    return fingerprint({**said, **{name: str(value) for name, value in about.items()}})


def content_text(said: dict[str, Any]) -> str:
    return canonical_json(said).decode()


def meeting_facts(row: Meeting) -> MeetingFacts:
    return MeetingFacts(
        id=row.pk,
        issuer_id=row.issuer_id,
        issuer_name=row.issuer.legal_name,
        name=row.name,
        kind=row.kind,
        kind_label=row.get_kind_display(),
        secret=row.secret,
        early_close=row.early_close,
        record_at=row.record_at,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        state=row.state,
        approval_id=row.approval_id,
        created_by=row.created_by,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        certified_at=row.certified_at,
        result=json.loads(row.result) if row.result else None,
        classes=tuple(
            ClassFacts(
                one.security_id,
                one.security.code,
                one.security.name,
                one.security.scale,
                Fraction(one.votes_numerator, one.votes_denominator),
            )
            for one in sorted(row.classes.all(), key=lambda one: one.place)
        ),
    )


def resolution_facts(row: Resolution) -> ResolutionFacts:
    rule = Rule(
        quorum=Fraction(row.quorum_numerator, row.quorum_denominator),
        threshold=Fraction(row.threshold_numerator, row.threshold_denominator),
        base=Base(row.base),
        more_than=row.more_than,
        abstentions_count=row.abstentions_count,
        class_votes=tuple(row.class_votes),
    )
    return ResolutionFacts(
        id=row.pk,
        meeting_id=row.meeting_id,
        number=row.number,
        title=row.title,
        text=row.text,
        rule=rule,
        needs=needs(rule),
        action=row.action,
        action_label=row.get_action_display(),
        action_subject=row.action_subject,
        passed=row.passed,
        carried_at=row.carried_at,
        carried_note=row.carried_note,
    )


def needs(rule: Rule) -> str:
    """A rule in words."""
    whole = "votes outstanding" if rule.base is Base.OUTSTANDING else "votes cast"
    share = (
        f"all {whole}"
        if rule.threshold == 1
        else f"{'more than' if rule.more_than else 'at least'} {rule.threshold} of the {whole}"
    )
    parts = [f"{share} for it"]
    if rule.quorum:
        parts.append(f"a quorum of {rule.quorum} of the votes outstanding")
    if rule.class_votes:
        parts.append(f"the same within {' and '.join(rule.class_votes)} by itself")
    if rule.abstentions_count:
        parts.append("abstentions counted as cast")
    return "; ".join(parts)


def voter_facts(row: Voter) -> VoterFacts:
    return VoterFacts(row.pk, row.meeting_id, row.holder, row.code, _units(row.quantities))


def ballot_facts(row: Ballot) -> BallotFacts:
    said = content_of(row)
    return BallotFacts(
        number=row.number,
        sequence=row.pk,
        meeting_id=row.resolution.meeting_id,
        resolution_id=row.resolution_id,
        resolution_title=row.resolution.title,
        voter_code=row.voter.code,
        holder=row.voter.holder,
        choice=Choice(said["choice"]),
        units=None if said["units"] is None else _units(said["units"]),
        salt=said["salt"],
        commitment=row.commitment,
        cast_at=row.cast_at,
    )


def proxy_facts(row: Proxy) -> ProxyFacts:
    said = content_of(row)
    return ProxyFacts(
        number=row.number,
        sequence=row.pk,
        meeting_id=row.meeting_id,
        principal=row.principal.holder,
        agent=row.agent.holder,
        principal_code=row.principal.code,
        agent_code=row.agent.code,
        units=None if said["units"] is None else _units(said["units"]),
        instructions={key: Choice(value) for key, value in said["instructions"].items()},
        salt=said["salt"],
        commitment=row.commitment,
        given_at=row.given_at,
        revoked_at=row.revoked_at,
    )
