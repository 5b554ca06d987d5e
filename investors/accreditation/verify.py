"""Determinations: on which papers, and whether those are still what they were."""

from portal.audit.verify import run

_PAPERS = """
SELECT e.id, e.determination_id FROM investors_determination_evidence e
LEFT JOIN portal_document d ON d.id = e.document_id LEFT JOIN investors_representation r ON r.id = e.representation_id
WHERE coalesce(d.sha256, r.sha256) IS DISTINCT FROM e.sha256 ORDER BY e.id
"""
_HANDED_IN = """
SELECT p.id, p.request_id FROM investors_accreditation_paper p LEFT JOIN portal_document d ON d.id = p.document_id
WHERE d.sha256 IS DISTINCT FROM p.sha256 ORDER BY p.id
"""
_SPOKEN = """
SELECT id FROM investors_representation WHERE encode(sha256(convert_to(text, 'UTF8')), 'hex') <> sha256 ORDER BY id
"""
_DECIDED = """
SELECT q.id, q.state FROM investors_accreditation_request q
LEFT JOIN investors_determination d ON d.request_id = q.id
WHERE (q.state = 'decided') <> (d.id IS NOT NULL) ORDER BY q.id
"""
# What the trail says in words of a determination, beside its hash: a reader of the trail must not be misled either.
_TOLD = """
SELECT d.id FROM investors_determination d LEFT JOIN (
  SELECT action, reason, subject, facts::jsonb AS facts FROM audit_event
  WHERE action IN ('accreditation.determined', 'accreditation.refused')) e ON e.facts ->> 'determination' = d.id::text
WHERE e.subject IS DISTINCT FROM 'investor:' || d.investor_id
  OR e.action <> CASE WHEN d.accredited THEN 'accreditation.determined' ELSE 'accreditation.refused' END
  OR e.reason <> d.reason OR e.facts ->> 'basis' <> d.basis OR e.facts ->> 'method' <> d.method
  OR e.facts ->> 'issuer' IS DISTINCT FROM d.issuer_id::text
  OR e.facts ->> 'evidence_until' IS DISTINCT FROM d.evidence_until::text
  OR e.facts ->> 'reuse_until' IS DISTINCT FROM d.reuse_until::text ORDER BY d.id
"""

CHECKS = (
    (_PAPERS, "investors_determination_evidence {0} of determination {1}: it is not the paper that was kept"),
    (_HANDED_IN, "investors_accreditation_paper {0} of request {1}: it is not the document in the store"),
    (_SPOKEN, "investors_representation {0}: its text does not give its hash"),
    (_DECIDED, "investors_accreditation_request {0}: it is {1}, and its determination says otherwise"),
    (_TOLD, "investors_determination {0}: the audit trail tells of another basis, clock or reason"),
)


def verify_accreditation() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return run(CHECKS)
