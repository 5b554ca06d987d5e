"""Votes as the issuer runs them: prepare, announce, watch who is heard, ask a second person to certify."""

from fractions import Fraction
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from issuance.console.forms import InstantField, ReasonForm
from issuance.console.scope import scope, securities_for
from issuance.corporate_actions.selectors import dividends
from issuance.domain.voting import Base, Rule
from issuance.offerings.selectors import offerings
from issuance.securities.facts import SecurityFacts
from issuance.voting import schema, selectors, services, writer
from issuance.voting.facts import MeetingFacts, NewMeeting, NewResolution
from issuance.voting.models import Meeting, Resolution
from portal.accounts.stepup import step_up
from portal.approvals.facts import ApprovalFacts
from portal.approvals.selectors import approval
from portal.approvals.services import reject
from portal.domain.errors import Refused
from portal.http import four_eyes
from portal.http.actors import actor_of
from portal.http.authorization import allowed, require
from portal.http.consoles import compliance_console, issuer_console
from portal.http.forms import add_refusal
from portal.http.once import once

STEPS = ["Draft", "Announced", "Open", "Closed", "Certified"]
PLACE = {"draft": 1, "announced": 2, "open": 3, "closed": 4, "certified": 5}
HALF = Fraction(1, 2)
# What a resolution needs: value -> (words, threshold, base, more than).
NEEDS: dict[str, tuple[str, Fraction, Base, bool]] = {
    "majority": ("more than half of the votes cast", HALF, Base.CAST, True),
    "two_thirds": ("two thirds of the votes cast", Fraction(2, 3), Base.CAST, False),
    "three_quarters": ("three quarters of the votes cast", Fraction(3, 4), Base.CAST, False),
    "majority_all": ("more than half of the votes outstanding", HALF, Base.OUTSTANDING, True),
    "two_thirds_all": ("two thirds of the votes outstanding", Fraction(2, 3), Base.OUTSTANDING, False),
    "unanimous": ("all votes outstanding: unanimous", Fraction(1), Base.OUTSTANDING, False),
}


class MeetingForm(forms.Form):
    """A meeting or a written consent; votes for a unit of each security, empty where it does not vote."""

    issuer = forms.ChoiceField(label="Issuer")
    name = forms.CharField(label="Name", max_length=200, help_text="Such as Annual meeting 2027.")
    kind = forms.ChoiceField(label="Kind", choices=Meeting.Kind.choices)
    record_at = InstantField(label="Record date", help_text="UTC. Who holds at this instant votes.")
    opens_at = InstantField(label="Opens at", help_text="UTC.")
    closes_at = InstantField(label="Closes at", help_text="UTC.")
    secret = forms.BooleanField(
        label="Secret", required=False, help_text="Choices are sealed until it is closed."
    )
    early_close = forms.BooleanField(
        label="Close early", required=False, help_text="As soon as nobody who has not voted can change it."
    )

    def __init__(self, *args: Any, securities: list[SecurityFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.securities = securities
        self.fields["issuer"].choices = list(
            {str(one.issuer_id): one.issuer_name for one in securities}.items()
        )  # type: ignore[attr-defined]
        for one in securities:
            self.fields[f"votes_{one.id}"] = forms.IntegerField(
                label=f"Votes for a unit of {one.code}",
                required=False,
                min_value=0,
                max_value=schema.MOST,
                help_text="Empty: it does not vote.",
            )

    def terms(self) -> NewMeeting:
        data = self.cleaned_data
        classes = [(one.id, data[f"votes_{one.id}"]) for one in self.securities]
        given = {name: data[name] for name in ("name", "kind", "record_at", "opens_at", "closes_at")}
        return NewMeeting(
            issuer_id=UUID(data["issuer"]),
            secret=data["secret"],
            early_close=data["early_close"],
            classes=tuple((number, Fraction(votes)) for number, votes in classes if votes is not None),
            **given,
        )


class ResolutionForm(forms.Form):
    title = forms.CharField(label="Title", max_length=200)
    text = forms.CharField(
        label="Resolved, that", max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    needs = forms.ChoiceField(label="It needs", choices=[(name, told[0]) for name, told in NEEDS.items()])
    quorum = forms.IntegerField(
        label="Quorum, per cent of the votes outstanding", min_value=0, max_value=100, initial=50
    )
    abstentions_count = forms.BooleanField(label="Abstentions are votes cast", required=False)
    class_votes = forms.MultipleChoiceField(
        label="Has to pass by itself within", required=False, widget=forms.CheckboxSelectMultiple
    )
    action = forms.ChoiceField(
        label="Once certified, it will", choices=Resolution.Action.choices, required=False
    )
    action_subject = forms.ChoiceField(label="Of", required=False)

    def __init__(self, *args: Any, meeting: MeetingFacts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["class_votes"].choices = [(one.code, one.code) for one in meeting.classes]  # type: ignore[attr-defined]
        own = [meeting.issuer_id]
        subjects = [(str(one.id), f"Offering {one.name}") for one in offerings(issuer_ids=own)]
        subjects += [(str(one.id), f"Dividend {one.name}") for one in dividends(issuer_ids=own)]
        self.fields["action_subject"].choices = [("", "–"), *subjects]  # type: ignore[attr-defined]

    def terms(self) -> NewResolution:
        data = self.cleaned_data
        _, threshold, base, more_than = NEEDS[data["needs"]]
        rule = Rule(
            quorum=Fraction(data["quorum"], 100),
            threshold=threshold,
            base=base,
            more_than=more_than,
            abstentions_count=data["abstentions_count"],
            class_votes=tuple(data["class_votes"]),
        )
        subject = UUID(data["action_subject"]) if data["action_subject"] else None
        return NewResolution(data["title"], data["text"], rule, data["action"], subject)


def votes(request: HttpRequest) -> HttpResponse:
    """All of one's issuers, or of all for the house's people."""
    rows = selectors.meetings(issuer_ids=scope(request))
    context = {
        "rows": rows,
        "open": sum(one.state in ("announced", "open", "closed") for one in rows),
        "may_add": bool(securities_for(request, "voting.prepare")) and _door(request) == "console",
        "base": reverse(f"{_door(request)}:votes"),
    }
    return render(request, "issuance/voting/list.html", context)


@issuer_console.page("votes/new/", name="voting-new", action="voting.prepare")
@once
def new(request: HttpRequest) -> HttpResponse:
    mine = securities_for(request, "voting.prepare")
    form = MeetingForm(request.POST or None, securities=mine)
    if request.method == "POST" and form.is_valid():
        terms = form.terms()
        require(request, "voting.prepare", organisation=terms.issuer_id)
        try:
            made = services.draft(terms=terms, actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return HttpResponseRedirect(reverse("console:voting", args=[made.id]))
    return render(request, "issuance/voting/new.html", {"form": form}, status=422 if form.errors else 200)


def vote(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """One vote: resolutions, turnout, result, certificate; ?format=json or csv gives what anyone counts again."""
    one = _visible(request, meeting_id, "voting.view")
    kind = request.GET.get("format", "")
    if kind == "csv":
        return _file(
            HttpResponse(writer.ballots_csv(one.id), content_type="text/csv; charset=utf-8"), one, "csv"
        )
    if kind == "json":
        return _file(JsonResponse(writer.bundle(one.id)), one, "json")
    return _page(request, one)


@issuer_console.page(
    "votes/<uuid:meeting_id>/resolutions/", name="voting-resolution", action="voting.prepare"
)
@require_POST
@once
def add_resolution(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    one = _visible(request, meeting_id, "voting.prepare")
    form = ResolutionForm(request.POST, meeting=one)
    if form.is_valid():
        try:
            services.add_resolution(
                meeting_id=one.id, terms=form.terms(), actor=actor_of(request), at=timezone.now()
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return HttpResponseRedirect(reverse("console:voting", args=[one.id]))
    return _page(request, one, form=form, status=422)


@issuer_console.page("votes/<uuid:meeting_id>/<str:step>/", name="voting-step", action="voting.prepare")
@require_POST
@once
def step(request: HttpRequest, meeting_id: UUID, step: str) -> HttpResponse:
    """Announce, open, close, ask to certify, cancel: what the maker does."""
    one = _visible(request, meeting_id, "voting.prepare")
    actor, now = actor_of(request), timezone.now()
    if step == "announce":
        services.announce(meeting_id=one.id, actor=actor, at=now)
    elif step == "open":
        services.open_voting(meeting_id=one.id, actor=actor, at=now)
    elif step == "close":
        services.close_voting(meeting_id=one.id, actor=actor, at=now)
    elif step == "ask":
        services.request_certification(meeting_id=one.id, actor=actor, at=now)
    elif step == "cancel":
        reason = request.POST.get("reason", "")[:2000]
        services.cancel(meeting_id=one.id, reason=reason, actor=actor, at=now)
    else:
        raise selectors.NoSuchMeeting("There is no such step.")
    return HttpResponseRedirect(reverse("console:voting", args=[one.id]))


@step_up
@require_POST
@once
def certify(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """The second person: everything is counted again, then what passed is carried out."""
    one = _decidable(request, meeting_id)
    note = request.POST.get("note", "")[:2000]
    services.certify(meeting_id=one.id, actor=actor_of(request), at=timezone.now(), note=note)
    messages.success(request, "Certified. What was passed is carried out by workers.")
    return HttpResponseRedirect(_href(request, one.id))


@require_POST
@once
def send_back(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    one = _decidable(request, meeting_id)
    if one.approval_id is None:
        raise services.CertificationNotRequested("Nobody has asked to certify it.")
    note = request.POST.get("note", "")[:2000]
    reject(approval_id=one.approval_id, checker=actor_of(request), at=timezone.now(), note=note)
    messages.success(request, "Sent back. Whoever asked finds it in the history.")
    return HttpResponseRedirect(_href(request, one.id))


@four_eyes.page_of(services.CERTIFY)
def decided_at(asked: ApprovalFacts) -> str:
    """Votes are certified where their result is seen."""
    return reverse("console:voting", args=[asked.subject.removeprefix("meeting:")])


issuer_console.page(
    "votes/", name="votes", action="voting.view", label="Votes", group="Run", icon="vote", order=20
)(votes)
compliance_console.page(
    "votes/", name="votes", action="voting.view", label="Votes", group="Operate", icon="vote", order=40
)(votes)
for _console in (issuer_console, compliance_console):
    _console.page("votes/<uuid:meeting_id>/", name="voting", action="voting.view")(vote)
    _console.page("votes/<uuid:meeting_id>/sign/certify/", name="voting-certify", action=services.CERTIFY)(
        certify
    )
    _console.page("votes/<uuid:meeting_id>/sign/send-back/", name="voting-reject", action=services.CERTIFY)(
        send_back
    )


def _page(
    request: HttpRequest, one: MeetingFacts, *, form: ResolutionForm | None = None, status: int = 200
) -> HttpResponse:
    asked = approval(one.approval_id) if one.approval_id else None
    turnout = selectors.turnout(one.id) if one.opened_at else None
    result = {each["resolution"]: each for each in (one.result or {}).get("resolutions", [])}
    may = _door(request) == "console" and allowed(request, "voting.prepare", organisation=one.issuer_id)
    if may and one.state == "draft":
        form = form or ResolutionForm(meeting=one)
    context = {
        "meeting": one,
        "resolutions": [(each, result.get(str(each.id))) for each in selectors.resolutions(one.id)],
        "turnout": turnout,
        "shares": list(zip(one.classes, turnout.present, turnout.outstanding, strict=True))
        if turnout
        else [],
        "bar": four_eyes.bar(request, asked) if asked else None,
        "may": may,
        "may_ask": one.state == "closed" and (asked is None or asked.state in ("rejected", "withdrawn")),
        "over": one.state in ("closed", "certified"),
        "steps": STEPS,
        "current": PLACE.get(one.state, 0),
        "form": form,
        "reason": ReasonForm() if one.state in ("draft", "announced") else None,
        "base": reverse(f"{_door(request)}:votes"),
        "door": _door(request),
        "now": timezone.now(),
    }
    return render(request, "issuance/voting/page.html", context, status=status)


def _file(response: HttpResponse, one: MeetingFacts, ending: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="vote-{one.id}.{ending}"'
    return response


def _door(request: HttpRequest) -> str:
    name: str = request.console.name  # type: ignore[attr-defined]
    return name


def _href(request: HttpRequest, meeting_id: UUID) -> str:
    return reverse(f"{_door(request)}:voting", args=[meeting_id])


def _decidable(request: HttpRequest, meeting_id: UUID) -> MeetingFacts:
    """raises  NothingHere for another issuer's, MayNot for the maker"""
    one = _visible(request, meeting_id, "voting.view")
    asked = approval(one.approval_id) if one.approval_id else None
    require(request, services.CERTIFY, organisation=one.issuer_id, maker=asked.maker if asked else "nobody")
    return one


def _visible(request: HttpRequest, meeting_id: UUID, action: str) -> MeetingFacts:
    """raises  NothingHere for another issuer's vote"""
    one = selectors.meeting(meeting_id)
    require(request, action, organisation=one.issuer_id)
    return one
