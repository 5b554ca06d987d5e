"""Securities: terms, state, limits, rules; and the register's movements as a list."""

from datetime import UTC
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issuance.assets.selectors import recompute
from issuance.compliance import selectors as stored
from issuance.console.scope import actor_named, names, scope
from issuance.console.wording import named, parties, told_facts
from issuance.domain.compliance.catalogue import load
from issuance.domain.compliance.meters import meters
from issuance.domain.compliance.rule import RuleSet
from issuance.register import selectors as register
from issuance.register.gathering import state_of
from issuance.securities import selectors, services
from issuance.securities.facts import SecurityFacts
from issuance.securities.models import LIFECYCLE
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console, issuer_console
from portal.http.once import once


@issuer_console.page(
    "securities/",
    name="securities",
    action="security.view",
    label="Securities",
    group="Company",
    icon="invest",
    order=20,
)
def securities(request: HttpRequest) -> HttpResponse:
    rows = [(one, register.outstanding(one)) for one in selectors.securities(issuer_ids=scope(request))]
    return render(request, "issuance/securities/list.html", {"rows": rows})


@issuer_console.page("securities/<uuid:security_id>/", name="security", action="security.view")
def security(request: HttpRequest, security_id: UUID) -> HttpResponse:
    one = _visible(request, security_id, "security.view")
    counted = register.counts(one.id)
    known = stored.versions(one.id)
    rules = load(known[0].rules).rules if known else ()
    now = timezone.now()
    state = state_of(one, at=now, needs=RuleSet.of(rules).needs())
    context = {
        "security": one,
        "outstanding": register.outstanding(one),
        "counted": counted,
        "meters": meters(rules, state, on=now.astimezone(UTC).date()),
        "rules": rules,
        "version": known[0] if known else None,
        "again": recompute(one.token),
        "movements": register.movements(security_ids=[one.id], limit=10),
        "decisions": stored.decisions(security_ids=[one.id], limit=10),
        "steps": sorted(LIFECYCLE.transitions[one.state]),
        "may": allowed(request, "security.define", organisation=one.issuer_id),
        "may_open_proofs": allowed(request, "ledger.view"),
    }
    return render(request, "issuance/securities/page.html", context)


@issuer_console.page("securities/<uuid:security_id>/move/", name="security-move", action="security.define")
@require_POST
@once
def move(request: HttpRequest, security_id: UUID) -> HttpResponse:
    """Activate, pause, resume, retire or withdraw."""
    one = _visible(request, security_id, "security.define")
    try:
        done = services.move(
            security_id=one.id,
            event=request.POST.get("event", "")[:20],
            reason=request.POST.get("reason", "")[:2000],
            actor=actor_of(request),
            at=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, f"{done.code} is {done.state}.")
    return HttpResponseRedirect(reverse("console:security", args=[one.id]))


def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """One decision with every finding and the facts it was made on."""
    found = stored.decision(decision_id)
    require(request, "security.view", organisation=found.issuer_id)
    known = names({found.holder, *parties(found.facts)})
    context = {
        "found": found,
        "holder": named(found.holder, known),
        "subject": named(found.subject, known),
        "actor": named(found.actor, actor_named(found.actor)),
        "facts": told_facts(found.facts, known),
    }
    return render(request, "issuance/compliance/decision.html", context)


for _console in (issuer_console, compliance_console):
    _console.page("decisions/<uuid:decision_id>/", name="decision", action="security.view")(decision)


def _visible(request: HttpRequest, security_id: UUID, action: str) -> SecurityFacts:
    """raises  NothingHere for another issuer's security"""
    one = selectors.security(security_id)
    require(request, action, organisation=one.issuer_id)
    return one
