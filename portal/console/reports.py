"""Ready reports for compliance officers and auditors: each a page and a file."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from investors.accreditation import selectors as accreditation
from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from portal.audit.services import record
from portal.console.audit_search import InstantField
from portal.console.reports_accesses import accesses
from portal.console.reports_four_eyes import four_eyes
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Invalid
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console
from portal.http.exports import Cell, download

MONTH = timedelta(days=30)
SHOWN, MOST = 500, 20_000
HORIZON = timedelta(days=90)


class TooMuch(Invalid):
    """A file that leaves something out would mislead."""

    code = "report-too-long"


class SpanForm(forms.Form):
    """Which span, and whose doing; both sides empty: the last 30 days."""

    since = InstantField(label=_("From"))
    until = InstantField(label=_("To"), ends=True)
    actor = forms.CharField(label=_("Who"), required=False, max_length=120)

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        given = self.cleaned_data if self.is_valid() else {}
        until = given.get("until") or now
        return given.get("since") or until - MONTH, until


@compliance_console.page(
    "reports/", name="reports", action="audit.view", label="Reports", group="Evidence", icon="doc", order=30
)
def reports(request: HttpRequest) -> HttpResponse:
    return render(request, "compliance/reports.html")


@compliance_console.page("reports/accesses/", name="report-accesses", action="audit.view")
def access_report(request: HttpRequest) -> HttpResponse:
    """Who opened personal data of whom, why and when."""
    form = SpanForm(request.GET)
    since, until = form.span(timezone.now())
    actor = form.cleaned_data.get("actor", "") if form.is_valid() else ""
    kind = request.GET.get("format", "")
    rows, more = accesses(since=since, until=until, actor=actor, limit=MOST if kind else SHOWN)
    if kind and form.is_valid():
        head = ("at", "who", "origin", "what", "of_whom", "fields", "reason", "event_id")
        cells = [(r.at, r.who, r.origin, r.what, r.whom, r.fields, r.reason, str(r.event_id)) for r in rows]
        return _file(request, kind, "accesses", head, cells, more=more)
    context = {"form": form, "rows": rows, "more": more, **_frame(request, since, until)}
    return render(request, "compliance/report_accesses.html", context, status=200 if form.is_valid() else 422)


@compliance_console.page("reports/four-eyes/", name="report-four-eyes", action="audit.view")
def four_eyes_report(request: HttpRequest) -> HttpResponse:
    """Who made and who checked; where one person did both, an exception."""
    form = SpanForm(request.GET)
    since, until = form.span(timezone.now())
    told, kind = four_eyes(since=since, until=until), request.GET.get("format", "")
    if kind and form.is_valid():
        head = ("decided_at", "action", "subject", "made_by", "checked_by", "outcome", "same_person")
        cells = [
            (
                r.decided_at,
                r.action,
                r.subject,
                r.maker_label or r.maker,
                r.checker_label or r.checker,
                r.state,
                "yes" if r.maker == r.checker else "no",
            )
            for r in told.signed
        ]
        return _file(request, kind, "four-eyes", head, cells, more=told.more)
    context = {"form": form, "told": told, "shown": told.signed[:SHOWN], **_frame(request, since, until)}
    return render(
        request, "compliance/report_four_eyes.html", context, status=200 if form.is_valid() else 422
    )


@compliance_console.page("reports/expiring/", name="report-expiring", action="kyc.view")
def expiring_report(request: HttpRequest) -> HttpResponse:
    """Identity checks and determinations that end within 30, 60 and 90 days."""
    require(request, "accreditation.view")
    today, kind = timezone.now().astimezone(UTC).date(), request.GET.get("format", "")
    found = _ending(today)
    if kind:
        head = ("investor", "what", "last_day", "days_left", "detail")
        cells = [(who, what, last, (last - today).days, detail) for _id, who, what, last, detail in found]
        return _file(request, kind, "expiring", head, cells, more=len(found) >= MOST)
    rows = [(*one, (one[3] - today).days) for one in found]
    context = {
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "stats": [
            {"label": label, "value": sum(1 for one in rows if low <= one[5] <= high)}
            for label, low, high in (
                (_("Past"), -100_000, -1),
                (_("Within 30 days"), 0, 30),
                (_("31 to 60 days"), 31, 60),
                (_("61 to 90 days"), 61, 90),
            )
        ],
        "may_export": allowed(request, "audit.export"),
    }
    return render(request, "compliance/report_expiring.html", context)


def _ending(today: date) -> list[tuple[UUID, str, str, date, str]]:
    """(investor, reference, what, last day, detail), the earliest first."""
    until = today + HORIZON
    found = [
        (case.investor_id, "Identity check", case.valid_until, f"{case.risk_points} risk points")
        for case in kyc.refreshable(until=until, limit=MOST)
        if case.valid_until
    ]
    for one in accreditation.ending(on=today, until=until, limit=MOST):
        last = one.reuse_until or one.evidence_until
        if last:
            found.append((one.investor_id, "Accreditation", last, f"{one.basis}, {one.method_label}"))
    names = profiles.references({key for key, *_rest in found})
    return sorted(
        ((key, names[key], what, last, detail) for key, what, last, detail in found),
        key=lambda row: (row[3], row[1], row[2]),
    )


def _frame(request: HttpRequest, since: datetime, until: datetime) -> dict[str, object]:
    query = request.GET.copy()
    query.pop("format", None)
    return {
        "since": since,
        "until": until,
        "query": query.urlencode(),
        "may_export": allowed(request, "audit.export"),
    }


def _file(
    request: HttpRequest,
    kind: str,
    name: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    more: bool,
) -> HttpResponse:
    """The report as a file, and the record that it was taken away. raises  TooMuch, UnknownFormat"""
    require(request, "audit.export")
    if more:
        raise TooMuch(
            f"More than {MOST:,} entries fit; one file does not hold them all.",
            field="since",
            next_step="Take a shorter span and export it in parts.",
        )
    made = download(kind, name=f"{name}-{timezone.now():%Y%m%d}", head=head, rows=rows)
    with transaction.atomic():
        record(
            actor=actor_of(request),
            action="audit.exported",
            subject=f"export:{uuid4()}",
            at=timezone.now(),
            report=name,
            format=kind,
            rows_told=len(rows),
            content_sha256=sha256_hex(made.content),
        )
    return made
