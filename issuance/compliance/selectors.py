"""Reads of rules and decisions."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from issuance.compliance.facts import Binding, RuleSetFacts, StoredDecision
from issuance.compliance.models import DecisionRecord, RuleSetVersion
from issuance.domain.compliance.catalogue import exemption_pack, load
from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.record import again
from issuance.domain.compliance.rule import Rule, RuleSet
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.errors import Conflict, NotFound

GIVEN = "given"
"""Where the facts of a decision keep all that the rules were given, beside what people read."""


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
    rows = RuleSetVersion.objects.select_related("security").defer("rules")
    found = rows.filter(security_id=security_id).order_by("-version").first()
    if found is None:
        raise NoRules(
            "This security has no compliance rules yet, so nothing of it can move.",
            next_step="Adopt a rule set for it first.",
        )
    return found


def rule_set(security_id: UUID) -> RuleSet:
    """The rules that bind a security now. Raises NoRules."""
    return binding(security_id).rules


def binding(security_id: UUID, *, exemption: str = "", resale: str = "") -> Binding:
    """
    What binds a movement: the security's rules, with those of the exemption of the sale, or of the resale.

    raises  NoRules, UnknownRule for an exemption that nobody knows
    """
    found = current_version(security_id)
    rules = _loaded(found.pk)
    if exemption:
        rules = (*rules, *exemption_pack(exemption))
    if resale:
        rules = (*rules, *exemption_pack(resale))
    return Binding(found.pk, found.security.issuer_id, RuleSet(found.security.code, found.version, rules))


@lru_cache(maxsize=512)
def _loaded(version_id: UUID) -> tuple[Rule, ...]:
    """The rules of a version, read once in each process: a version never changes."""
    return load(RuleSetVersion.objects.values_list("rules", flat=True).get(pk=version_id)).rules


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
        facts={name: value for name, value in row.facts.items() if name != GIVEN},
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


def asked(security_id: UUID, *, since: datetime) -> Iterator[tuple[str, Facts]]:
    """
    ("decision:<uuid>", facts) of the movements of a security that were decided on since an instant, oldest first;
    decisions of before all their facts were kept are left out.
    """
    rows = DecisionRecord.objects.filter(
        security_id=security_id, decided_at__gte=since, kind__in=("issue", "transfer", "redeem")
    )
    for number, kept in rows.order_by("decided_at", "pk").values_list("pk", f"facts__{GIVEN}").iterator():
        facts = again(kept or {})
        if facts is not None:
            yield f"decision:{number}", facts
