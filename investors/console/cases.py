"""KYC in the compliance console: the queue, and a case with everything on one screen."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from investors.accreditation import selectors as accreditation
from investors.accreditation.selectors import claims_of
from investors.bank_accounts import selectors as bank_accounts
from investors.console.forms import DecideForm, HitForm, ReasonForm, SecondForm
from investors.domain.kyc import Evidence as EvidencePaper
from investors.domain.kyc import evidence_findings
from investors.kyc import checks, decisions, provider, selectors, services
from investors.kyc.facts import CaseFacts
from investors.profiles import selectors as profiles
from investors.profiles import services as profile_services
from investors.profiles.facts import InvestorFacts, PersonalData
from investors.screening import selectors as screening
from investors.screening import services as screening_services
from investors.wallets import selectors as wallets
from portal.approvals.facts import ApprovalFacts
from portal.approvals.selectors import approval
from portal.domain.errors import Refused
from portal.funding import selectors as funding
from portal.http import four_eyes
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console
from portal.http.forms import add_refusal
from portal.http.once import once


def waiting(request: HttpRequest) -> int:
    return len(selectors.queue())


@compliance_console.page(
    "kyc/", name="kyc", action="kyc.view", label="KYC cases", group="", icon="person", order=10, count=waiting
)
def queue(request: HttpRequest) -> HttpResponse:
    """Cases that wait: highest risk first, then the longest waiting."""
    states = ("submitted", "in_review", "awaiting_second", "needs_information")
    cases = selectors.queue(states=states)
    people = profiles.investors_by_id([case.investor_id for case in cases])
    rows = [(case, people[case.investor_id]) for case in cases]
    return render(request, "investors/kyc/queue.html", {"rows": rows, "now": timezone.now()})


@compliance_console.page("kyc/<uuid:case_id>/", name="kyc-case", action="kyc.view")
def case_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The case file."""
    return _page(request, selectors.case(case_id))


@compliance_console.page("kyc/<uuid:case_id>/take/", name="kyc-take", action="kyc.decide")
@require_POST
@once
def take(request: HttpRequest, case_id: UUID) -> HttpResponse:
    _may_decide(request, selectors.case(case_id))
    decisions.take(case_id=case_id, officer_id=request.user.pk, actor=actor_of(request), at=timezone.now())
    return redirect("compliance:kyc-case", case_id)


@compliance_console.page("kyc/<uuid:case_id>/decide/", name="kyc-decide", action="kyc.decide")
@require_POST
@once
def decide(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Approve, ask for more, reject, or hand back."""
    case = selectors.case(case_id)
    _may_decide(request, case)
    form = DecideForm(request.POST)
    if form.is_valid():
        try:
            after = _decide(request, case, form.cleaned_data["decision"], form.cleaned_data["reason"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"The case is {after.state_label}.")
            return redirect("compliance:kyc-case", case_id)
    return _page(request, case, decide=form, status=422)


@compliance_console.page("kyc/<uuid:case_id>/second/", name="kyc-second", action="kyc.decide")
@require_POST
@once
def second(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The second officer of a case above the risk threshold."""
    case = selectors.case(case_id)
    _may_decide(request, case)
    form = SecondForm(request.POST)
    if form.is_valid():
        step = decisions.confirm if form.cleaned_data["decision"] == "confirm" else decisions.send_back
        try:
            after = step(
                case_id=case_id,
                officer_id=request.user.pk,
                note=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"The case is {after.state_label}.")
            return redirect("compliance:kyc-case", case_id)
    return _page(request, case, second=form, status=422)


@compliance_console.page("kyc/<uuid:case_id>/reveal/", name="kyc-reveal", action="personal_data.open")
@require_POST
def reveal(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Open personal data for this one answer; the reason stays in the trail."""
    case = selectors.case(case_id)
    require(request, "personal_data.open", owners=_owners(case))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, case, reveal=form, status=422)
    opened = profile_services.reveal(
        investor_id=case.investor_id,
        reason=form.cleaned_data["reason"],
        actor=actor_of(request),
        at=timezone.now(),
    )
    return _page(request, case, opened=opened)


@compliance_console.page("kyc/<uuid:case_id>/screen/", name="kyc-screen", action="screening.decide")
@require_POST
@once
def screen(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Compare the names with every list in use now."""
    case = selectors.case(case_id)
    require(request, "screening.decide", owners=_owners(case))
    done = screening_services.screen(investor_id=case.investor_id, actor=actor_of(request), at=timezone.now())
    messages.success(
        request, f"{done.names} names compared with {done.lists} lists; {done.new_hits} new matches."
    )
    return redirect("compliance:kyc-case", case_id)


@compliance_console.page("kyc/<uuid:case_id>/message/", name="kyc-message", action="kyc.decide")
@require_POST
@once
def message(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write to the investor."""
    _may_decide(request, selectors.case(case_id))
    services.message(
        case_id=case_id, text=request.POST.get("text", ""), actor=actor_of(request), at=timezone.now()
    )
    return redirect("compliance:kyc-case", case_id)


@compliance_console.page("kyc/<uuid:case_id>/identity-check/", name="kyc-identity-check", action="kyc.decide")
@require_POST
@once
def identity_check(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask the identity provider about everybody behind the case."""
    _may_decide(request, selectors.case(case_id))
    asked = checks.request(case_id=case_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, f"{len(asked)} asked for; the answers become evidence of this case.")
    return redirect("compliance:kyc-case", case_id)


@four_eyes.page_of(decisions.APPROVE)
def page_of_approval(asked: ApprovalFacts) -> str:
    return f"/compliance/kyc/{asked.subject.partition(':')[2]}/"


def _decide(request: HttpRequest, case: CaseFacts, decision: str, reason: str) -> CaseFacts:
    given = {
        "case_id": case.id,
        "officer_id": request.user.pk,
        "actor": actor_of(request),
        "at": timezone.now(),
    }
    if decision == "approve":
        return decisions.approve(reason=reason, **given)
    if decision == "ask":
        return decisions.request_information(question=reason, **given)
    if decision == "reject":
        return decisions.reject(reason=reason, **given)
    return decisions.hand_back(reason=reason, **given)


def _page(
    request: HttpRequest,
    case: CaseFacts,
    *,
    decide: DecideForm | None = None,
    second: SecondForm | None = None,
    reveal: ReasonForm | None = None,
    opened: PersonalData | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    investor = profiles.investor(case.investor_id)
    papers = selectors.papers(case.id)
    may = allowed(request, "kyc.decide", owners=_owners(case))
    asked = approval(case.approval_id) if case.approval_id else None
    context = {
        "case": case,
        "investor": investor,
        "masked": profiles.masked_data(investor.id),
        "opened": opened,
        "people": profiles.related_persons(investor.id),
        "papers": papers,
        "evidence": evidence_findings(
            kind=investor.kind,
            entity_form=investor.entity_form,
            risk=selectors.risk_of(investor),
            documents=[EvidencePaper(p.kind, p.expires_on) for p in papers],
            on=now.date(),
        ),
        "risk": case.risk or selectors.risk_of(investor).as_dict(),
        "screening": screening.states_of([investor.id], on=now.date())[investor.id],
        "checks": selectors.identity_checks(case.id),
        "provider": provider.configured() is not None,
        "hits": screening.hits(investor_id=investor.id),
        "claims": claims_of(investor.id, on=now.date()),
        "determinations": accreditation.determinations(investor.id),
        "asked_for": accreditation.request_under_way(investor.id),
        "bank_accounts": bank_accounts.bank_accounts(investor_id=investor.id),
        "wallets": wallets.wallets_of(investor.id),
        "cash": funding.cash(owner=investor.owner),
        "may_story": allowed(request, "audit.view"),
        "events": _told(case),
        "revisions": profiles.revisions(investor.id),
        "earlier": [one for one in selectors.cases_of(investor.id) if one.id != case.id],
        "may_decide": may,
        "bar": four_eyes.bar(request, asked) if asked else None,
        "decide": decide or DecideForm(),
        "second": second or SecondForm(),
        "reveal": reveal or ReasonForm(prefix=None),
        "hit_form": HitForm(),
        "mine": case.officer_id == request.user.pk,
    }
    return render(request, "investors/kyc/case.html", context, status=status)


def _may_decide(request: HttpRequest, case: CaseFacts) -> None:
    require(request, "kyc.decide", owners=_owners(case))


def _owners(case: CaseFacts) -> list[UUID]:
    return owners_of(profiles.investor(case.investor_id))


def owners_of(investor: InvestorFacts) -> list[UUID]:
    """Whose it is, for the permission table: nobody decides about himself."""
    return [investor.user_id] if investor.user_id else []


def _told(case: CaseFacts) -> list[dict[str, object]]:
    return [
        {
            "title": step.title,
            "text": step.text,
            "at": step.at,
            "actor": step.actor_label,
            "tone": "done",
        }
        for step in reversed(selectors.steps(case.id))
    ]
