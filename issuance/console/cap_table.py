"""The cap table: who owns how much of what, now or at the end of a past day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from issuance.console.forms import AsOfForm, end_of
from issuance.console.scope import chosen_issuer, names, own_issuers
from issuance.domain.cap_table import CapTable, diff
from issuance.ocf.tables import Row, Table, table_of
from issuance.register.selectors import cap_table_of
from issuance.securities.facts import SecurityFacts
from issuance.securities.selectors import securities
from portal.domain.money import format_amount
from portal.http import charts, exports, formats
from portal.http.authorization import allowed, require
from portal.http.consoles import issuer_console

SHOWN = 200
DRAWN = 6
HEAD = ("Security", "Holder", "Reference", "Quantity", "Share of class ppm", "As of")


@dataclass(frozen=True, slots=True)
class Section:
    """One class on the page."""

    security: SecurityFacts
    outstanding: int
    rows: list[tuple[str, str, int, int]]
    more: int
    chart: charts.Chart | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A line of what changed between two days."""

    security: str
    holder: str
    before: int
    after: int
    scale: int

    @property
    def by(self) -> int:
        return self.after - self.before


@issuer_console.page(
    "cap-table/", name="cap-table", action="cap_table.view", label="Cap table", icon="portfolio", order=10
)
def cap_table(request: HttpRequest) -> HttpResponse:
    """By class and holder, with a drawing; ?format=csv or xlsx gives every line."""
    issuer = chosen_issuer(request)
    form = AsOfForm(request.GET or None)
    if issuer is None or (form.is_bound and not form.is_valid()):
        context: dict[str, Any] = {
            "form": form,
            "issuer": issuer,
            "issuers": own_issuers(request),
            "sections": [],
        }
        return render(request, "issuance/cap_table/page.html", context, status=422 if form.errors else 200)
    require(request, "cap_table.view", organisation=issuer.id)
    day = form.cleaned_data["as_of"] if form.is_bound else None
    at = _cut_off(day)
    since = form.cleaned_data["since"] if form.is_bound else None
    table = cap_table_of(issuer.id, as_of=at)
    whole = table_of(issuer.id, as_of=at)
    named = allowed(request, "issuer.edit", organisation=issuer.id)
    known = names({line.holder for one in table.classes for line in one.lines})
    found = {one.code: one for one in securities(issuer_ids=[issuer.id])}
    kind = request.GET.get("format", "")
    if kind:
        return _export(kind, table, known, found, at)
    context = {
        "form": form if form.is_bound else AsOfForm(),
        "issuer": issuer,
        "issuers": own_issuers(request),
        "as_of": at,
        "day": day,
        "sections": [_section(found[one.security], table, known) for one in table.classes],
        "imported": _imported(whole, named=named),
        "pools": whole.pools,
        "since": since,
        "changes": _changes(table_of(issuer.id, as_of=_cut_off(since)), whole, named=named) if since else [],
        "query": f"issuer={issuer.id}" + (f"&as_of={day}" if day else ""),
    }
    return render(request, "issuance/cap_table/page.html", context)


def _cut_off(day: date | None) -> datetime | None:
    """The end of a past day; None stands for now."""
    return end_of(day) if day and end_of(day) < timezone.now() else None


def _imported(table: Table, *, named: bool) -> list[tuple[str, str, list[tuple[str, Row]], int]]:
    """Classes of the imported history: name, kind, lines, and how many lines more there are."""
    by_class: dict[str, list[Row]] = {}
    for row in table.rows:
        if not _of_register(row):
            by_class.setdefault(row.key, []).append(row)
    return [
        (
            rows[0].security_name,
            rows[0].kind.replace("_", " "),
            [(_holder(row, named=named), row) for row in rows[:SHOWN]],
            max(len(rows) - SHOWN, 0),
        )
        for rows in by_class.values()
    ]


def _of_register(row: Row) -> bool:
    return row.holder.startswith("investor:")


def _holder(row: Row, *, named: bool) -> str:
    """Names stand only where the issuer's own administrator looks."""
    return row.holder_name if named and row.holder_name else row.holder


def _changes(before: Table, after: Table, *, named: bool) -> list[ChangeRow]:
    rows = {(row.key, row.holder): row for table in (before, after) for row in table.rows}
    known = names({row.holder for row in rows.values()})
    found = []
    for one in diff(before.positions(), after.positions())[:SHOWN]:
        row = rows[one.security, one.holder]
        holder = known[row.holder] if _of_register(row) else _holder(row, named=named)
        found.append(ChangeRow(row.security_name, holder, one.before, one.after, row.scale))
    return found


def _section(security: SecurityFacts, table: CapTable, known: dict[str, str]) -> Section:
    one = table.of(security.code)
    rows = [(line.holder, known[line.holder], line.quantity, line.share_ppm) for line in one.lines]
    first, rest = rows[:DRAWN], rows[DRAWN:]
    parts = [charts.Part(name, share) for _, name, _, share in first]
    if rest:
        parts.append(charts.Part(f"{len(rest)} others", sum(row[3] for row in rest), "f0"))
    figure = formats.quantity(one.outstanding, scale=security.scale)
    chart = charts.donut(
        parts,
        centre=str(len(rows)),
        under="holder" if len(rows) == 1 else "holders",
        label=f"{security.name}: {figure} outstanding among {len(rows)} holders of record",
    )
    return Section(security, one.outstanding, rows[:SHOWN], max(len(rows) - SHOWN, 0), chart)


def _export(
    kind: str, table: CapTable, known: dict[str, str], found: dict[str, SecurityFacts], at: datetime | None
) -> HttpResponse:
    moment = at or datetime.now(UTC)
    rows = (
        (
            one.security,
            line.holder,
            known[line.holder],
            format_amount(line.quantity, scale=found[one.security].scale),
            line.share_ppm,
            moment,
        )
        for one in table.classes
        for line in one.lines
    )
    return exports.download(kind, name="cap-table", head=HEAD, rows=rows)
