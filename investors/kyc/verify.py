"""A case is where its last step left it; its papers are those in the document store; four eyes were two people's."""

from portal.audit.verify import run

_STEPS = """
SELECT c.id, c.state, coalesce(e.after, '') FROM investors_case c
LEFT JOIN LATERAL (SELECT after FROM investors_caseevent e WHERE e.case_id = c.id ORDER BY e.id DESC LIMIT 1) e ON true
WHERE c.state IS DISTINCT FROM e.after ORDER BY c.id
"""
_ORDER = """
SELECT id, case_id FROM (
  SELECT id, case_id, before, lag(after) OVER (PARTITION BY case_id ORDER BY id) AS earlier FROM investors_caseevent) e
WHERE before IS DISTINCT FROM coalesce(earlier, '') ORDER BY id
"""
_PAPERS = """
SELECT p.id, p.case_id FROM investors_casedocument p LEFT JOIN portal_document d ON d.id = p.document_id
WHERE d.sha256 IS DISTINCT FROM p.sha256 ORDER BY p.id
"""
_SECOND = """
SELECT c.id FROM investors_case c LEFT JOIN portal_approval a ON a.id = c.approval_id
  AND a.subject = 'kyc_case:' || c.id
WHERE c.state IN ('approved', 'expired', 'superseded') AND c.approval_id IS NOT NULL AND a.state IS DISTINCT FROM 'approved'
ORDER BY c.id
"""

CHECKS = (
    (_STEPS, "investors_case {0}: it is {1}; its last step left it {2}"),
    (_ORDER, "investors_caseevent {0}: it does not follow from the step before it in case {1}"),
    (_PAPERS, "investors_casedocument {0} of case {1}: it is not the document in the store"),
    (_SECOND, "investors_case {0}: it was approved, and its second opinion was not"),
)


def verify_cases() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return run(CHECKS)
