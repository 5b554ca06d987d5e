"""Writes of screening: import a list, compare investors with it, decide on matches."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import BinaryIO
from uuid import UUID

from django.db import transaction

from investors.domain.lists.facts import BadList, ListedParty, Reading
from investors.domain.lists.files import digest_of
from investors.domain.lists.formats import FORMS, read_list
from investors.domain.name_index import NameIndex
from investors.domain.names import words
from investors.domain.screening import MATCH_FROM, Match, Person
from investors.profiles import selectors as profiles
from investors.profiles.facts import NamedPerson
from investors.screening.facts import ListFacts
from investors.screening.models import Hit, ListedName, RescreenChunk, Screening, ScreeningList
from investors.screening.selectors import entries_sha256, list_facts, listed_names, lists_in_use
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json, fingerprint
from portal.domain.errors import Conflict, Invalid
from portal.outbox.services import enqueue

RESCREEN = "investors.screening.rescreen"
"""Outbox topic: compare every investor with a list that was just imported."""
RESCREEN_CHUNK = "investors.screening.rescreen_chunk"
"""Outbox topic: one part of that."""
CHUNK = 1000
"""Investors of a chunk: a second or two, one transaction."""


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


def import_list(
    *,
    source: str = "",
    list_date: date | None = None,
    content: bytes | BinaryIO,
    form: str = "own-csv",
    aliases: BinaryIO | None = None,
    actor: Actor,
    at: datetime,
) -> ListFacts:
    """
    Import a published list and have the whole investor base compared with it.

    form       key of FORMS
    source     whose list; the form's own unless given
    list_date  the publisher's own date: needed where the file has none, and never another than the file's
    content    the file, plain or as ZIP; aliases: OFAC's alt.csv where it is apart
    raises     BadList with the lines, ListAlreadyImported for the same file again
    """
    if form not in FORMS:
        raise BadList(f"The form is one of {', '.join(FORMS)}.", field="form")
    name = " ".join((source or FORMS[form].source).split())
    if not name or len(name) > 80:
        raise Invalid("Name the list's source in at most 80 characters, such as OFAC SDN.", field="source")
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    digest = fingerprint([digest_of(stream), digest_of(aliases)]) if aliases else digest_of(stream)
    reading = read_list(form, stream, aliases=aliases)
    dated = _dated(reading, list_date, today=at.date())
    with transaction.atomic():
        if ScreeningList.objects.filter(source=name, sha256=digest).exists():
            raise ListAlreadyImported(f"This very file was imported as {name} before; nothing was changed.")
        made = ScreeningList.objects.create(
            source=name,
            list_date=dated,
            sha256=digest,
            form=form,
            parties=len(reading.parties),
            names=reading.names,
            remarks="\n".join(reading.remarks),
            imported_at=at,
            imported_by=str(actor),
        )
        ListedName.objects.bulk_create(
            (row for party in reading.parties for row in _rows(made, party)), batch_size=2000
        )
        record(
            actor=actor,
            action="screening.list_imported",
            subject=f"screening_list:{made.pk}",
            at=at,
            source=name,
            form=form,
            list_date=dated.isoformat(),
            parties=len(reading.parties),
            names=reading.names,
            sha256=digest,
            entries_sha256=entries_sha256(made.pk),
            rows=essences(made),
        )
        enqueue(topic=RESCREEN, key=str(made.pk), payload={"list_id": str(made.pk)}, at=at)
    return list_facts(made)


def _dated(reading: Reading, given: date | None, *, today: date) -> date:
    if reading.list_date and given and given != reading.list_date:
        raise Invalid(
            f"The file is dated {reading.list_date.isoformat()}, not {given.isoformat()}.", field="list_date"
        )
    found = reading.list_date or given
    if found is None:
        raise Invalid("The file does not tell its date; give the publisher's.", field="list_date")
    if found > today:
        raise Invalid(f"The list's date {found.isoformat()} lies in the future.", field="list_date")
    return found


def _rows(made: ScreeningList, party: ListedParty) -> Iterable[ListedName]:
    for name in party.names:
        yield ListedName(
            list=made,
            reference=party.reference,
            name=name,
            kind=party.kind,
            births=list(party.births),
            countries=list(party.countries),
            programs=party.programs,
            words=words(name) or name.casefold(),
        )


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
        known = profiles.names_to_screen_of([investor_id]).get(investor_id)
        if known is None:
            profiles.investor(investor_id)
            known = (0, [])
        people = {investor_id: known}
        done = []
        for one in lists:
            (screening,), hits = _compared(one, people, _index(one.id), at)
            _tell(screening, one, hits, actor, at)
            done.append(screening)
    return Screened(len(lists), max(one.names for one in done), sum(one.hits for one in done))


def plan_rescreen(*, list_id: UUID, actor: Actor, at: datetime) -> int:
    """
    Part the investor base into chunks and ask the queue for each. Asked again it asks for those not done.

    returns  the number of chunks
    raises   BadList when there is no such list
    """
    with transaction.atomic():
        found = ScreeningList.objects.filter(pk=list_id).first()
        if found is None:
            raise BadList("There is no such list.")
        if not RescreenChunk.objects.filter(list=found).exists():
            ids = profiles.all_investor_ids()
            parts = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
            RescreenChunk.objects.bulk_create(
                RescreenChunk(list=found, number=n, first=part[0], last=part[-1], investors=len(part))
                for n, part in enumerate(parts)
            )
            record(
                actor=actor,
                action="screening.rescreen_started",
                subject=f"screening_list:{list_id}",
                at=at,
                investors=len(ids),
                chunks=len(parts),
            )
        waiting = RescreenChunk.objects.filter(list=found, done_at=None).order_by("number")
        for number in waiting.values_list("number", flat=True):
            enqueue(
                topic=RESCREEN_CHUNK,
                key=f"{list_id}:{number}",
                payload={"list_id": str(list_id), "number": number},
                at=at,
            )
    return len(waiting)


def rescreen_chunk(*, list_id: UUID, number: int, actor: Actor, at: datetime) -> Screened:
    """
    Compare one chunk of investors with a list, in one transaction. A chunk that is done stays as it is; investors
    who were compared with the list since are passed over.
    """
    with transaction.atomic():
        chunk = (
            RescreenChunk.objects.select_for_update(of=("self",))
            .select_related("list")
            .filter(list_id=list_id, number=number)
            .first()
        )
        if chunk is None or chunk.done_at is not None:
            return Screened(1, 0, 0)
        ids = [key for key in profiles.all_investor_ids() if chunk.first <= key <= chunk.last]
        seen = Screening.objects.filter(list_id=list_id, investor_id__in=ids)
        done = set(seen.values_list("investor_id", flat=True))
        people = profiles.names_to_screen_of([key for key in ids if key not in done])
        one = list_facts(chunk.list)
        screenings, hits = _compared(one, people, _index(list_id), at)
        chunk.done_at, chunk.new_hits = at, sum(screening.hits for screening in screenings)
        chunk.save(update_fields=["done_at", "new_hits"])
        record(
            actor=actor,
            action="screening.chunk_compared",
            subject=f"screening_list:{list_id}",
            at=at,
            number=number,
            investors=len(screenings),
            new_hits=chunk.new_hits,
            rows=essences(*screenings, *hits),
        )
        for screening in filter(lambda found: found.hits, screenings):
            record(
                actor=actor,
                action="screening.match_found",
                subject=f"investor:{screening.investor_id}",
                at=at,
                list=str(list_id),
                source=one.source,
                list_date=one.list_date.isoformat(),
                new_hits=screening.hits,
            )
    return Screened(1, sum(screening.names for screening in screenings), chunk.new_hits)


def screen_everyone(*, list_id: UUID, actor: Actor, at: datetime) -> Screened:
    """
    Compare the whole investor base with one list, chunk after chunk; each chunk is its own transaction and is done
    once, so a run that was broken off goes on where it stopped.
    """
    plan_rescreen(list_id=list_id, actor=actor, at=at)
    waiting = RescreenChunk.objects.filter(list_id=list_id, done_at=None).order_by("number")
    told = [
        rescreen_chunk(list_id=list_id, number=number, actor=actor, at=at)
        for number in waiting.values_list("number", flat=True)
    ]
    return Screened(1, sum(one.names for one in told), sum(one.new_hits for one in told))


@lru_cache(maxsize=1)
def _index(list_id: UUID) -> NameIndex:
    """A list never changes, so what was made of it for one chunk serves the next."""
    return NameIndex(listed_names(list_id))


def _compared(
    one: ListFacts,
    people: dict[UUID, tuple[int, list[NamedPerson]]],
    index: NameIndex,
    at: datetime,
) -> tuple[list[Screening], list[Hit]]:
    """Investors against one list, in the caller's transaction; hits that were raised before are not raised again."""
    pairs = [(key, person) for key, (_, named) in people.items() for person in named]
    found = index.matches_of([Person(p.name, p.born, p.country, p.kind) for _, p in pairs])
    matched = [
        (key, person, match) for (key, person), told in zip(pairs, found, strict=True) for match in told
    ]
    known = _known(one.source, [person.subject for _, person, _ in matched])
    fresh: dict[UUID, list[tuple[NamedPerson, Match]]] = {key: [] for key in people}
    for key, person, match in matched:
        if (person.subject, match.listed.reference, person.name) not in known:
            fresh[key].append((person, match))
    screenings = [
        Screening(
            investor_id=key,
            list_id=one.id,
            profile_version=version,
            names=len(named),
            hits=len(fresh[key]),
            threshold=MATCH_FROM,
            at=at,
        )
        for key, (version, named) in people.items()
    ]
    Screening.objects.bulk_create(screenings, batch_size=1000)
    hits = [
        hit for screening in screenings for hit in _raise(screening, one, fresh[screening.investor_id], at)
    ]
    return screenings, hits


def _tell(screening: Screening, one: ListFacts, hits: list[Hit], actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action="screening.done",
        subject=f"investor:{screening.investor_id}",
        at=at,
        list=str(one.id),
        source=one.source,
        list_date=one.list_date.isoformat(),
        names=screening.names,
        new_hits=screening.hits,
        rows=essences(screening, *hits),
    )


def _known(source: str, subjects: Sequence[str]) -> set[tuple[str, str, str]]:
    """Pairs of name and entry that an officer has seen or will see."""
    raised = Hit.objects.filter(source=source, subject__in=set(subjects)) if subjects else []
    return {(hit.subject, hit.reference, hit.own_name) for hit in raised}


def _raise(
    screening: Screening, one: ListFacts, fresh: Sequence[tuple[NamedPerson, Match]], at: datetime
) -> list[Hit]:
    """Each saved by itself: what is sealed in it is bound to its own key."""
    return [
        Hit.objects.create(
            investor_id=screening.investor_id,
            screening=screening,
            source=one.source,
            subject=person.subject,
            reference=match.listed.reference,
            listed_name=match.listed.name,
            own_name=person.name,
            score=match.score,
            why=canonical_json([[part.points, part.why] for part in match.parts]).decode(),
            found_at=at,
        )
        for person, match in fresh
    ]
