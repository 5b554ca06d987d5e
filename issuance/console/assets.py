"""Assets and their tokens: record, attach papers, assess, tokenize."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issuance.assets import selectors, services
from issuance.assets.facts import AssetFacts
from issuance.compliance.services import adopt
from issuance.console.forms import AssetForm, DocumentForm, HoweyForm, SecurityForm
from issuance.console.scope import chosen_issuer, own_issuers
from issuance.domain.compliance.catalogue import always, dump
from issuance.securities.selectors import securities
from issuance.securities.services import create
from portal.documents.services import store
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import issuer_console
from portal.http.forms import add_refusal
from portal.http.once import once

ELEMENTS = ("investment_of_money", "common_enterprise", "expectation_of_profits", "efforts_of_others")
STEPS = ["Asset", "Documents", "Assessment", "Terms"]


@issuer_console.page(
    "assets/", name="assets", action="asset.view", label="Assets", group="Company", icon="doc", order=10
)
def assets(request: HttpRequest) -> HttpResponse:
    issuer = chosen_issuer(request)
    context = {
        "issuer": issuer,
        "issuers": own_issuers(request),
        "rows": selectors.assets(issuer.id) if issuer else [],
        "may_add": issuer is not None and allowed(request, "asset.tokenize", organisation=issuer.id),
    }
    return render(request, "issuance/assets/list.html", context)


@issuer_console.page("assets/new/", name="asset-new", action="asset.tokenize")
@once
def new(request: HttpRequest) -> HttpResponse:
    issuer = chosen_issuer(request)
    require(request, "asset.tokenize", organisation=issuer.id if issuer else None)
    assert issuer is not None
    form = AssetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.record_asset(
                issuer_id=issuer.id,
                kind=form.cleaned_data["kind"],
                name=form.cleaned_data["name"],
                record=form.cleaned_data["record"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            if refused.field not in form.fields and refused.field:
                refused.field = "record"
            add_refusal(form, refused)
        else:
            return HttpResponseRedirect(reverse("console:asset", args=[made.id]))
    context = {"form": form, "issuer": issuer, "steps": STEPS, "current": 1}
    return render(request, "issuance/assets/new.html", context, status=422 if form.errors else 200)


@issuer_console.page("assets/<uuid:asset_id>/", name="asset", action="asset.view")
def asset(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """One asset: its record, papers, assessment, and the securities made of it with their identifiers."""
    return _page(request, _visible(request, asset_id, "asset.view"))


@issuer_console.page("assets/<uuid:asset_id>/documents/", name="asset-document", action="asset.tokenize")
@require_POST
@once
def attach(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    one, actor, now = _visible(request, asset_id, "asset.tokenize"), actor_of(request), timezone.now()
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            kept = store(
                owner=f"asset:{one.id}",
                kind="asset",
                filename=upload.name,
                content=upload.read(),
                organisation=one.issuer_id,
                actor=actor,
                at=now,
            )
            services.attach_document(
                asset_id=one.id,
                title=form.cleaned_data["title"],
                sha256=kept.sha256,
                document_id=kept.id,
                actor=actor,
                at=now,
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Attached. Its hash will be part of the next token identifier.")
            return HttpResponseRedirect(reverse("console:asset", args=[one.id]))
    return _page(request, one, document=form, status=422)


@issuer_console.page("assets/<uuid:asset_id>/assessment/", name="asset-assess", action="asset.tokenize")
@once
def assess(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """The Howey assessment: four elements, each with what was looked at."""
    one = _visible(request, asset_id, "asset.tokenize")
    form = HoweyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.assess_howey(
                asset_id=one.id,
                **{name: data[name] for name in ELEMENTS},
                evidence={name: data[f"{name}_evidence"] for name in ELEMENTS},
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return HttpResponseRedirect(reverse("console:asset", args=[one.id]))
    context = {"form": form, "asset": one, "steps": STEPS, "current": 3}
    return render(request, "issuance/assets/assess.html", context, status=422 if form.errors else 200)


@issuer_console.page("assets/<uuid:asset_id>/tokenize/", name="asset-tokenize", action="security.define")
@once
def tokenize(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """The terms: makes the token, the security, and its first rules."""
    one = _visible(request, asset_id, "security.define")
    form = SecurityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data, actor, now = form.cleaned_data, actor_of(request), timezone.now()
        try:
            made = create(
                asset_id=one.id,
                code=data["code"].upper(),
                name=data["name"],
                kind=data["kind"],
                scale=data["scale"],
                authorised=data["authorised_units"],
                par_minor=data["par"],
                isin=data["isin"],
                actor=actor,
                at=now,
            )
            adopt(
                security_id=made.id,
                rules=dump(always()),
                reason="The usual rules, adopted with the security.",
                actor=actor,
                at=now,
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"{made.code} is a draft. Look at its identifier, then activate it.")
            return HttpResponseRedirect(reverse("console:security", args=[made.id]))
    context = {"form": form, "asset": one, "steps": STEPS, "current": 4}
    return render(request, "issuance/assets/tokenize.html", context, status=422 if form.errors else 200)


@issuer_console.page("tokens/<str:identifier>/", name="token", action="asset.view")
def token(request: HttpRequest, identifier: str) -> HttpResponse:
    """The identifier computed anew, with what changed."""
    found = selectors.token(identifier)
    one = _visible(request, found.asset_id, "asset.view")
    context = {"token": found, "again": selectors.recompute(identifier), "asset": one}
    return render(request, "issuance/assets/console_token.html", context)


def _page(
    request: HttpRequest, one: AssetFacts, document: DocumentForm | None = None, status: int = 200
) -> HttpResponse:
    made = [found for found in securities(issuer_ids=[one.issuer_id]) if found.asset_id == one.id]
    papers = selectors.documents(one.id)
    assessment = selectors.howey(one.id)
    context = {
        "asset": one,
        "documents": papers,
        "howey": assessment,
        "elements": [
            (name, getattr(assessment, name), assessment.evidence.get(name, "")) for name in ELEMENTS
        ]
        if assessment
        else [],
        "securities": made,
        "may": allowed(request, "asset.tokenize", organisation=one.issuer_id),
        "form": document or DocumentForm(),
        "steps": STEPS,
        "current": 4 if assessment else 3 if papers else 2,
    }
    return render(request, "issuance/assets/page.html", context, status=status)


def _visible(request: HttpRequest, asset_id: UUID, action: str) -> AssetFacts:
    """raises  NothingHere for another issuer's asset"""
    one = selectors.asset(asset_id)
    require(request, action, organisation=one.issuer_id)
    return one
