"""Rules tried over days gone by, in the compliance console: before an index is defined, and beside one that is."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from indices.backtests import selectors, services
from indices.backtests.charts import fall_chart, test_chart
from indices.console.forms import BacktestForm
from indices.console.pages import EXAMPLE
from indices.domain.schedule import last_closed
from indices.methodologies import selectors as methodologies
from indices.prices import selectors as prices
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once

YEARS = timedelta(days=2 * 365)


@compliance_console.page("indices/backtest/", name="index-try", action="index.define")
@once
def tried(request: HttpRequest) -> HttpResponse:
    """Rules that belong to no index yet."""
    require(request, "index.define")
    return _form(request, None, EXAMPLE)


@compliance_console.page("indices/<uuid:index_id>/backtest/", name="index-backtest", action="index.define")
@once
def of_index(request: HttpRequest, index_id: UUID) -> HttpResponse:
    """Rules of an index, or others in their place, over the days before it was live."""
    require(request, "index.define")
    methodologies.index(index_id)
    return _form(request, index_id, methodologies.versions(index_id)[0].document)


@compliance_console.page("backtests/<uuid:backtest_id>/", name="backtest", action="index.view")
def tear_sheet(request: HttpRequest, backtest_id: UUID) -> HttpResponse:
    found = selectors.backtest(backtest_id)
    context = {
        "test": found,
        "index": methodologies.index(found.index_id) if found.index_id else None,
        "chart": test_chart(found),
        "falls": fall_chart(found),
    }
    return render(request, "indices/backtests/console_sheet.html", context)


def _form(request: HttpRequest, index_id: UUID | None, document: Mapping[str, object]) -> HttpResponse:
    now = timezone.now()
    first, last = _span(now.date(), prices.span(known_by=now), last_closed(now))
    form = BacktestForm(request.POST or None, initial={"document": document, "first": first, "last": last})
    if request.method == "POST" and form.is_valid():
        try:
            found = services.run(index_id=index_id, **form.cleaned_data, actor=actor_of(request), at=now)
        except Refused as refused:
            if refused.field and refused.field not in form.fields:
                refused.field = "document"
            add_refusal(form, refused)
        else:
            return redirect("compliance:backtest", found.id)
    context = {
        "form": form,
        "index": methodologies.index(index_id) if index_id else None,
        "tests": selectors.backtests(index_id=index_id),
    }
    return render(request, "indices/backtests/form.html", context, status=422 if form.errors else 200)


def _span(today: date, known: tuple[date, date] | None, closed: date) -> tuple[date, date]:
    if known is None:
        return today - YEARS, closed
    last = min(known[1], closed)
    return max(known[0], last - YEARS), last
