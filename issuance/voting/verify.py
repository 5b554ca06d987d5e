"""Re-derives votes: power from the ledger, ballots and proxies from the trail, results from the ballots."""

import json
from collections.abc import Iterator

from issuance.voting import selectors
from issuance.voting.models import Ballot, Meeting, Proxy
from issuance.voting.snapshot import powers_fingerprint
from portal.audit.verify import named, run, verify_rows
from portal.domain.canonical import canonical_json
from portal.domain.sealing import CannotUnseal

# The units of each voter against the ledger as of the record instant, class by class, both ways.
_POWER = """
WITH booked AS (
  SELECT c.meeting_id, a.owner AS holder, c.place, coalesce((SELECT e.balance_after FROM ledger_entry e
    WHERE e.account_id = a.id AND e.effective_at <= m.record_at ORDER BY e.effective_at DESC, e.id DESC LIMIT 1), 0) AS units
  FROM issuance_meeting m JOIN issuance_meetingclass c ON c.meeting_id = m.id JOIN issuance_security s ON s.id = c.security_id
  JOIN ledger_account a ON a.instrument_id = s.instrument_id AND a.purpose = 'holding' AND a.owner <> 'issuer:' || m.issuer_id
  WHERE m.opened_at IS NOT NULL),
kept AS (
  SELECT v.meeting_id, v.holder, (q.n - 1)::int AS place, q.units
  FROM issuance_voter v CROSS JOIN LATERAL unnest(v.quantities) WITH ORDINALITY q (units, n))
SELECT coalesce(b.meeting_id, k.meeting_id), coalesce(b.holder, k.holder), coalesce(k.units, 0), coalesce(b.units, 0)
FROM (SELECT * FROM booked WHERE units > 0) b
FULL JOIN (SELECT * FROM kept WHERE units <> 0) k USING (meeting_id, holder, place)
WHERE coalesce(b.units, 0) <> coalesce(k.units, 0) ORDER BY 1, 2
"""
_STRANGERS = """
SELECT v.meeting_id, v.code FROM issuance_voter v WHERE NOT 0 < ANY (v.quantities)
  AND NOT EXISTS (SELECT 1 FROM issuance_proxy p WHERE p.agent_id = v.id) ORDER BY v.id
"""
_MISPLACED = """
SELECT b.number FROM issuance_ballot b JOIN issuance_resolution r ON r.id = b.resolution_id
JOIN issuance_voter v ON v.id = b.voter_id JOIN issuance_meeting m ON m.id = r.meeting_id
WHERE v.meeting_id <> m.id OR m.opened_at IS NULL OR b.cast_at < m.opened_at OR b.cast_at >= m.closes_at
  OR b.cast_at > coalesce(m.closed_at, b.cast_at) ORDER BY b.id
"""
_UNCERTIFIED = """
SELECT m.id FROM issuance_meeting m LEFT JOIN portal_approval a ON a.id = m.approval_id AND a.subject = 'meeting:' || m.id
  AND a.action = 'voting.certify' AND a.state = 'approved'
WHERE (m.state = 'certified' AND a.id IS NULL) OR (m.state = 'certified') <> (m.certified_at IS NOT NULL) ORDER BY m.id
"""
CHECKS = (
    (_POWER, "vote {0}: {1} is kept with {2} units of a class; the ledger gives {3} at the record instant"),
    (_STRANGERS, "vote {0}: voter {1} held nothing and carries no proxy"),
    (_MISPLACED, "ballot {0} was cast when the vote was not open, or by somebody of another vote"),
    (_UNCERTIFIED, "vote {0}: its certificate and the approval of a second person disagree"),
)


def verify_voting() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return [*_kept_rows(), *run(CHECKS), *named(_commitments()), *named(_results())]


def _kept_rows() -> list[str]:
    own = ("issuance_meeting", "issuance_resolution", "issuance_ballot", "issuance_proxy")
    return [one for one in verify_rows("issuance") if one.startswith((*own, "And "))]


def _commitments() -> Iterator[str]:
    """Every ballot and proxy opened: it says what its commitment was made over."""
    for row in Ballot.objects.select_related("resolution", "voter").order_by("pk").iterator(chunk_size=5_000):
        about = {"ballot": row.number, "meeting": row.resolution.meeting_id, "resolution": row.resolution_id}
        yield from _differs("ballot", row, voter=row.voter.code, **about)
    for one in Proxy.objects.select_related("principal", "agent").order_by("pk").iterator(chunk_size=5_000):
        about = {"proxy": one.number, "meeting": one.meeting_id, "principal": one.principal.code}
        yield from _differs("proxy", one, agent=one.agent.code, **about)


def _differs(noun: str, row: Ballot | Proxy, **about: object) -> Iterator[str]:
    try:
        said = selectors.content_of(row)
    except (CannotUnseal, json.JSONDecodeError):
        yield f"{noun} {row.number}: its content cannot be opened: it was changed, or its key is not here."
        return
    if selectors.commitment_of(said, **about) != row.commitment:
        yield f"{noun} {row.number}: it is not what its commitment was made over."


def _results() -> Iterator[str]:
    for one in Meeting.objects.exclude(opened_at=None).order_by("pk"):
        if powers_fingerprint(one.pk) != one.powers_sha256:
            yield f"vote {one.pk}: its voters are not those that its opening recorded."
        if one.closed_at is None:
            continue
        try:
            found = selectors.count(one.pk)
        except (CannotUnseal, ValueError, KeyError):
            yield f"vote {one.pk}: it cannot be counted again."
            continue
        if canonical_json(found).decode() != one.result:
            yield f"vote {one.pk}: counted again, the ballots give another result than is kept."
        outcomes = {str(number): passed for number, passed in one.resolutions.values_list("pk", "passed")}
        if outcomes != {told["resolution"]: told["passed"] for told in found["resolutions"]}:
            yield f"vote {one.pk}: a resolution is kept with another outcome than was counted."
