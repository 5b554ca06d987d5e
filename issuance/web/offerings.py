"""What an investor can invest in, and what he has subscribed for."""

import uuid
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import investor_of_user
from issuance.assets import selectors as assets
from issuance.data_room.selectors import number_of_papers
from issuance.domain.allotment import consideration
from issuance.offerings import selectors, services
from issuance.offerings.facts import Agreement, OfferingFacts
from issuance.securities import selectors as securities
from issuance.web.forms import SubscribeForm
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, Invalid, NotFound
from portal.domain.money import format_amount
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.forms import add_refusal
from portal.http.once import FORM_FIELD

SHOWN = ("open", "closed", "settled")


class NoInvestorYet(NotFound):
    """Whoever subscribes has an investor profile first."""

    code = "no-investor-yet"


@login_required
def invest(request: HttpRequest) -> HttpResponse:
    """Every offering that is or was open, the open ones first."""
    require(request, "offering.browse")
    now = timezone.now()
    found = selectors.offerings(states=SHOWN)
    found.sort(key=lambda one: (one.state != "open", one.closes_at))
    states = selectors.progress(found)
    rows = [
        (one, states[one.id], one.state == "open" and one.opens_at <= now < one.closes_at) for one in found
    ]
    return render(
        request, "issuance/offerings/invest.html", {"rows": rows, "open": sum(row[2] for row in rows)}
    )


@login_required
def offering(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    """One offering: how it stands, its terms, its papers, and the form."""
    require(request, "offering.browse")
    one = _shown(offering_id)
    form = SubscribeForm(
        initial={"agreement": one.agreement_sha256}, currency=one.currency, hint=_limits(one)
    )
    return _page(request, one, form)


@login_required
@require_POST
def subscribe(request: HttpRequest, offering_id: UUID) -> HttpResponse:
    """
    Subscribe and sign. The form's one-time key is the subscription's: a double click subscribes once. What the
    rules refuse is shown as their decision, which is kept.
    """
    require(request, "subscription.request")
    one, investor = _shown(offering_id), _investor(request)
    form = SubscribeForm(request.POST, currency=one.currency, hint=_limits(one))
    if not form.is_valid():
        return _page(request, one, form, status=422)
    actor, data = actor_of(request), form.cleaned_data
    try:
        made = services.subscribe(
            key=_key(request, one),
            offering_id=one.id,
            investor_id=investor.id,
            amount_minor=data["amount"],
            agreement=Agreement(data["typed_name"], data["agreement"], data["risks"], actor),
            actor=actor,
            at=timezone.now(),
        )
    except Invalid as refused:
        add_refusal(form, refused)
        return _page(request, one, form, status=refused.status)
    money = f"{format_amount(made.amount_minor, scale=2)} {made.currency}"
    messages.success(
        request, _("Subscribed. %(money)s are set aside until the offering closes.") % {"money": money}
    )
    return HttpResponseRedirect(reverse("subscriptions"))


@login_required
def subscriptions(request: HttpRequest) -> HttpResponse:
    """What this investor has subscribed for, and what became of it."""
    require(request, "subscription.view", owners=[request.user.pk])
    investor = investor_of_user(request.user.pk)
    rows = selectors.subscriptions(investor=investor.owner) if investor else []
    open_ones = {one.id for one in selectors.offerings(states=("open",))}
    context = {"rows": [(row, row.state == "reserved" and row.offering_id in open_ones) for row in rows]}
    return render(request, "issuance/offerings/subscriptions.html", context)


@login_required
@require_POST
def withdraw(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    investor = _investor(request)
    require(request, "subscription.withdraw", owners=[request.user.pk])
    try:
        services.withdraw(
            subscription_id=subscription_id,
            investor_id=investor.id,
            actor=actor_of(request),
            at=timezone.now(),
        )
    except Conflict as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Withdrawn. The cash is free again."))
    return HttpResponseRedirect(reverse("subscriptions"))


def _page(request: HttpRequest, one: OfferingFacts, form: SubscribeForm, status: int = 200) -> HttpResponse:
    now, investor = timezone.now(), investor_of_user(request.user.pk)
    security = securities.security(one.security_id)
    context = {
        "offering": one,
        "security": security,
        "asset": assets.asset(security.asset_id),
        "documents": assets.documents(security.asset_id),
        "progress": selectors.progress([one])[one.id],
        "form": form,
        "is_open": one.state == "open" and one.opens_at <= now < one.closes_at,
        "investor": investor,
        "missing": selectors.missing_for(one, investor.id, on=now.date()) if investor else (),
        "papers": number_of_papers(one.id),
        "cash": selectors.free_cash(investor.owner, one.currency) if investor else 0,
        "asked": selectors.subscriptions(offering_id=one.id, investor=investor.owner) if investor else [],
    }
    return render(request, "issuance/offerings/offering.html", context, status=status)


def _shown(offering_id: UUID) -> OfferingFacts:
    """raises  NoSuchOffering, for drafts too"""
    one = selectors.offering(offering_id)
    if one.state == "draft":
        raise selectors.NoSuchOffering("There is no offering with this id.")
    return one


def _investor(request: HttpRequest) -> InvestorFacts:
    found = investor_of_user(request.user.pk)
    if found is None:
        raise NoInvestorYet(
            "You have no investor profile yet, so you cannot subscribe.", next_step="Begin with your profile."
        )
    return found


def _limits(one: OfferingFacts) -> str:
    lowest = one.min_investment_minor or consideration(one.step, price_minor=one.price_minor, scale=one.scale)
    text = _("From %(amount)s") % {"amount": format_amount(lowest, scale=2)}
    if one.max_investment_minor is not None:
        text += _(" to %(amount)s") % {"amount": format_amount(one.max_investment_minor, scale=2)}
    return f"{text} {one.currency}."


def _key(request: HttpRequest, one: OfferingFacts) -> str:
    """The form's one-time key, hashed: it comes from outside and becomes a key of the books."""
    given = request.POST.get(FORM_FIELD, "") or str(uuid.uuid4())
    told = f"{request.user.pk}\n{one.id}\n{given}"
    return f"web:{sha256_hex(told.encode())}"
