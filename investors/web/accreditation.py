"""Accreditation for the investor: where it stands, asking for it with evidence, and confirming it in writing."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from investors.accreditation import selectors, services
from investors.domain.verification import EVIDENCE_KINDS, METHODS
from investors.web.forms import AskForm, EvidenceForm, RepresentForm
from investors.web.onboarding import own_investor
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.forms import add_refusal
from portal.http.once import once


@login_required
def accreditation(request: HttpRequest) -> HttpResponse:
    """What is on record, what is missing, and the next step."""
    investor = own_investor(request)
    under_way = selectors.request_under_way(investor.id)
    context = {
        "investor": investor,
        "claims": selectors.claims_of(investor.id, on=timezone.now().date()),
        "determinations": selectors.determinations(investor.id),
        "under_way": under_way,
        "needed": _needed(under_way.method) if under_way else [],
        "ask": AskForm(kind=investor.kind),
        "evidence": EvidenceForm(),
        "represent": _represent_form(),
    }
    return render(request, "investors/accreditation/page.html", context)


@require_POST
@login_required
@once
def ask(request: HttpRequest) -> HttpResponse:
    investor = own_investor(request)
    require(request, "accreditation.submit")
    form = AskForm(request.POST, kind=investor.kind)
    if form.is_valid():
        try:
            services.ask(
                investor_id=investor.id,
                basis=form.cleaned_data["basis"],
                method=form.cleaned_data["method"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return redirect("accreditation")
    return _again(request, form, _("Ask to be accredited"), _("Begin"))


@require_POST
@login_required
@once
def evidence(request: HttpRequest) -> HttpResponse:
    """One more paper for the request under way."""
    investor = own_investor(request)
    under_way = _own_request(investor.id)
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            services.add_paper(
                request_id=under_way,
                kind=form.cleaned_data["kind"],
                dated=form.cleaned_data["dated"],
                tax_year=form.cleaned_data["tax_year"],
                filename=upload.name,
                content=upload.read(),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Stored."))
            return redirect("accreditation")
    return _again(request, form, _("Add evidence"), _("Upload"), upload=True)


@require_POST
@login_required
@once
def represent(request: HttpRequest) -> HttpResponse:
    """Confirm in writing: for methods that ask for it, and for re-use at a later sale."""
    investor = own_investor(request)
    require(request, "accreditation.submit")
    form = _represent_form(request.POST)
    if form.is_valid():
        try:
            services.represent(
                investor_id=investor.id,
                kinds=form.cleaned_data["kinds"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Confirmed. Your confirmation counts for 30 days."))
            return redirect("accreditation")
    return _again(request, form, _("Confirm in writing"), _("Confirm"))


@require_POST
@login_required
@once
def submit(request: HttpRequest) -> HttpResponse:
    investor = own_investor(request)
    require(request, "accreditation.submit")
    services.submit_request(request_id=_own_request(investor.id), actor=actor_of(request), at=timezone.now())
    messages.success(request, _("Submitted. A compliance officer decides on it."))
    return redirect("accreditation")


@require_POST
@login_required
@once
def withdraw(request: HttpRequest) -> HttpResponse:
    investor = own_investor(request)
    services.withdraw_request(
        request_id=_own_request(investor.id), actor=actor_of(request), at=timezone.now()
    )
    return redirect("accreditation")


def _own_request(investor_id):  # type: ignore[no-untyped-def]
    under_way = selectors.request_under_way(investor_id)
    if under_way is None:
        raise selectors.NoSuchRequest("No request is under way.", next_step="Begin one under Accreditation.")
    return under_way.id


def _represent_form(data=None) -> RepresentForm:  # type: ignore[no-untyped-def]
    form = RepresentForm(data)
    form.fields["kinds"].choices = list(services.REPRESENTATIONS.items())  # type: ignore[attr-defined]
    return form


def _needed(method: str) -> list[tuple[str, str]]:
    return [(kind, EVIDENCE_KINDS[kind]) for kind in METHODS[method].evidence]


def _again(
    request: HttpRequest, form: object, heading: str, verb: str, *, upload: bool = False
) -> HttpResponse:
    context = {"form": form, "heading": heading, "verb": verb, "upload": upload}
    return render(request, "investors/accreditation/form.html", context, status=422)
