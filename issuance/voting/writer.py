"""What anyone counts again with `python -m issuance.voting.verifier`: a whole vote as one file, without names."""

import csv
import io
from typing import Any
from uuid import UUID

from issuance.voting.models import Voter
from issuance.voting.selectors import ballots, meeting, proxies, resolutions
from portal.domain.errors import Conflict

FORMAT = "portal-vote-bundle/1"


class NotClosedYet(Conflict):
    """Ballots leave when the vote is over."""

    code = "vote-not-closed"


def bundle(meeting_id: UUID) -> dict[str, Any]:
    """
    Classes, voters by their codes, resolutions with their rules, every ballot and proxy with its salt, the result.

    raises  NoSuchMeeting, NotClosedYet
    """
    one = meeting(meeting_id)
    _refuse_before_end(one.state)
    voters = Voter.objects.filter(meeting_id=one.id).order_by("code").values_list("code", "quantities")
    return {
        "format": FORMAT,
        "meeting": str(one.id),
        "name": one.name,
        "issuer": one.issuer_name,
        "secret": one.secret,
        "record_at": one.record_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else "",
        "classes": [
            {"code": each.code, "scale": each.scale, "votes_per_unit": str(each.votes)}
            for each in one.classes
        ],
        "resolutions": [
            {
                "resolution": str(each.id),
                "number": each.number,
                "title": each.title,
                "text": each.text,
                "quorum": str(each.rule.quorum),
                "threshold": str(each.rule.threshold),
                "base": each.rule.base.value,
                "more_than": each.rule.more_than,
                "abstentions_count": each.rule.abstentions_count,
                "class_votes": list(each.rule.class_votes),
            }
            for each in resolutions(one.id)
        ],
        "voters": {
            str(code): [str(int(units)) for units in quantities]
            for code, quantities in voters.iterator(chunk_size=20_000)
        },
        "ballots": [
            {
                "ballot": str(each.number),
                "sequence": str(each.sequence),
                "resolution": str(each.resolution_id),
                "voter": str(each.voter_code),
                "choice": each.choice.value,
                "units": None if each.units is None else [str(n) for n in each.units],
                "salt": each.salt,
                "commitment": each.commitment,
            }
            for each in ballots(one.id)
        ],
        "proxies": [
            {
                "proxy": str(each.number),
                "sequence": str(each.sequence),
                "principal": str(each.principal_code),
                "agent": str(each.agent_code),
                "units": None if each.units is None else [str(n) for n in each.units],
                "instructions": {key: choice.value for key, choice in each.instructions.items()},
                "salt": each.salt,
                "commitment": each.commitment,
            }
            for each in proxies(one.id)
        ],
        "result": one.result,
    }


def ballots_csv(meeting_id: UUID) -> str:
    """The ballots alone, one to a line; units are smallest ones, empty for all. Raises NoSuchMeeting, NotClosedYet."""
    _refuse_before_end(meeting(meeting_id).state)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(("ballot", "sequence", "resolution", "voter", "choice", "units", "salt", "commitment"))
    for one in ballots(meeting_id):
        units = "" if one.units is None else " ".join(str(n) for n in one.units)
        lines.writerow(
            (one.number, one.sequence, one.resolution_id, one.voter_code, one.choice.value, units, one.salt, one.commitment)
        )  # fmt: skip
    return text.getvalue()


def _refuse_before_end(state: str) -> None:
    if state not in ("closed", "certified"):
        raise NotClosedYet("Ballots are given out when the vote is closed.", next_step="Come back then.")
