"""Lists as imported, screenings and matches: what stands in the rows is what the trail was told."""

from investors.screening.selectors import ENTRIES
from portal.audit.verify import run

_LISTS = f"""
WITH told AS (
  SELECT subject, (facts::jsonb) ->> 'entries_sha256' AS hash FROM audit_event WHERE action = 'screening.list_imported'),
kept AS (
  SELECT s.id, s.source, (SELECT count(*) FROM investors_listedname n WHERE n.list_id = s.id) AS entries, s.names,
    ({ENTRIES} FROM investors_listedname n WHERE n.list_id = s.id) AS hash FROM investors_screeninglist s)
SELECT k.id, k.source, k.entries, k.names FROM kept k LEFT JOIN told t ON t.subject = 'screening_list:' || k.id
WHERE k.hash IS DISTINCT FROM t.hash OR k.entries <> k.names ORDER BY k.id
"""  # noqa: S608  constants of this room
_RAISED = """
SELECT s.id, s.hits, count(h.id) FROM investors_screening s LEFT JOIN investors_hit h ON h.screening_id = s.id
GROUP BY s.id HAVING s.hits <> count(h.id) ORDER BY s.id
"""

CHECKS = (
    (
        _LISTS,
        "investors_screeninglist {0} ({1}): its names are not those that were imported; there are {2} of {3}",
    ),
    (_RAISED, "investors_screening {0}: it raised {1} matches; there are {2}"),
)


def verify_screening() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return run(CHECKS)
