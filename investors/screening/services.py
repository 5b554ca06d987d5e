"""Writes of screening: import a list, compare investors with it, decide on matches."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from investors.domain.screening import MATCH_FROM, matches
from investors.domain.screening import ListedName as Listed
from investors.profiles import selectors as profiles
from investors.screening.facts import Comparison, HitFacts, ListFacts
from investors.screening.models import HIT, Hit, ListedName, Screening, ScreeningList
from investors.screening.selectors import (
    NoSuchHit,
    entries_sha256,
    hit_facts,
    list_facts,
    listed_names,
    lists_in_use,
)
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, Invalid
from portal.outbox.services import enqueue

RESCREEN = "investors.screening.rescreen"
"""Outbox topic: compare every investor with a list that was just imported."""
_COLUMNS = ("reference", "name", "born")


class BadList(Invalid):
    """The file is not a list that can be read whole; nothing of it was imported."""

    code = "bad-list"


class ListAlreadyImported(Conflict):
    code = "list-already-imported"


class NoListImported(Conflict):
    """Nobody can be screened while there is nothing to screen against."""

    code = "no-list-imported"


@dataclass(frozen=True, slots=True)
class Screened:
    """What one screening did: lists compared, names compared, new matches raised."""

    lists: int
    names: int
    new_hits: int


def import_list(*, source: str, list_date: date, content: bytes, actor: Actor, at: datetime) -> ListFacts:
    """
    Import a CSV file of listed names and have the whole investor base compared with it.

    content    UTF-8 with the columns reference, name, and optionally born (ISO date, or a year, or empty)
    list_date  the publisher's own date
    raises     BadList with the line, ListAlreadyImported for the same file again
    """
    name = " ".join(source.split())
    if not name or len(name) > 80:
        raise Invalid("Name the list's source in at most 80 characters, such as OFAC SDN.", field="source")
    if list_date > at.date():
        raise Invalid(f"The list's date {list_date.isoformat()} lies in the future.", field="list_date")
    rows, digest = _parsed(content), sha256_hex(content)
    with transaction.atomic():
        if ScreeningList.objects.filter(source=name, sha256=digest).exists():
            raise ListAlreadyImported(f"This very file was imported as {name} before; nothing was changed.")
        made = ScreeningList.objects.create(
            source=name,
            list_date=list_date,
            sha256=digest,
            names=len(rows),
            imported_at=at,
            imported_by=str(actor),
        )
        ListedName.objects.bulk_create(
            [
                ListedName(
                    list=made, reference=r.reference, name=r.name, born=r.born, birth_year=r.birth_year
                )
                for r in rows
            ],
            batch_size=2000,
        )
        record(
            actor=actor,
            action="screening.list_imported",
            subject=f"screening_list:{made.pk}",
            at=at,
            source=name,
            list_date=list_date.isoformat(),
            names=len(rows),
            sha256=digest,
            entries_sha256=entries_sha256(made.pk),
            rows=essences(made),
        )
        enqueue(topic=RESCREEN, key=str(made.pk), payload={"list_id": str(made.pk)}, at=at)
    return list_facts(made)


def screen(*, investor_id: UUID, actor: Actor, at: datetime) -> Screened:
    """
    Compare every name behind an investor with every list in use. Matches become hits that block until an officer
    decides; a pair that was decided before raises no new one.

    raises  NoListImported, NoSuchInvestor
    """
    with transaction.atomic():
        lists = lists_in_use(at.date())
        if not lists:
            raise NoListImported(
                "No sanctions list has been imported, so nobody can be screened.",
                next_step="An operator imports a list under Compliance, Screening lists.",
            )
        done = [_screen_against(investor_id, one, listed_names(one.id), actor, at) for one in lists]
    return Screened(len(lists), max(one.names for one in done), sum(one.hits for one in done))


def screen_everyone(*, list_id: UUID, actor: Actor, at: datetime) -> Screened:
    """
    Compare the whole investor base with one list; each investor is its own transaction and is done once, so a
    run that was broken off goes on where it stopped.
    """
    found = ScreeningList.objects.filter(pk=list_id).first()
    if found is None:
        raise BadList("There is no such list.")
    one, listed = list_facts(found), listed_names(list_id)
    done = set(Screening.objects.filter(list_id=list_id).values_list("investor_id", flat=True))
    names = new = 0
    for investor_id in profiles.all_investor_ids():
        if investor_id in done:
            continue
        with transaction.atomic():
            screening = _screen_against(investor_id, one, listed, actor, at)
        names, new = names + screening.names, new + screening.hits
    return Screened(1, names, new)


def decide_hit(
    *, hit_id: UUID, true_match: bool, reason: str, officer_id: UUID, actor: Actor, at: datetime
) -> HitFacts:
    """
    An officer clears a match, or finds it true: then the investor is blocked.

    raises  NoSuchHit, NotAllowedNow when somebody decided before, Invalid without a reason
    """
    if len(reason.strip()) < 5:
        raise Invalid("Say why; the reason is kept with the decision.", field="reason")
    with transaction.atomic():
        row = Hit.objects.select_for_update().filter(pk=hit_id).first()
        if row is None:
            raise NoSuchHit("There is no name match with this id.")
        row.state = HIT.after(row.state, "confirm" if true_match else "clear")
        row.decided_at, row.decided_by_id, row.reason = at, officer_id, reason.strip()
        row.save(update_fields=["state", "decided_at", "decided_by", "reason"])
        record(
            actor=actor,
            action="screening.match_confirmed" if true_match else "screening.match_cleared",
            subject=f"investor:{row.investor_id}",
            reason=reason.strip(),
            at=at,
            hit=str(row.pk),
            source=row.source,
            reference=row.reference,
            score=row.score,
            rows=essences(row),
        )
    return hit_facts(row)


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
            fields=["legal_name"],
        )
        return Comparison(row.own_name, row.listed_name, row.why)


def _screen_against(
    investor_id: UUID, one: ListFacts, listed: list[Listed], actor: Actor, at: datetime
) -> Screening:
    """One investor against one list, in the caller's transaction."""
    investor = profiles.investor(investor_id)
    people = profiles.names_to_screen(investor_id)
    found = [
        (person, match)
        for person in people
        for match in matches(name=person.name, born=person.born, listed=listed)
    ]
    raised = Hit.objects.filter(source=one.source, subject__in=[person.subject for person in people])
    known = {(hit.subject, hit.reference, hit.own_name) for hit in raised}
    fresh: dict[tuple[str, str], tuple[Any, Any]] = {}
    for person, match in found:
        if (person.subject, match.listed.reference, person.name) not in known:
            fresh.setdefault((person.subject, match.listed.reference), (person, match))
    screening = Screening.objects.create(
        investor_id=investor_id,
        list_id=one.id,
        profile_version=investor.version,
        names=len(people),
        hits=len(fresh),
        threshold=MATCH_FROM,
        at=at,
    )
    hits = [
        Hit.objects.create(
            investor_id=investor_id,
            screening=screening,
            source=one.source,
            subject=person.subject,
            reference=match.listed.reference,
            listed_name=match.listed.name,
            own_name=person.name,
            score=match.score,
            why=match.why,
            found_at=at,
        )
        for person, match in fresh.values()
    ]
    record(
        actor=actor,
        action="screening.done",
        subject=f"investor:{investor_id}",
        at=at,
        list=str(one.id),
        source=one.source,
        list_date=one.list_date.isoformat(),
        names=len(people),
        new_hits=len(fresh),
        rows=essences(screening, *hits),
    )
    return screening


def _parsed(content: bytes) -> list[Listed]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadList("The file is not UTF-8 text.", field="file") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not {"reference", "name"} <= set(reader.fieldnames or ()):
        raise BadList(f"The first line must name the columns {', '.join(_COLUMNS)}.", field="file")
    try:
        rows = [_listed(row, reader.line_num) for row in reader]
    except csv.Error as wrong:
        raise BadList(f"Line {reader.line_num} is not CSV: {wrong}.", field="file") from None
    if not rows:
        raise BadList("The list has no names; an empty list would say that everybody is clear.", field="file")
    return rows


def _listed(row: dict[str, str | None], line: int) -> Listed:
    reference, name, born = ((row.get(column) or "").strip() for column in _COLUMNS)
    if not reference or not name:
        raise BadList(f"Line {line}: reference or name is empty.", field="file")
    if len(reference) > 80 or len(name) > 300:
        raise BadList(f"Line {line}: reference or name is too long.", field="file")
    if not born:
        return Listed(reference, name)
    if len(born) == 4 and born.isascii() and born.isdigit():
        return Listed(reference, name, None, int(born))
    try:
        return Listed(reference, name, date.fromisoformat(born))
    except ValueError:
        raise BadList(
            f"Line {line}: {born[:20]!r} is neither a year nor a date like 1980-12-31.", field="file"
        ) from None
