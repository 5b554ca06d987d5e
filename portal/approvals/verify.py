"""Who asked for what, and who decided: each approval against the two events that tell of it."""

from portal.audit.verify import run

_ASKED = """
SELECT a.id, a.action, a.subject FROM portal_approval a
LEFT JOIN audit_event e ON e.subject = 'approval:' || a.id AND e.action = 'approval.requested'
WHERE e.id IS NULL OR e.facts::jsonb ->> 'asked' <> a.action OR e.facts::jsonb ->> 'about' <> a.subject
  OR e.facts::jsonb ->> 'facts_sha256' <> encode(sha256(convert_to(a.facts, 'UTF8')), 'hex')
  OR e.actor_kind || ':' || e.actor_id <> a.maker OR e.actor_label <> a.maker_label OR e.happened_at <> a.requested_at
  OR e.organisation IS DISTINCT FROM a.organisation_id ORDER BY a.id
"""
_DECIDED = """
SELECT a.id, a.action, a.subject, a.state FROM portal_approval a
LEFT JOIN audit_event e ON e.subject = 'approval:' || a.id
  AND e.action IN ('approval.approved', 'approval.rejected', 'approval.withdrawn')
WHERE (a.state = 'requested') <> (e.id IS NULL) OR e.action <> 'approval.' || a.state OR e.reason <> a.note
  OR e.happened_at <> a.decided_at
  OR (a.checker <> '' AND (e.actor_kind || ':' || e.actor_id, e.actor_label) <> (a.checker, a.checker_label)) ORDER BY a.id
"""
_GONE = """
SELECT e.subject FROM audit_event e LEFT JOIN portal_approval a ON e.subject = 'approval:' || a.id
WHERE e.action = 'approval.requested' AND a.id IS NULL ORDER BY e.id
"""

CHECKS = (
    (_ASKED, "portal_approval {0} ({1} of {2}): what was asked, by whom or when is not what the trail recorded"),
    (_DECIDED, "portal_approval {0} ({1} of {2}): it is {3}; the trail tells of another decision, person or time"),
    (_GONE, "portal_approval: {0} is gone, and the trail tells of it"),
)  # fmt: skip


def verify_approvals() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return run(CHECKS)
