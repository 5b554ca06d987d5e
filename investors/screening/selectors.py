"""Reads of screening: the lists in use, what they say of investors, and the matches that wait."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from uuid import UUID

from django.db import connection

from investors.domain.screening import ListedName as Listed
from investors.screening.facts import HitFacts, ListFacts, ScreeningState
from investors.screening.models import Hit, ListedName, Screening, ScreeningList
from portal.domain.errors import NotFound

ENTRIES = """
SELECT encode(sha256(convert_to(string_agg(concat_ws('|', to_json(reference)::text, to_json(name)::text,
  coalesce(to_char(born, 'YYYY-MM-DD'), '-'), coalesce(birth_year::text, '-')), E'\\n' ORDER BY id), 'UTF8')), 'hex')
"""
"""What a list's names come to as one hash; the trail keeps it, and verify computes it again."""


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
    return [Listed(*row) for row in rows.values_list("reference", "name", "born", "birth_year")]


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
    found = Hit.objects.order_by("found_at", "pk")
    if investor_id is not None:
        found = found.filter(investor_id=investor_id)
    if state:
        found = found.filter(state=state)
    return [hit_facts(row) for row in found[:limit]]


def hit(hit_id: UUID) -> HitFacts:
    """raises  NoSuchHit"""
    row = Hit.objects.filter(pk=hit_id).first()
    if row is None:
        raise NoSuchHit("There is no name match with this id.")
    return hit_facts(row)


def list_facts(row: ScreeningList) -> ListFacts:
    return ListFacts(row.pk, row.source, row.list_date, row.sha256, row.names, row.imported_at)


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
    )
