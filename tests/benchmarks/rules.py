"""
Compliance: rule packs on given facts, and a decision end to end on a security with 100,000 holders: lock, gather,
evaluate, keep the decision and its event, commit.
"""

import statistics
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from timeit import repeat
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from investors.domain.claims import Accredited, Claims
from issuance.compliance import services as compliance
from issuance.domain.compliance.catalogue import RULES, always, dump, exemption_pack
from issuance.domain.compliance.conduct import Blackout, MinimumHolding, SenderVolume
from issuance.domain.compliance.facts import Count, Dated, Facts, OfferingTerms, Party, SecurityState
from issuance.domain.compliance.holders import BeneficialOwners, CountryHolders
from issuance.domain.compliance.limits import HolderLimit, MaximumHolding
from issuance.domain.compliance.rule import Rule, RuleSet
from issuance.domain.lots import Lot
from issuance.register import services as register
from issuance.register.facts import Intended, LotTerms
from tests.benchmarks.plan import Plan
from tests.factories.crowd import Crowd, crowd
from tests.factories.investors import approved_investor
from tests.factories.issuance import give

HOLDERS_PER_ROW = 0.1
"""Of a million rows asked for: 100,000 holders."""
PEOPLE, DECISIONS, EVALUATIONS = 20, 400, 2_000
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
MANY = 10**9

_HOLDERS = """
INSERT INTO issuance_holderofrecord (security_id, holder, country, accredited, frozen, frozen_quantity, active)
SELECT %(security)s, a.owner, 'US', false, false, 0, true FROM ledger_account a
WHERE a.instrument_id = %(instrument)s AND a.purpose = 'holding'
"""
_COUNT = """
INSERT INTO issuance_holdercount (security_id, country, accredited, holders)
SELECT %(security)s, 'US', false, count(*) FROM issuance_holderofrecord WHERE security_id = %(security)s
"""


def measure(plan: Plan) -> dict[str, Any]:
    """Microseconds of each pack, and milliseconds of a decision end to end."""
    return {"packs": packs(), "decisions": decisions(int(plan.rows * HOLDERS_PER_ROW))}


def limits() -> list[Rule]:
    """Limits of every kind beside what binds every security."""
    usual = [rule for rule in always() if rule.code != "holder_limit"]
    return [
        *usual,
        HolderLimit(holders=MANY, non_accredited=MANY),
        CountryHolders(holders=MANY),
        BeneficialOwners(owners=MANY),
        MaximumHolding(ppm=900_000),
        MinimumHolding(quantity=1),
        MinimumHolding(quantity=1, side="sender"),
        SenderVolume(days=30, ppm=900_000),
        Blackout(first=date(2020, 1, 1), last=date(2020, 1, 31)),
    ]


def packs() -> dict[str, Any]:
    """Median microseconds of one evaluation, of a sale and of a resale."""
    sets = {
        "every security, 506(c)": [*always(), *exemption_pack("506(c)")],
        "with limits of every kind": [*limits(), *exemption_pack("506(c)")],
        "every rule of the catalogue": [kind() for kind in RULES.values()],
    }
    found = {}
    for name, rules in sets.items():
        bound = RuleSet.of(rules)
        spent = {what: micros(bound, facts) for what, facts in (("sale", sale()), ("resale", resale()))}
        found[name] = {"rules": len(rules), **spent}
    return found


def micros(bound: RuleSet, facts: Facts) -> float:
    # Processor time: on a machine that others use too, wall time measures the others.
    times = repeat(lambda: bound.evaluate(facts), number=EVALUATIONS, repeat=15, timer=time.process_time)
    return round(statistics.median(times) / EVALUATIONS * 1e6, 1)


def sale() -> Facts:
    accredited = Accredited(
        UUID(int=1), "501(a)(6)", "letter", "evidence", True, AT.date(), evidence_until=date(2027, 1, 1)
    )
    claims = Claims(
        UUID(int=2),
        AT.date(),
        "natural",
        "US",
        True,
        kyc_valid_until=date(2027, 1, 1),
        screened_on=AT.date(),
        accredited=accredited,
    )
    security = SecurityState(
        "PARK-B", authorised=10**9, issued=10**6, counted=Count(100_000, 90_000, {"US": 100_000})
    )
    offering = OfferingTerms("506(c)", AT - timedelta(days=1), AT + timedelta(days=1), 100_00)
    return Facts(
        "issue",
        security,
        10,
        AT,
        AT.date(),
        amount_minor=2_500_00,
        receiver=Party("investor:b", claims),
        offering=offering,
        cash_minor=5_000_00,
    )


def resale() -> Facts:
    asked = sale()
    lots = tuple(Lot(str(n), 100, date(2024, 1, 1 + n), "506(c)") for n in range(3))
    sender = Party(
        "investor:s",
        asked.receiver.claims if asked.receiver else None,
        holding=300,
        lots=lots,
        sent=(Dated(date(2026, 11, 1), 5), Dated(date(2026, 11, 9), 5)),
    )
    return replace(asked, kind="transfer", sender=sender, offering=None, cash_minor=None)


def decisions(holders: int) -> dict[str, Any]:
    """Milliseconds of `assess`, each in a transaction of its own, of issues and of transfers in turn."""
    of = crowd(holders, at=timezone.now())
    fill(of)
    compliance.adopt(
        security_id=of.issued.security.id,
        rules=dump(limits()),
        reason="Measured.",
        actor=of.issued.actor,
        at=timezone.now(),
    )
    people = [approved_investor() for _ in range(PEOPLE)]
    for one in people:
        give(of.issued, one, 1_000, lot=LotTerms(exemption="registered"))
    spent: dict[str, list[float]] = {"issue": [], "transfer": []}
    for number in range(DECISIONS):
        kind = ("issue", "transfer")[number % 2]
        seller, buyer = people[number % PEOPLE], people[(number + 7) % PEOPLE]
        asked = Intended(
            kind,
            of.issued.security.id,
            10,
            f"{kind}:{number}",
            source=seller.owner if kind == "transfer" else "",
            target=buyer.owner,
        )
        at = timezone.now()
        began = time.perf_counter()
        answer = register.assess(intended=asked, actor=of.issued.actor, at=at)
        spent[kind].append((time.perf_counter() - began) * 1000)
        if not answer.decision.passed:
            raise RuntimeError(f"refused: {answer.decision.decision.failures}")
    return {
        "holders": holders,
        "asked": DECISIONS,
        **{
            kind: {
                "median_ms": round(statistics.median(times), 2),
                "p95_ms": round(statistics.quantiles(times, n=20)[18], 2),
            }
            for kind, times in spent.items()
        },
    }


def fill(of: Crowd) -> None:
    """The holders of record and their kept counts of holdings that were written in bulk."""
    values = {"security": of.issued.security.id, "instrument": of.issued.security.instrument_id}
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, values)
        cursor.execute(_COUNT, values)
        cursor.execute("ANALYZE")
