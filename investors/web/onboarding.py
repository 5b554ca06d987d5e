"""Onboarding: who invests, the papers, and handing it in. Each step is kept; what is missing is always told."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from investors.accreditation.selectors import claims_of
from investors.domain.kyc import DOCUMENT_KINDS, WHY_ASKED, required_documents
from investors.kyc import selectors as kyc
from investors.kyc import services as kyc_services
from investors.kyc.facts import CaseFacts
from investors.profiles import selectors as profiles
from investors.profiles import services
from investors.profiles.facts import InvestorFacts, ProfileInput
from investors.web.forms import PaperForm
from investors.web.profile_forms import PersonForm, ProfileForm
from portal.domain.errors import NotFound, Refused
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.forms import add_refusal
from portal.http.once import once

STEPS = [
    gettext_lazy("Profile"),
    gettext_lazy("People"),
    gettext_lazy("Documents"),
    gettext_lazy("Submit"),
    gettext_lazy("Decision"),
]


class NoProfileYet(NotFound):
    """The step needs a profile, which this person has not begun."""

    code = "no-profile-yet"


def own_investor(request: HttpRequest) -> InvestorFacts:
    """
    The signed-in person's investor.

    raises  NoProfileYet before the first step
    """
    found = profiles.investor_of_user(request.user.pk)
    if found is None:
        raise NoProfileYet("You have no investor profile yet.", next_step="Begin with your profile.")
    require(request, "profile.edit", owners=[request.user.pk])
    return found


@login_required
def status(request: HttpRequest) -> HttpResponse:
    """Where it stands at every moment: what is done, what is missing, who does what next."""
    require(request, "profile.edit", owners=[request.user.pk])
    investor = profiles.investor_of_user(request.user.pk)
    if investor is None:
        return redirect("profile")
    case = kyc.newest_case(investor.id)
    claims = claims_of(investor.id, on=timezone.now().date())
    context = {
        "investor": investor,
        "case": case,
        "claims": claims,
        "steps": STEPS,
        "current": _current_step(investor, case),
        "events": _told(case),
        "papers": kyc.papers(case.id) if case else [],
        "checks": [one for one in kyc.identity_checks(case.id) if one.continue_url and not one.ended_at]
        if case
        else [],
        "masked": profiles.masked_data(investor.id),
    }
    return render(request, "investors/onboarding/status.html", context)


@login_required
@once
def profile(request: HttpRequest) -> HttpResponse:
    """Step 1. Saved on each Continue."""
    require(request, "profile.edit", owners=[request.user.pk])
    investor = profiles.investor_of_user(request.user.pk)
    if investor is not None and _is_with_officers(investor):
        messages.info(
            request, _("A compliance officer has your profile; it can be changed again after the decision.")
        )
        return redirect("onboarding")
    form = ProfileForm(request.POST or None, initial=_initial(request, investor))
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_own_profile(
                user_id=request.user.pk, profile=_input(form), actor=actor_of(request), at=timezone.now()
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            if "entity_form" in saved.missing:
                messages.info(request, _("Saved. Now say what form the entity has."))
                return redirect("profile")
            return redirect("related-persons" if saved.kind != "natural" else "onboarding-documents")
    context = {"form": form, "investor": investor, "steps": STEPS, "current": 1}
    return render(request, "investors/onboarding/profile.html", context)


@login_required
@once
def people(request: HttpRequest) -> HttpResponse:
    """Step 2, for joint holders and entities."""
    investor = own_investor(request)
    if investor.kind == "natural":
        return redirect("onboarding-documents")
    form = PersonForm(request.POST or None, kind=investor.kind)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_related_person(
                investor_id=investor.id,
                role=form.cleaned_data["role"],
                name=form.cleaned_data["name"],
                born=form.cleaned_data["born"],
                country=form.cleaned_data["country"],
                ownership_ppm=form.cleaned_data.get("ownership"),
                is_entity=bool(form.cleaned_data.get("is_entity")),
                owner_reference=form.cleaned_data.get("owner_reference", ""),
                title=form.cleaned_data.get("title", ""),
                identifier_kind=form.cleaned_data["identifier_kind"] or "none",
                identifier=form.cleaned_data["identifier"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Added."))
            return redirect("related-persons")
    context = {
        "form": form,
        "investor": investor,
        "people": profiles.related_persons(investor.id),
        "missing": kyc_services.missing_people(investor.id),
        "steps": STEPS,
        "current": 2,
    }
    return render(request, "investors/onboarding/people.html", context)


@require_POST
@login_required
@once
def end_person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    investor = own_investor(request)
    if person_id not in {person.id for person in profiles.related_persons(investor.id)}:
        raise services.NoSuchRelatedPerson("There is no such person in force.")
    services.end_related_person(
        related_person_id=person_id, reason="by the investor", actor=actor_of(request), at=timezone.now()
    )
    return redirect("related-persons")


@login_required
@once
def documents(request: HttpRequest) -> HttpResponse:
    """Step 3. Each upload is kept at once."""
    investor = own_investor(request)
    case = kyc.open_case(investor.id)
    form = PaperForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            upload = form.cleaned_data["file"]
            kyc_services.hand_in(
                investor_id=investor.id,
                kind=form.cleaned_data["kind"],
                filename=upload.name,
                content=upload.read(),
                expires_on=form.cleaned_data["expires_on"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Stored."))
            return redirect("onboarding-documents")
    papers = kyc.papers(case.id) if case else []
    present = {paper.kind for paper in papers}
    needed = required_documents(
        kind=investor.kind, risk=kyc.risk_of(investor), entity_form=investor.entity_form
    )
    context = {
        "form": form,
        "investor": investor,
        "case": case,
        "papers": papers,
        "needed": [(kind, DOCUMENT_KINDS[kind], WHY_ASKED[kind], kind in present) for kind in needed],
        "steps": STEPS,
        "current": 3,
    }
    return render(request, "investors/onboarding/documents.html", context)


@login_required
@once
def submit(request: HttpRequest) -> HttpResponse:
    """Step 4: everything that is missing, or the button."""
    investor = own_investor(request)
    case = kyc.open_case(investor.id)
    now = timezone.now()
    refused: Refused | None = None
    if request.method == "POST":
        try:
            if case is None:
                raise kyc.NoSuchCase("There are no papers yet.", next_step="Upload them first.")
            kyc_services.submit(case_id=case.id, actor=actor_of(request), at=now)
        except Refused as caught:
            refused = caught
        else:
            messages.success(request, _("Submitted. A compliance officer looks at it next."))
            return redirect("onboarding")
    if case is not None and not case.editable:
        return redirect("onboarding")
    missing = kyc_services.missing_of(case.id, on=now.date()) if case else []
    context = {
        "investor": investor,
        "case": case,
        "missing": missing,
        "refused": refused,
        "masked": profiles.masked_data(investor.id),
        "papers": kyc.papers(case.id) if case else [],
        "steps": STEPS,
        "current": 4,
    }
    return render(request, "investors/onboarding/submit.html", context, status=422 if refused else 200)


@require_POST
@login_required
@once
def say(request: HttpRequest) -> HttpResponse:
    """A message to the officer of the open case."""
    investor = own_investor(request)
    case = kyc.open_case(investor.id)
    if case is None:
        raise kyc.NoSuchCase("No identity check is under way.")
    kyc_services.message(
        case_id=case.id, text=request.POST.get("text", ""), actor=actor_of(request), at=timezone.now()
    )
    return HttpResponseRedirect(reverse("onboarding"))


def _initial(request: HttpRequest, investor: InvestorFacts | None) -> dict[str, object]:
    if investor is None:
        return {
            "kind": "natural",
            "country": "US",
            "tax_countries": ["US"],
            "us_person": True,
            "identifier_kind": "none",
        }
    data = profiles.own_data(investor_id=investor.id, user_id=request.user.pk)
    return {
        "kind": investor.kind,
        "legal_name": data.legal_name,
        "born_or_formed": data.born_or_formed.isoformat() if data.born_or_formed else "",
        "country": investor.country,
        "tax_countries": list(investor.tax_countries),
        "us_person": investor.us_person,
        "identifier_kind": investor.identifier_kind,
        "identifier": data.identifier,
        "address": data.address,
        "mailing_address": data.mailing_address,
        "phone": data.phone,
        "entity_form": investor.entity_form,
        "no_large_owner": investor.no_large_owner,
        "lei": investor.lei,
        "politically_exposed": investor.politically_exposed,
        "expected": investor.expected_minor or None,
    }


def _input(form: ProfileForm) -> ProfileInput:
    data = form.cleaned_data
    return ProfileInput(
        kind=data["kind"],
        country=data["country"],
        tax_countries=tuple(data["tax_countries"]),
        us_person=data["us_person"],
        politically_exposed=data["politically_exposed"],
        expected_minor=data["expected"] or 0,
        legal_name=data["legal_name"],
        born_or_formed=data["born_or_formed"],
        identifier_kind=data["identifier_kind"],
        identifier=data["identifier"],
        address=data["address"],
        mailing_address=data["mailing_address"],
        phone=data["phone"],
        entity_form=data.get("entity_form") or None,
        no_large_owner=data.get("no_large_owner"),
        lei=data.get("lei"),
    )


def _is_with_officers(investor: InvestorFacts) -> bool:
    case = kyc.open_case(investor.id)
    return case is not None and not case.editable


def _current_step(investor: InvestorFacts, case: CaseFacts | None) -> int:
    if not investor.complete:
        return 1
    if kyc_services.missing_people(investor.id):
        return 2
    if case is None:
        return 3
    return 4 if case.editable else 5


def _told(case: CaseFacts | None) -> list[dict[str, object]]:
    if case is None:
        return []
    return [
        {
            "title": step.title,
            "text": step.text if step.event in ("request_information", "message") else "",
            "at": step.at,
            "actor": step.actor_label,
            "tone": "done",
        }
        for step in reversed(kyc.steps(case.id))
    ]
