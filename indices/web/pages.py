"""Indices for investors: the list, one index with everything it rests on, buying and redeeming units."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from indices.backtests import selectors as backtests
from indices.backtests.charts import fall_chart, test_chart
from indices.domain.schedule import dealing_day
from indices.levels import selectors as levels
from indices.levels.facts import LevelFacts
from indices.methodologies import selectors as methodologies
from indices.methodologies.facts import IndexFacts, VersionFacts
from indices.prices import selectors as prices
from indices.rebalances import selectors as rebalances
from indices.subscriptions import selectors as subscriptions
from indices.subscriptions import services
from indices.web.charts import joined_chart, level_chart, spark, weights_chart
from indices.web.forms import BuyForm, RedeemForm
from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import investor_of_user
from portal.domain.decision import Decision
from portal.domain.errors import NotFound, Refused
from portal.http import formats
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.forms import add_refusal
from portal.http.once import once

SHOWN = ("live", "suspended", "terminated")
HISTORY = 26


class NoInvestorYet(NotFound):
    """Whoever holds units has an investor profile first."""

    code = "no-investor-yet"


@login_required
def indices(request: HttpRequest) -> HttpResponse:
    """Every index with its last level and the line of its last ninety days."""
    require(request, "index.browse")
    found = methodologies.indices(states=SHOWN)
    recent = levels.recent([index.id for index in found])
    rows = [
        (
            index,
            recent[index.id][-1] if recent[index.id] else None,
            _change(recent[index.id]),
            spark(recent[index.id]),
        )
        for index in found
    ]
    investor = investor_of_user(request.user.pk)
    held = subscriptions.unit_holdings(investor_id=investor.id, at=timezone.now()) if investor else []
    simulated = any(level is not None and level.simulated for _, level, _, _ in rows)
    return render(request, "indices/list.html", {"rows": rows, "held": held, "simulated": simulated})


@login_required
def index(request: HttpRequest, code: str) -> HttpResponse:
    require(request, "index.browse")
    return _page(request, _shown(code))


@login_required
def rebalance(request: HttpRequest, code: str, rebalance_id: UUID) -> HttpResponse:
    """One rebalance: who came in, who went out, and why."""
    require(request, "index.browse")
    one = _shown(code)
    found = rebalances.rebalance(rebalance_id)
    if found.index_id != one.id:
        raise rebalances.NoSuchRebalance("There is no rebalance with this id.")
    context = {
        "index": one,
        "rebalance": found,
        "constituents": rebalances.constituents(found.id),
        "trades": rebalances.trades(rebalance_id=found.id),
    }
    return render(request, "indices/rebalance.html", context)


@login_required
def backtest(request: HttpRequest, code: str) -> HttpResponse:
    """What the rules now in force would have done; somebody has calculated it before."""
    require(request, "index.browse")
    one = _shown(code)
    found = backtests.latest(one.id, fingerprint=_in_force(one, timezone.now()).fingerprint)
    if found is None:
        raise backtests.NoSuchBacktest("The rules of this index have not been backtested.")
    context = {"index": one, "test": found, "chart": test_chart(found), "falls": fall_chart(found)}
    return render(request, "indices/backtests/page.html", context)


@login_required
@require_POST
@once
def buy(request: HttpRequest, code: str) -> HttpResponse:
    """Order units for an amount; what the rules refuse is shown as their decision."""
    require(request, "index.subscribe")
    one, investor, form = _shown(code), _investor(request), BuyForm(request.POST)
    if not form.is_valid():
        return _page(request, one, buy_form=form, status=422)
    try:
        placed = services.place_create(
            index_id=one.id,
            investor_id=investor.id,
            amount_minor=form.cleaned_data["amount"],
            actor=actor_of(request),
            at=timezone.now(),
        )
    except services.OrderRefused as refused:
        return _page(request, one, buy_form=form, decision=refused.decision, status=refused.status)
    except Refused as refused:
        add_refusal(form, refused)
        return _page(request, one, buy_form=form, status=refused.status)
    told = {"day": formats.day(placed.dealing_day)}
    messages.success(request, _("Ordered. The units are created at the close of %(day)s.") % told)
    return HttpResponseRedirect(reverse("index-orders"))


@login_required
@require_POST
@once
def redeem(request: HttpRequest, code: str) -> HttpResponse:
    require(request, "index.redeem")
    one, investor, form = _shown(code), _investor(request), RedeemForm(request.POST)
    if not form.is_valid():
        return _page(request, one, redeem_form=form, status=422)
    try:
        placed = services.place_redeem(
            index_id=one.id,
            investor_id=investor.id,
            units=form.cleaned_data["units"],
            actor=actor_of(request),
            at=timezone.now(),
        )
    except services.OrderRefused as refused:
        return _page(request, one, redeem_form=form, decision=refused.decision, status=refused.status)
    except Refused as refused:
        add_refusal(form, refused)
        return _page(request, one, redeem_form=form, status=refused.status)
    told = {"day": formats.day(placed.dealing_day)}
    messages.success(request, _("Ordered. The units are redeemed at the close of %(day)s.") % told)
    return HttpResponseRedirect(reverse("index-orders"))


@login_required
def orders(request: HttpRequest) -> HttpResponse:
    """What this investor has ordered, and what became of it."""
    require(request, "index.subscribe")
    investor = investor_of_user(request.user.pk)
    rows = subscriptions.orders(investor_id=investor.id) if investor else []
    return render(request, "indices/orders.html", {"rows": rows})


@login_required
@require_POST
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    require(request, "index.subscribe")
    investor = _investor(request)
    try:
        services.cancel(
            order_id=order_id, investor_id=investor.id, actor=actor_of(request), at=timezone.now()
        )
    except NotFound:
        raise
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Taken back. What was set aside is free again."))
    return HttpResponseRedirect(reverse("index-orders"))


def _page(
    request: HttpRequest,
    one: IndexFacts,
    *,
    buy_form: BuyForm | None = None,
    redeem_form: RedeemForm | None = None,
    decision: Decision | None = None,
    status: int = 200,
) -> HttpResponse:
    now, investor = timezone.now(), investor_of_user(request.user.pk)
    history = levels.levels(one.id)
    last = rebalances.last_applied(one.id)
    lines = rebalances.constituents(last.id) if last else []
    rules = _in_force(one, now)
    test = backtests.latest(one.id, fingerprint=rules.fingerprint)
    held = subscriptions.unit_holdings(investor_id=investor.id, at=now) if investor else []
    context = {
        "index": one,
        "level": history[-1] if history else None,
        "change": _change(history),
        "chart": level_chart(one.name, history),
        "test": test,
        "test_chart": joined_chart(test, history) if test else None,
        "weights": weights_chart([(line.symbol, line.weight_ppb) for line in lines]),
        "statistics": levels.statistics_of(history),
        "constituents": [line for line in lines if line.included or line.previous_ppb],
        "events": prices.token_events(symbols=[line.symbol for line in lines if line.included], known_by=now),
        "last": last,
        "history": rebalances.rebalances(index_id=one.id, limit=HISTORY),
        "version": rules,
        "rules": rules.rules,
        "outstanding": subscriptions.outstanding(one),
        "held": next((line for line in held if line.index_id == one.id), None),
        "investor": investor,
        "cash": subscriptions.available_cash(investor.id) if investor else 0,
        "dealing_day": dealing_day(now, rules.rules.cut_off),
        "buy_form": buy_form or BuyForm(),
        "redeem_form": redeem_form or RedeemForm(),
        "decision": decision,
        "simulated": any(level.simulated for level in history[-1:]) or (last is not None and last.simulated),
    }
    return render(request, "indices/page.html", context, status=status)


def _in_force(one: IndexFacts, now: datetime) -> VersionFacts:
    return methodologies.version_on(one.id, max(now.date(), one.base_date))


def _shown(code: str) -> IndexFacts:
    """raises  NoSuchIndex, for drafts too"""
    one = methodologies.by_code(code)
    if one.state not in SHOWN:
        raise methodologies.NoSuchIndex("There is no such index.")
    return one


def _investor(request: HttpRequest) -> InvestorFacts:
    found = investor_of_user(request.user.pk)
    if found is None:
        raise NoInvestorYet(
            "You have no investor profile yet, so you cannot order units.",
            next_step="Begin with your profile.",
        )
    return found


def _change(history: Sequence[LevelFacts]) -> Decimal | None:
    """The last day's change in percent; None with fewer than two levels."""
    if len(history) < 2:
        return None
    return (history[-1].level / history[-2].level - 1) * 100
