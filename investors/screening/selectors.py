"""Reads of screening: the lists in use, what they say of investors, and the matches that wait."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from fractions import Fraction
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, Sum

from investors.domain.names import words
from investors.domain.ownership import BlockedOwnership, Stake, blocked_by_ownership
from investors.domain.screening import ListedName as Listed
from investors.profiles import selectors as profiles
from investors.screening.facts import (
    HitFacts,
    ListedFacts,
    ListFacts,
    OwnedByListed,
    RescreenState,
    ScreeningState,
)
from investors.screening.models import Hit, ListedName, RescreenChunk, Screening, ScreeningList
from portal.domain.errors import NotFound

ENTRIES = """
SELECT encode(sha256(convert_to(string_agg(concat_ws('|', to_json(reference)::text, to_json(name)::text, kind,
  births::text, countries::text, to_json(programs)::text, to_json(words)::text), E'\\n' ORDER BY id), 'UTF8')), 'hex')
"""
"""What a list's names come to as one hash; the trail keeps it, and verify computes it again."""


_LISTED_OR_OPEN = ("true_match", "open")


class NoSuchHit(NotFound):
    code = "no-such-name-match"


def end_of(day: date) -> datetime:
    """The last instant of a day in UTC: what was known "on" it."""
    return datetime.combine(day, time.max, tzinfo=UTC)


def lists_in_use(on: date) -> list[ListFacts]:
    """The newest list of each source that had been imported by the end of the day, in order of the source."""
    rows = (
        ScreeningList.objects.filter(imported_at__lte=end_of(on))
        .order_by("source", "-list_date", "-imported_at", "pk")
        .distinct("source")
    )
    return [list_facts(row) for row in rows]


def all_lists() -> list[ListFacts]:
    """Every imported list, newest first."""
    return [list_facts(row) for row in ScreeningList.objects.order_by("-imported_at", "pk")]


def listed_names(list_id: UUID) -> list[Listed]:
    """Every name of a list, in the form that the comparison takes."""
    rows = ListedName.objects.filter(list_id=list_id).order_by("pk")
    columns = ("reference", "name", "births", "countries", "kind", "words")
    return [
        Listed(reference, name, tuple(births), tuple(countries), kind, told)
        for reference, name, births, countries, kind, told in rows.values_list(*columns).iterator(5000)
    ]


def listed(list_id: UUID, reference: str) -> ListedFacts | None:
    """An entry with all its names, or None where the list has none of that reference."""
    rows = list(ListedName.objects.filter(list_id=list_id, reference=reference).order_by("pk"))
    if not rows:
        return None
    return ListedFacts(
        reference,
        rows[0].kind,
        tuple(row.name for row in rows),
        tuple(dict.fromkeys(day for row in rows for day in row.births)),
        tuple(dict.fromkeys(code for row in rows for code in row.countries)),
        rows[0].programs,
    )


def rescreen_state(list_id: UUID) -> RescreenState:
    """How many chunks of the investor base are compared with a list."""
    told = RescreenChunk.objects.filter(list_id=list_id).aggregate(
        chunks=Count("pk"),
        done=Count("pk", filter=Q(done_at__isnull=False)),
        people=Sum("investors", filter=Q(done_at__isnull=False)),
        hits=Sum("new_hits"),
    )
    return RescreenState(told["chunks"], told["done"], told["people"] or 0, told["hits"] or 0)


def owned_by_listed(investor_id: UUID) -> OwnedByListed:
    """What listed persons own of an entity, directly and through others, by matches found true and by open ones."""
    key = f"investor:{investor_id}"
    shares = [ownership(states).shares.get(key, Fraction(0)) for states in (["true_match"], _LISTED_OR_OPEN)]
    confirmed, possible = (int(share * 1_000_000) for share in shares)
    return OwnedByListed(confirmed, possible)


def ownership(states: Iterable[str]) -> BlockedOwnership:
    """
    The 50 percent rule over all entities, with the persons whose matches are in one of the states as listed.

    An owner who is an investor entity himself is known by the same name in words, so shares run on through him.
    """
    names = profiles.entity_names()
    by_name = {words(name): f"investor:{key}" for key, name in names.items()}
    subjects = set(Hit.objects.filter(state__in=list(states)).values_list("subject", flat=True))
    stakes, listed_ones = [], {one.replace("ownership:", "investor:") for one in subjects}
    for held in profiles.owned_shares():
        entity, person = f"investor:{held.investor_id}", f"related_person:{held.related_person_id}"
        owner = by_name.get(words(held.owner_name), person)
        if person in listed_ones:
            listed_ones.add(owner)
        stakes.append(Stake(owner, entity, Fraction(held.ownership_ppm, 1_000_000)))
    return blocked_by_ownership(stakes=stakes, listed=listed_ones)


def entries_sha256(list_id: UUID) -> str:
    """SHA-256 over every name of a list as it lies in the database, in the order of the file."""
    with connection.cursor() as cursor:
        cursor.execute(f"{ENTRIES} FROM investors_listedname WHERE list_id = %s", [list_id])
        (found,) = cursor.fetchone()
    return str(found)


def states_of(investor_ids: Iterable[UUID], *, on: date) -> dict[UUID, ScreeningState]:
    """What screening said of each investor on a day, in three queries for any number of them."""
    wanted, until = list(investor_ids), end_of(on)
    lists = lists_in_use(on)
    newest: dict[tuple[UUID, UUID], datetime] = {}
    done = Screening.objects.filter(
        investor_id__in=wanted, list_id__in=[one.id for one in lists], at__lte=until
    )
    for investor_id, list_id, at in done.order_by("at").values_list("investor_id", "list_id", "at"):
        newest[investor_id, list_id] = at
    hits: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    found = Hit.objects.filter(investor_id__in=wanted, found_at__lte=until)
    for investor_id, state, decided_at in found.values_list("investor_id", "state", "decided_at"):
        then = state if decided_at is not None and decided_at <= until else "open"
        hits[investor_id][then] += 1
    result = {}
    for investor_id in wanted:
        days = [newest.get((investor_id, one.id)) for one in lists]
        lacking = tuple(one.source for one, day in zip(lists, days, strict=True) if day is None)
        known = [day.date() for day in days if day is not None]
        result[investor_id] = ScreeningState(
            lists=tuple(lists),
            screened_on=min(known) if known and not lacking else None,
            list_date=min((one.list_date for one in lists), default=None),
            lacking=lacking,
            open_hits=hits[investor_id]["open"],
            true_matches=hits[investor_id]["true_match"],
            cleared_hits=hits[investor_id]["cleared"],
        )
    return result


def hits(*, investor_id: UUID | None = None, state: str = "", limit: int = 200) -> list[HitFacts]:
    """Matches, oldest first; of one investor or of all, in one state or in all."""
    found = Hit.objects.select_related("screening__list").order_by("found_at", "pk")
    if investor_id is not None:
        found = found.filter(investor_id=investor_id)
    if state:
        found = found.filter(state=state)
    return [hit_facts(row) for row in found[:limit]]


def decided_since(since: datetime) -> list[tuple[UUID, datetime, datetime]]:
    """(officer, found, decided) of the matches decided since an instant."""
    rows = Hit.objects.filter(decided_at__gte=since, decided_by__isnull=False)
    return list(rows.values_list("decided_by_id", "found_at", "decided_at"))


def hit(hit_id: UUID) -> HitFacts:
    """raises  NoSuchHit"""
    row = Hit.objects.select_related("screening__list").filter(pk=hit_id).first()
    if row is None:
        raise NoSuchHit("There is no name match with this id.")
    return hit_facts(row)


def list_facts(row: ScreeningList) -> ListFacts:
    return ListFacts(
        row.pk,
        row.source,
        row.list_date,
        row.sha256,
        row.names,
        row.imported_at,
        row.form,
        row.parties,
        tuple(row.remarks.splitlines()),
    )


def hit_facts(row: Hit) -> HitFacts:
    return HitFacts(
        row.pk,
        row.investor_id,
        row.source,
        row.subject,
        row.reference,
        row.listed_name,
        row.score,
        row.state,
        row.found_at,
        row.decided_at,
        row.reason,
        row.screening.list.list_date,
        row.screening.list_id,
        row.decided_by_id,
    )
