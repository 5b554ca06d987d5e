"""Who may vote with how much: taken from the ledger as of the record instant, in one statement."""

from django.db import connection

from issuance.voting.models import Meeting
from portal.ledger.selectors import POSITIONS_AT
from portal.runtime.statements import one_row

# The issuer's own units neither vote nor count as outstanding (Delaware General Corporation Law, 160(c)).
_TAKE = """
INSERT INTO issuance_voter (meeting_id, holder, code, quantities)
SELECT %(meeting)s, o.owner, gen_random_uuid(), array_agg(coalesce(h.quantity, 0) ORDER BY c.place)
FROM (SELECT DISTINCT owner FROM ({held}) held) o
CROSS JOIN issuance_meetingclass c LEFT JOIN ({held}) h ON h.owner = o.owner AND h.place = c.place
WHERE c.meeting_id = %(meeting)s GROUP BY o.owner
"""
_FINGERPRINT = """
SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(
  holder || ' ' || code || ' ' || array_to_string(quantities, ','), E'\\n' ORDER BY holder COLLATE "C"), ''), 'UTF8')), 'hex')
FROM issuance_voter v WHERE meeting_id = %s AND 0 < ANY (quantities)
"""


def take(meeting: Meeting) -> int:
    """
    Write the voters of a meeting with their units by class. returns how many there are

    Whoever is in the register holds, whether his units are frozen, pledged or locked: he votes.
    """
    classes = list(meeting.classes.select_related("security").order_by("place"))
    held = " UNION ALL ".join(
        f"SELECT {one.place} AS place, p.owner, p.quantity FROM ("  # noqa: S608  constants and our own places
        + POSITIONS_AT.replace("%(instrument)s", f"%(instrument_{one.place})s")
        + ") p WHERE p.quantity > 0 AND p.owner <> %(issuer)s"
        for one in classes
    )
    values = {f"instrument_{one.place}": one.security.instrument_id for one in classes}
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE.format(held=held),
            {
                **values,
                "meeting": meeting.pk,
                "issuer": f"issuer:{meeting.issuer_id}",
                "as_of": meeting.record_at,
                "purpose": "holding",
            },
        )
        return cursor.rowcount


def powers_fingerprint(meeting_id: object) -> str:
    """SHA-256 over holder, code and units of everyone who had any, in the order of holders."""
    row = one_row(_FINGERPRINT, [meeting_id])
    assert row is not None
    return str(row[1])
