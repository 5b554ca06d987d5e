"""Decisions on matches: side by side, cleared, found true, released; and what a true one brings with it."""

import json
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction

from investors.domain.ownership import SOURCE
from investors.domain.screening import MATCH_FROM
from investors.profiles import selectors as profiles
from investors.screening.facts import Comparison, HitFacts, PartFacts
from investors.screening.models import HIT, Hit, Screening
from investors.screening.selectors import NoSuchHit, hit_facts, owned_by_listed, ownership
from investors.screening.services import screen
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json
from portal.domain.errors import Invalid, NotAllowed


class OwnDecision(NotAllowed):
    """Who found a match true does not release it himself."""

    code = "own-decision"


def decide_hit(
    *, hit_id: UUID, true_match: bool, reason: str, officer_id: UUID, actor: Actor, at: datetime
) -> HitFacts:
    """
    An officer clears a match, or finds it true: then the investor's accounts are frozen at once, since no claim of
    his holds any more, and entities that the 50 percent rule reaches through him wait for an officer too.

    raises  NoSuchHit, NotAllowedNow when somebody decided before, Invalid without a reason
    """
    event = "confirm" if true_match else "clear"
    return _move(hit_id, event, reason=reason, officer_id=officer_id, actor=actor, at=at)


def release_hit(*, hit_id: UUID, reason: str, officer_id: UUID, actor: Actor, at: datetime) -> HitFacts:
    """
    Another officer finds that a match was not true, or was delisted; the accounts are free again.

    raises  NoSuchHit, NotAllowedNow unless it was found true, OwnDecision, Invalid without a reason
    """
    return _move(hit_id, "release", reason=reason, officer_id=officer_id, actor=actor, at=at)


def _move(hit_id: UUID, event: str, *, reason: str, officer_id: UUID, actor: Actor, at: datetime) -> HitFacts:
    if len(reason.strip()) < 5:
        raise Invalid("Say why; the reason is kept with the decision.", field="reason")
    with transaction.atomic():
        row = Hit.objects.select_for_update().filter(pk=hit_id).first()
        if row is None:
            raise NoSuchHit("There is no name match with this id.")
        after = HIT.after(row.state, event)
        if event == "release" and row.decided_by_id == officer_id:
            raise OwnDecision("You found this match true; another officer releases it.")
        row.state, row.decided_at, row.decided_by_id, row.reason = after, at, officer_id, reason.strip()
        row.save(update_fields=["state", "decided_at", "decided_by", "reason"])
        verb = {"confirm": "confirmed", "clear": "cleared", "release": "released"}[event]
        _tell(row, f"screening.match_{verb}", reason=reason.strip(), actor=actor, at=at)
        if event == "confirm":
            _freeze(row, actor=actor, at=at)
        elif (
            event == "release"
            and not Hit.objects.filter(investor_id=row.investor_id, state="true_match").exists()
        ):
            _tell(row, "screening.accounts_released", reason=reason.strip(), actor=actor, at=at)
    return hit_facts(row)


def _freeze(row: Hit, *, actor: Actor, at: datetime) -> None:
    """The freeze is the state of the match itself; here it is told, and carried on to what he owns."""
    owned = owned_by_listed(row.investor_id)
    _tell(
        row,
        "screening.accounts_frozen",
        reason="",
        actor=actor,
        at=at,
        owned_by_listed_ppm=owned.confirmed_ppm,
        fifty_percent_rule=owned.blocked,
    )
    found = ownership(["true_match"])
    names = {f"investor:{key}": key for key in profiles.entity_names()}
    for entity in found.blocked:
        key = names.get(entity)
        if key is None or key == row.investor_id:
            continue
        known = Hit.objects.filter(investor_id=key)
        if known.filter(state__in=("open", "true_match")).exists():
            continue
        if known.filter(subject=f"ownership:{key}", source=row.source, reference=row.reference).exists():
            continue
        _carry_on(row, key, found.shares[entity], actor=actor, at=at)


def _carry_on(row: Hit, key: UUID, share: Fraction, *, actor: Actor, at: datetime) -> None:
    """An entity that listed persons own through others: compared with the lists anew, and an open match for it."""
    screen(investor_id=key, actor=actor, at=at)
    facts = profiles.investor(key)
    screening = Screening.objects.create(
        investor_id=key,
        list_id=row.screening.list_id,
        profile_version=facts.version,
        names=1,
        hits=1,
        threshold=MATCH_FROM,
        at=at,
    )
    told = f"Listed persons own {float(share) * 100:.2f} % of the entity; 50 % block it ({SOURCE})."
    raised = Hit.objects.create(
        investor_id=key,
        screening=screening,
        source=row.source,
        subject=f"ownership:{key}",
        reference=row.reference,
        listed_name=row.listed_name,
        own_name=profiles.entity_names()[key],
        score=1000,
        why=canonical_json([[1000, told]]).decode(),
        found_at=at,
    )
    record(
        actor=actor,
        action="screening.owned_by_listed",
        subject=f"investor:{key}",
        at=at,
        hit=str(raised.pk),
        share_ppm=int(share * 1_000_000),
        rows=essences(screening, raised),
    )


def _tell(row: Hit, action: str, *, reason: str, actor: Actor, at: datetime, **facts: Any) -> None:
    record(
        actor=actor,
        action=action,
        subject=f"investor:{row.investor_id}",
        reason=reason,
        at=at,
        hit=str(row.pk),
        source=row.source,
        reference=row.reference,
        score=row.score,
        rows=essences(row),
        **facts,
    )


def compare(*, hit_id: UUID, reason: str, actor: Actor, at: datetime) -> Comparison:
    """
    Open both names of a match to an officer; leaves an event with the reason.

    raises  NoSuchHit, Invalid without a reason
    """
    if len(reason.strip()) < 5:
        raise Invalid("Say why you need to see the name; the reason is kept.", field="reason")
    with transaction.atomic():
        row = Hit.objects.filter(pk=hit_id).first()
        if row is None:
            raise NoSuchHit("There is no name match with this id.")
        record(
            actor=actor,
            action="investor.personal_data_opened",
            subject=f"investor:{row.investor_id}",
            reason=reason.strip(),
            at=at,
            hit=str(row.pk),
            fields=["born_or_formed", "legal_name"],
        )
        known = {one.subject: one for one in profiles.names_to_screen(row.investor_id)}
        person = known.get(row.subject)
        return Comparison(
            row.own_name,
            row.listed_name,
            _parts(row.why),
            person.born.isoformat() if person and person.born else "",
            person.country if person else "",
        )


def _parts(why: str) -> tuple[PartFacts, ...]:
    if not why.startswith("["):
        return (PartFacts(0, why),)
    return tuple(PartFacts(points, told) for points, told in json.loads(why))
