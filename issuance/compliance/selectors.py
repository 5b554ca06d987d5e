"""Reads of rules and decisions."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from issuance.compliance.facts import RuleSetFacts, StoredDecision
from issuance.compliance.models import DecisionRecord, RuleSetVersion
from issuance.domain.compliance.catalogue import load
from issuance.domain.compliance.rule import RuleSet
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.errors import Conflict, NotFound


class NoRules(Conflict):
    """A security without rules cannot move."""

    code = "no-rules"


class NoSuchDecision(NotFound):
    """There is no decision with this id, or none that the reader may know of."""

    code = "no-such-decision"


def current_version(security_id: UUID) -> RuleSetVersion:
    """
    The newest version of a security's rules, for this room's services.

    raises  NoRules
    """
    found = RuleSetVersion.objects.select_related("security").filter(security_id=security_id).first()
    if found is None:
        raise NoRules(
            "This security has no compliance rules yet, so nothing of it can move.",
            next_step="Adopt a rule set for it first.",
        )
    return found


def rule_set(security_id: UUID) -> RuleSet:
    """The rules that bind a security now. Raises NoRules."""
    found = current_version(security_id)
    return load(found.rules, name=found.security.code, version=found.version)


def versions(security_id: UUID) -> list[RuleSetFacts]:
    """All versions of a security's rules, newest first."""
    return [
        RuleSetFacts(row.version, tuple(row.rules), row.reason, row.created_at, row.created_by)
        for row in RuleSetVersion.objects.filter(security_id=security_id)
    ]


def decision(decision_id: UUID) -> StoredDecision:
    """raises  NoSuchDecision"""
    found = _decisions().filter(pk=decision_id).first()
    if found is None:
        raise NoSuchDecision("There is no decision with this id.")
    return _stored(found)


def decisions(
    *,
    security_ids: Collection[UUID] | None = None,
    passed: bool | None = None,
    subject: str | None = None,
    holder: str | None = None,
    limit: int = 50,
) -> list[StoredDecision]:
    """Newest first, narrowed where asked."""
    found = _decisions()
    if security_ids is not None:
        found = found.filter(security_id__in=security_ids)
    if passed is not None:
        found = found.filter(passed=passed)
    if subject is not None:
        found = found.filter(subject=subject)
    if holder is not None:
        found = found.filter(holder=holder)
    return [_stored(row) for row in found[:limit]]


def _decisions() -> Any:
    return DecisionRecord.objects.select_related("security", "rule_set")


def _stored(row: DecisionRecord) -> StoredDecision:
    findings = tuple(_finding(one) for one in row.findings)
    return StoredDecision(
        id=row.pk,
        security_code=row.security.code,
        issuer_id=row.security.issuer_id,
        kind=row.kind,
        subject=row.subject,
        holder=row.holder,
        passed=row.passed,
        version=row.rule_set.version,
        facts=row.facts,
        decision=Decision(findings, row.security.code, row.rule_set.version),
        decided_at=row.decided_at,
        actor=row.actor,
    )


def _finding(row: dict[str, Any]) -> Finding:
    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    def number(text: str | None) -> int | None:
        return int(text) if text is not None else None

    return Finding(
        rule=row["rule"],
        outcome=Outcome(row["outcome"]),
        message=row["message"],
        source=row["source"],
        as_of=day(row["as_of"]),
        earliest_pass=day(row["earliest_pass"]),
        limit=number(row["limit"]),
        used=number(row["used"]),
        remedy=row["remedy"],
    )
