"""Indices in the compliance console: defined and run by operators, approved by a second person, read by auditors."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from indices.console.forms import IndexForm, VersionForm
from indices.domain.valuation import MissingPrice
from indices.levels import selectors as levels
from indices.levels import services as running
from indices.levels.facts import LevelFacts
from indices.methodologies import selectors as methodologies
from indices.methodologies import services
from indices.prices import selectors as prices
from indices.rebalances import selectors as rebalances
from indices.rebalances import services as rebalancing
from indices.rebalances.facts import ValuationFacts
from indices.subscriptions import dealing
from indices.subscriptions import selectors as subscriptions
from portal.approvals import selectors as approvals
from portal.approvals.facts import ApprovalFacts
from portal.domain.errors import Refused
from portal.http import four_eyes
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once

EXAMPLE = {
    "theme": "Layer 1",
    "universe": {"symbols": ["ETH", "SOL", "AVAX", "NEAR", "ADA", "DOT"]},
    "screens": {"min_history_days": 90},
    "selection": {"top": 5, "buffer": 1},
    "weighting": {"method": "cap", "cap_ppm": 300000},
    "schedule": {"every": "week", "weekday": 6, "lag_days": 1},
    "approval": "four_eyes",
    "fees": {"entry_bps": 20, "exit_bps": 20, "streaming_ppm": 9500, "trading_bps": 20},
    "dealing": {"cut_off": "16:00", "minimum_minor": "10000"},
}


def waiting(request: HttpRequest) -> int:
    return len(rebalances.rebalances(states=["awaiting_approval", "stopped", "held"]))


@compliance_console.page(
    "indices/",
    name="indices",
    action="index.view",
    label="Indices",
    group="Operate",
    icon="index",
    order=30,
    count=waiting,
)
def indices(request: HttpRequest) -> HttpResponse:
    """Every index, what it waits for, and how fresh the prices are."""
    found = methodologies.indices()
    now = timezone.now()
    context = {
        "rows": [
            (index, levels.last_level(index.id), rebalances.rebalances(index_id=index.id, limit=1))
            for index in found
        ],
        "waiting": rebalances.rebalances(states=["awaiting_approval", "stopped", "held"]),
        "names": {index.id: index.name for index in found},
        "span": prices.span(known_by=now),
        "batches": prices.batches(limit=8),
        "may_define": allowed(request, "index.define"),
    }
    return render(request, "indices/console/list.html", context)


@compliance_console.page("indices/new/", name="index-new", action="index.define")
@once
def new(request: HttpRequest) -> HttpResponse:
    require(request, "index.define")
    start = {"document": EXAMPLE, "base_date": timezone.now().date() - timedelta(days=1)}
    form = IndexForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.define_index(
                code=data["code"].strip().upper(),
                name=data["name"],
                summary=data["summary"],
                document=data["document"],
                base_date=data["base_date"],
                base_level=Decimal(data["base_level"]).scaleb(-8),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            _told(form, refused)
        else:
            return redirect("compliance:index", made.id)
    return render(request, "indices/console/new.html", {"form": form}, status=422 if form.errors else 200)


@compliance_console.page("indices/<uuid:index_id>/", name="index", action="index.view")
def index(request: HttpRequest, index_id: UUID) -> HttpResponse:
    return _page(request, index_id)


@compliance_console.page("indices/<uuid:index_id>/version/", name="index-version", action="index.define")
@require_POST
@once
def version(request: HttpRequest, index_id: UUID) -> HttpResponse:
    require(request, "index.define")
    form = VersionForm(request.POST)
    if form.is_valid():
        try:
            services.add_version(
                index_id=index_id,
                document=form.cleaned_data["document"],
                effective_from=form.cleaned_data["effective_from"],
                note=form.cleaned_data["note"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            _told(form, refused)
        else:
            return _back(index_id)
    return _page(request, index_id, form=form, status=422)


@compliance_console.page("indices/<uuid:index_id>/launch/", name="index-launch", action="index.define")
@require_POST
def launch(request: HttpRequest, index_id: UUID) -> HttpResponse:
    require(request, "index.define")
    services.launch(index_id=index_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, "Launched. The first rebalance follows the base date's close.")
    return _back(index_id)


@compliance_console.page("indices/<uuid:index_id>/advance/", name="index-advance", action="index.rebalance")
@require_POST
def advance(request: HttpRequest, index_id: UUID) -> HttpResponse:
    """Bring the index up to the last close: what a worker does by itself, now."""
    require(request, "index.rebalance")
    done = running.advance(index_id=index_id, actor=actor_of(request), at=timezone.now())
    text = f"{len(done.levels)} levels calculated, {len(done.applied)} rebalances applied."
    if done.stopped:
        messages.warning(request, f"{text} Then it stopped: {done.stopped}")
    else:
        messages.success(request, text)
    return _back(index_id)


@compliance_console.page("indices/<uuid:index_id>/deal/", name="index-deal", action="index.rebalance")
@require_POST
def deal(request: HttpRequest, index_id: UUID) -> HttpResponse:
    """Run the dealing of all orders whose close has passed."""
    require(request, "index.rebalance")
    run = dealing.deal(index_id=index_id, actor=actor_of(request), at=timezone.now())
    if run is None:
        messages.info(request, "No order waits for the last close.")
    else:
        messages.success(request, f"Dealt at ${run.price:f} a unit, the close of {run.day}.")
    return _back(index_id)


@four_eyes.page_of("index.approve")
def rebalance_page(approval: ApprovalFacts) -> str:
    """A rebalance is decided beside its reasons."""
    return reverse("compliance:rebalance", args=[approval.subject.partition(":")[2]])


@compliance_console.page("rebalances/<uuid:rebalance_id>/", name="rebalance", action="index.view")
def rebalance(request: HttpRequest, rebalance_id: UUID) -> HttpResponse:
    """One rebalance with its reasons, and the two buttons of the second person."""
    found = rebalances.rebalance(rebalance_id)
    asked = approvals.approval(found.approval_id) if found.approval_id else None
    may = asked is not None and asked.open and allowed(request, "index.approve", maker=asked.maker)
    context = {
        "rebalance": found,
        "index": methodologies.index(found.index_id),
        "constituents": rebalances.constituents(found.id),
        "trades": rebalances.trades(rebalance_id=found.id),
        "may_decide": may,
        "approval": asked
        and {
            "maker_name": asked.maker_label,
            "made_at": asked.requested_at,
            "checker_name": asked.checker_label,
            "decided_at": asked.decided_at,
            "state": asked.state,
        },
        "approve_url": reverse("compliance:rebalance-approve", args=[found.id]),
        "reject_url": reverse("compliance:rebalance-reject", args=[found.id]),
    }
    return render(request, "indices/console/rebalance.html", context)


@compliance_console.page(
    "rebalances/<uuid:rebalance_id>/approve/", name="rebalance-approve", action="index.approve"
)
@require_POST
@once
def approve(request: HttpRequest, rebalance_id: UUID) -> HttpResponse:
    return _decide(request, rebalance_id, approved=True)


@compliance_console.page(
    "rebalances/<uuid:rebalance_id>/reject/", name="rebalance-reject", action="index.approve"
)
@require_POST
@once
def reject(request: HttpRequest, rebalance_id: UUID) -> HttpResponse:
    return _decide(request, rebalance_id, approved=False)


def _decide(request: HttpRequest, rebalance_id: UUID, *, approved: bool) -> HttpResponse:
    found = rebalances.rebalance(rebalance_id)
    maker = approvals.approval(found.approval_id).maker if found.approval_id else ""
    require(request, "index.approve", maker=maker)
    moved = rebalancing.decide(
        rebalance_id=rebalance_id, approved=approved, checker=actor_of(request), at=timezone.now()
    )
    messages.success(
        request, f"The rebalance is {moved.state}; effective at the close of {moved.effective_date}."
    )
    return redirect("compliance:rebalance", rebalance_id)


def _page(
    request: HttpRequest, index_id: UUID, *, form: VersionForm | None = None, status: int = 200
) -> HttpResponse:
    now, one = timezone.now(), methodologies.index(index_id)
    versions = methodologies.versions(index_id)
    last = levels.last_level(index_id)
    held = rebalances.holdings(index_id)
    start = {"document": versions[0].document, "effective_from": now.date() + timedelta(days=1)}
    context = {
        "index": one,
        "level": last,
        "versions": versions,
        "rebalances": rebalances.rebalances(index_id=index_id, limit=30),
        "fund": _fund(index_id, last, now),
        "freshness": prices.freshness(symbols=list(held), at=now),
        "orders": subscriptions.orders(index_id=index_id, states=["placed"]),
        "runs": subscriptions.runs(index_id=index_id, limit=30),
        "outstanding": subscriptions.outstanding(one),
        "form": form or VersionForm(initial=start),
        "may_define": allowed(request, "index.define"),
        "may_run": allowed(request, "index.rebalance"),
    }
    return render(request, "indices/console/index.html", context, status=status)


def _fund(index_id: UUID, last: LevelFacts | None, now: datetime) -> ValuationFacts | None:
    """What the index is worth at its last close; None while a price of that day lacks."""
    try:
        return None if last is None else rebalances.value(index_id, day=last.day, known_by=now)
    except MissingPrice:
        return None


def _told(form: IndexForm | VersionForm, refused: Refused) -> None:
    """A fault inside the document is told at the document."""
    if refused.field and refused.field not in form.fields:
        refused.field = "document"
    add_refusal(form, refused)


def _back(index_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("compliance:index", args=[index_id]))
