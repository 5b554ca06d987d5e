"""An index is defined, its rules are versioned, it is launched."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from indices.domain.methodology import rules_of
from indices.domain.valuation import UNIT_SCALE
from indices.methodologies.facts import IndexFacts, VersionFacts
from indices.methodologies.models import INDEX, Index, MethodologyVersion
from indices.methodologies.selectors import NoSuchIndex, index_facts, version_facts
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import fingerprint
from portal.domain.errors import Conflict, Invalid
from portal.ledger.services import define_instrument, open_account

CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}", re.ASCII)


class BadCode(Invalid):
    code = "bad-index-code"


class CodeTaken(Conflict):
    code = "index-code-taken"


class BadStart(Invalid):
    """The base level is not above zero, or a version would begin before what has been decided already."""

    code = "bad-start"


class SameRules(Conflict):
    """A version that changes nothing is no version."""

    code = "same-methodology"


def define_index(
    *,
    code: str,
    name: str,
    document: Mapping[str, Any],
    base_date: date,
    actor: Actor,
    at: datetime,
    base_level: Decimal = Decimal(100),
    summary: str = "",
    note: str = "",
) -> IndexFacts:
    """
    Define an index with the first version of its rules, in force from the base date. It is a draft until launched.

    document  as indices.domain.methodology.SCHEMA says
    raises    BadCode, CodeTaken, BadMethodology, BadStart
    """
    if not CODE.fullmatch(code):
        raise BadCode(
            "The code has 2 to 12 capital letters and digits and begins with a letter.", field="code"
        )
    if not name.strip() or len(name) > 120:
        raise Invalid("The name has 1 to 120 characters.", field="name")
    if not base_level.is_finite() or not 0 < base_level <= 1_000_000:
        raise BadStart("The base level lies above 0 and at most at 1,000,000.", field="base_level")
    rules = rules_of(dict(document))
    with transaction.atomic():
        try:
            with transaction.atomic():
                index = Index.objects.create(
                    code=code,
                    name=name.strip(),
                    summary=summary,
                    theme=rules.theme,
                    base_date=base_date,
                    base_level=base_level,
                    created_by=str(actor),
                    created_at=at,
                )
        except IntegrityError as clash:
            raise CodeTaken(f"There is an index {code} already.", field="code") from clash
        version = _add(index, dict(document), base_date, note, actor, at)
        record(
            actor=actor,
            action="methodologies.index_defined",
            subject=f"index:{index.pk}",
            at=at,
            code=code,
            base_date=base_date.isoformat(),
            methodology=version.fingerprint,
            rows=essences(index, version),
        )
    return index_facts(index)


def add_version(
    *,
    index_id: UUID,
    document: Mapping[str, Any],
    effective_from: date,
    note: str,
    actor: Actor,
    at: datetime,
) -> VersionFacts:
    """
    Change the rules from a day on. Reference dates before it were and will be decided by the versions before.

    raises  NoSuchIndex, BadMethodology, SameRules; BadStart when the day lies in the past of a launched index,
            or before the version now last
    """
    rules_of(dict(document))
    with transaction.atomic():
        index = _lock(index_id)
        last = MethodologyVersion.objects.filter(index=index).order_by("-number").first()
        if last is not None and last.fingerprint == fingerprint(dict(document)):
            raise SameRules(f"These are the rules of version {last.number} already; nothing was changed.")
        if last is not None and effective_from < last.effective_from:
            raise BadStart(
                f"Version {last.number} begins on {last.effective_from}; the next cannot begin before it.",
                field="effective_from",
            )
        if index.state != "draft" and effective_from < at.date():
            raise BadStart(
                f"{effective_from} is past; rules of a launched index change from today on at the earliest.",
                field="effective_from",
            )
        version = _add(index, dict(document), effective_from, note, actor, at)
        record(
            actor=actor,
            action="methodologies.version_added",
            subject=f"index:{index.pk}",
            at=at,
            reason=note,
            number=version.number,
            effective_from=effective_from.isoformat(),
            methodology=version.fingerprint,
            rows=essences(version),
        )
    return version_facts(version)


def launch(*, index_id: UUID, actor: Actor, at: datetime) -> IndexFacts:
    """
    Make the index live: its units become an instrument of the ledger, and its rebalances and levels begin.

    raises  NoSuchIndex, NotAllowedNow
    """
    with transaction.atomic():
        index = _lock(index_id)
        index.state = INDEX.after(index.state, "launch")
        unit = define_instrument(
            code=f"unit:{index.code}",
            kind="index_unit",
            scale=UNIT_SCALE,
            name=index.name,
            actor=actor,
            at=at,
        )
        open_account(owner=f"index:{index.pk}", instrument_id=unit.id, purpose="issued")
        index.unit_instrument_id, index.launched_at = unit.id, at
        index.save(update_fields=["state", "unit_instrument_id", "launched_at"])
        record(
            actor=actor,
            action="methodologies.index_launched",
            subject=f"index:{index.pk}",
            at=at,
            rows=essences(index),
        )
    return index_facts(index)


def move(*, index_id: UUID, event: str, reason: str, actor: Actor, at: datetime) -> IndexFacts:
    """
    Suspend, resume or terminate an index.

    event   "suspend" | "resume" | "terminate"
    raises  NoSuchIndex, NotAllowedNow
    """
    with transaction.atomic():
        index = _lock(index_id)
        before, index.state = index.state, INDEX.after(index.state, event)
        index.save(update_fields=["state"])
        record(
            actor=actor,
            action=f"methodologies.index_{index.state}",
            subject=f"index:{index.pk}",
            at=at,
            reason=reason,
            before={"state": before},
            after={"state": index.state},
            rows=essences(index),
        )
    return index_facts(index)


def _lock(index_id: UUID) -> Index:
    index = Index.objects.select_for_update().filter(pk=index_id).first()
    if index is None:
        raise NoSuchIndex("There is no index with this id.")
    return index


def _add(
    index: Index, document: dict[str, Any], effective_from: date, note: str, actor: Actor, at: datetime
) -> MethodologyVersion:
    return MethodologyVersion.objects.create(
        index=index,
        number=index.versions.count() + 1,
        document=document,
        fingerprint=fingerprint(document),
        effective_from=effective_from,
        note=note,
        created_by=str(actor),
        created_at=at,
    )
