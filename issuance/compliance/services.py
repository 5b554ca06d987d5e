"""Adopting rules, and asking them: every answer is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from issuance.compliance.facts import Binding, DecisionFacts, RuleSetFacts
from issuance.compliance.models import DecisionRecord, RuleSetVersion
from issuance.compliance.selectors import GIVEN, binding
from issuance.domain.compliance.catalogue import dump, load
from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.record import keep
from issuance.securities.models import Security
from issuance.securities.selectors import NoSuchSecurity
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import fingerprint
from portal.domain.errors import Conflict, Invalid


class SameRules(Conflict):
    """The rules are those that bind the security already."""

    code = "same-rules"


def adopt(
    *, security_id: UUID, rules: Sequence[Mapping[str, Any]], reason: str, actor: Actor, at: datetime
) -> RuleSetFacts:
    """
    Make these the rules of a security, as its next version.

    rules   rows as `issuance.domain.compliance.catalogue.dump` makes them
    raises  NoSuchSecurity, UnknownRule, Invalid without a reason or a rule, SameRules
    """
    if not reason.strip():
        raise Invalid("Write why these rules are adopted.", field="reason")
    if not rules:
        raise Invalid("A rule set has at least one rule.", field="rules")
    rows = dump(load(rules).rules)
    with transaction.atomic():
        security = Security.objects.select_for_update().filter(pk=security_id).first()
        if security is None:
            raise NoSuchSecurity("There is no security with this id.")
        last = RuleSetVersion.objects.filter(security=security).first()
        if last is not None and last.rules == rows:
            raise SameRules(f"These are the rules of version {last.version} already.")
        made = RuleSetVersion.objects.create(
            security=security,
            version=last.version + 1 if last else 1,
            rules=rows,
            reason=reason.strip(),
            created_at=at,
            created_by=str(actor),
        )
        record(
            actor=actor,
            action="rules.adopted",
            subject=f"security:{security.pk}",
            organisation=security.issuer_id,
            reason=made.reason,
            at=at,
            version=made.version,
            rules_sha256=fingerprint(rows),
        )
    return RuleSetFacts(made.version, tuple(rows), made.reason, at, made.created_by)


def decide(
    *, security_id: UUID, facts: Facts, subject: str, actor: Actor, at: datetime, bound: Binding | None = None
) -> DecisionFacts:
    """
    Ask the security's rules, with those of the offering's exemption, and keep the answer whatever it is.

    subject  what is asked for: "subscription:<uuid>", "transfer:<key>"
    bound    the rules, where whoever asks has read them already under the same lock
    raises   NoRules
    """
    with transaction.atomic():
        if bound is None:
            sale = facts.offering.exemption if facts.offering else ""
            bound = binding(security_id, exemption=sale, resale=facts.resale)
        answer = bound.rules.evaluate(facts)
        party = facts.receiver or facts.sender
        made = DecisionRecord.objects.create(
            security_id=security_id,
            rule_set_id=bound.version_id,
            kind=facts.kind,
            subject=subject,
            holder=party.holder if party else "",
            passed=answer.passed,
            facts={**facts.as_dict(), GIVEN: keep(facts)},
            findings=[finding.as_dict() for finding in answer.findings],
            decided_at=at,
            actor=str(actor),
        )
        record(
            actor=actor,
            action="decision.passed" if answer.passed else "decision.refused",
            subject=f"decision:{made.pk}",
            organisation=bound.issuer_id,
            at=at,
            about=subject,
            security=str(security_id),
            version=bound.rules.version,
            failed=[finding.rule for finding in answer.failures],
            findings_sha256=fingerprint(made.findings),
        )
    return DecisionFacts(made.pk, answer, subject, at, bound.rules)
