"""Votes as a holder sees them: what is open, the ballot, the proxy, the receipt. All of it works without JavaScript."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import investor_of_user, investors, references
from issuance.domain.voting import Choice, ProxyCircle, Units
from issuance.register.selectors import holdings_of
from issuance.voting import casting, selectors, writer
from issuance.voting.facts import BallotFacts, MeetingFacts, ResolutionFacts, VoterFacts
from issuance.voting.verifier import RECEIPT
from portal.audit import selectors as audit
from portal.domain.errors import Invalid
from portal.domain.money import format_amount, parse_amount
from portal.http import desk
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.desk import Task
from portal.http.forms import add_refusal
from portal.http.once import once

ANSWERS = [(choice.value, label) for choice, label in zip(
    Choice, (gettext_lazy("For"), gettext_lazy("Against"), gettext_lazy("Abstain")), strict=True
)]  # fmt: skip


class UnitsForm(forms.Form):
    """Fields "units_<place>" for the classes that the voter holds; empty ones mean all."""

    def __init__(self, *args: Any, meeting: MeetingFacts, voter: VoterFacts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meeting, self.voter = meeting, voter

    def add_units(self, label: str) -> None:
        for place, (one, held) in enumerate(zip(self.meeting.classes, self.voter.quantities, strict=True)):
            if held:
                self.fields[f"units_{place}"] = forms.CharField(
                    label=label % {"code": one.code},
                    required=False,
                    max_length=60,
                    help_text=_("Empty: all %(held)s.") % {"held": format_amount(held, scale=one.scale)},
                )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        found: list[int] = []
        for place, (one, held) in enumerate(zip(self.meeting.classes, self.voter.quantities, strict=True)):
            text = (data.get(f"units_{place}") or "").strip()
            try:
                found.append(parse_amount(text, scale=one.scale, field=one.code) if text else held)
            except Invalid as refused:
                self.add_error(f"units_{place}", refused.message)
        if not self.errors:
            units: Units = tuple(found)
            data["units"] = None if units == self.voter.quantities else units
        return data


class BallotForm(UnitsForm):
    """One answer to each resolution; those left open are not voted on."""

    def __init__(self, *args: Any, resolutions: list[ResolutionFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resolutions = resolutions
        for one in resolutions:
            self.fields[f"answer_{one.number}"] = forms.ChoiceField(
                label=f"{one.number}. {one.title}", choices=ANSWERS, widget=forms.RadioSelect, required=False
            )
        self.add_units(_("Units of %(code)s to vote with"))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and not any(data.get(f"answer_{one.number}") for one in self.resolutions):
            raise forms.ValidationError(_("Answer at least one resolution."))
        return data

    def answers(self) -> dict[UUID, casting.Answer]:
        data = self.cleaned_data
        return {
            one.id: casting.Answer(Choice(data[f"answer_{one.number}"]), data["units"])
            for one in self.resolutions
            if data.get(f"answer_{one.number}")
        }


class ProxyForm(UnitsForm):
    """Whom, with how much, and what he is to vote."""

    agent = forms.CharField(
        label=gettext_lazy("Reference of the person who votes for you"),
        max_length=40,
        help_text=gettext_lazy("Another investor here; his reference stands on his profile."),
    )

    def __init__(self, *args: Any, resolutions: list[ResolutionFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resolutions = resolutions
        self.add_units(_("Units of %(code)s to hand on"))
        for one in resolutions:
            self.fields[f"instruction_{one.number}"] = forms.ChoiceField(
                label=f"{one.number}. {one.title}",
                choices=[("", _("As he sees fit")), *ANSWERS],
                required=False,
            )

    def instructions(self) -> dict[UUID, Choice]:
        return {
            one.id: Choice(self.cleaned_data[f"instruction_{one.number}"])
            for one in self.resolutions
            if self.cleaned_data.get(f"instruction_{one.number}")
        }


@login_required
def votes(request: HttpRequest) -> HttpResponse:
    """What this investor may vote on, has voted on, or can read of."""
    require(request, "vote.cast")
    investor = investor_of_user(request.user.pk)
    rows = _known_to(investor) if investor else []
    now = timezone.now()
    context = {
        "rows": rows,
        "open": sum(one.state == "open" and now < one.closes_at for one in rows),
    }
    return render(request, "issuance/voting/votes.html", context)


@login_required
def vote(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """One vote with its resolutions, the ballot, the proxies, the result."""
    one, investor = _visible(request, meeting_id)
    return _page(request, one, investor)


@login_required
@require_POST
@once
def cast(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """The ballot form, one ballot for each resolution answered."""
    one, investor = _visible(request, meeting_id)
    voter = _voter_or_nobody(one, investor)
    form = BallotForm(request.POST, meeting=one, voter=voter, resolutions=selectors.resolutions(one.id))
    if form.is_valid():
        try:
            made = casting.cast(
                meeting_id=one.id,
                holder=investor.owner,
                answers=form.answers(),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Invalid as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Your vote is in. Here is your receipt."))
            return HttpResponseRedirect(reverse("ballot", args=[made[0].number]))
    return _page(request, one, investor, ballot_form=form, status=422)


@login_required
@require_POST
@once
def give_proxy(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    one, investor = _visible(request, meeting_id)
    voter = _voter_or_nobody(one, investor)
    form = ProxyForm(request.POST, meeting=one, voter=voter, resolutions=selectors.resolutions(one.id))
    if form.is_valid():
        try:
            casting.give_proxy(
                meeting_id=one.id,
                principal=investor.owner,
                agent=_agent(form.cleaned_data["agent"]).owner,
                units=form.cleaned_data["units"],
                instructions=form.instructions(),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except (Invalid, ProxyCircle, casting.ProxyStands) as refused:
            add_refusal(form, refused)
            return _page(request, one, investor, proxy_form=form, status=refused.status)
        messages.success(request, _("The proxy stands. You can revoke it while the vote is open."))
        return HttpResponseRedirect(reverse("vote", args=[one.id]))
    return _page(request, one, investor, proxy_form=form, status=422)


@login_required
@require_POST
def revoke_proxy(request: HttpRequest, number: UUID) -> HttpResponse:
    require(request, "vote.cast")
    casting.revoke_proxy(
        number=number, principal=_investor(request).owner, actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, _("Revoked. Your units are yours to vote with again."))
    return HttpResponseRedirect(reverse("votes"))


@login_required
def ballot(request: HttpRequest, number: UUID) -> HttpResponse:
    """The receipt of one's own ballot; ?format=json is the file that the two verifiers read."""
    require(request, "vote.cast")
    own = selectors.ballot(number, holder=_investor(request).owner)
    (event,) = audit.events(about=f"ballot:{own.number}", limit=1)
    if request.GET.get("format") == "json":
        told = {"format": RECEIPT, "ballot": _told(own), "proof": audit.bundle([event.event_id])}
        response = JsonResponse(told, json_dumps_params={"indent": 2})
        response["Content-Disposition"] = f'attachment; filename="ballot-{own.number}.json"'
        return response
    head = audit.latest_checkpoint()
    place = event.leaf_index
    sealed = place is not None and head is not None and place < head.size
    context = {
        "ballot": own,
        "meeting": selectors.meeting(own.meeting_id),
        "event": event,
        "head": head,
        "sealed": sealed,
        "path": [step.hex() for step in audit.inclusion(place, head.size)]
        if sealed and place is not None and head is not None
        else [],
    }
    return render(request, "issuance/voting/receipt.html", context)


@login_required
def bundle(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """All ballots by codes, for whoever wants to count again. Raises NotClosedYet"""
    one, _investor = _visible(request, meeting_id)
    response = JsonResponse(writer.bundle(one.id))
    response["Content-Disposition"] = f'attachment; filename="vote-{one.id}.json"'
    return response


@desk.investor
def to_vote_on(request: HttpRequest) -> list[Task]:
    """Open votes in which this investor has power and has not answered every resolution nor given a proxy."""
    investor = investor_of_user(request.user.pk)
    if investor is None:
        return []
    now = timezone.now()
    return [
        Task(
            title=_("%(name)s is open for your vote") % {"name": one.name},
            text=f"{one.issuer_name}. "
            + _("Until %(time)s UTC.") % {"time": f"{one.closes_at:%d %b %Y, %H:%M}"},
            href=reverse("vote", args=[one.id]),
            action=_("Vote"),
            icon="vote",
            since=one.opened_at,
        )
        for one in selectors.waiting_for(investor.owner)
        if now < one.closes_at
    ]


def _page(
    request: HttpRequest,
    one: MeetingFacts,
    investor: InvestorFacts,
    *,
    ballot_form: BallotForm | None = None,
    proxy_form: ProxyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    voter, resolutions = selectors.voter(one.id, investor.owner), selectors.resolutions(one.id)
    given = selectors.proxies(one.id, principal=investor.owner)
    carried = selectors.proxies(one.id, agent=investor.owner)
    now = timezone.now()
    is_open = one.state == "open" and now < one.closes_at
    may = is_open and voter is not None and (voter.entitled or bool(carried))
    if may and voter is not None:
        known: Any = {"meeting": one, "voter": voter, "resolutions": resolutions}
        ballot_form = ballot_form or BallotForm(**known)
        if voter.entitled:
            proxy_form = proxy_form or ProxyForm(**known)
    people = references(UUID(each.agent.removeprefix("investor:")) for each in given)
    result = {each["resolution"]: each for each in (one.result or {}).get("resolutions", [])}
    context = {
        "meeting": one,
        "resolutions": [(each, result.get(str(each.id))) for each in resolutions],
        "voter": voter,
        "held": list(zip(one.classes, voter.quantities, strict=True)) if voter else [],
        "ballots": sorted(
            selectors.ballots(one.id, holder=investor.owner), key=lambda each: each.sequence, reverse=True
        ),
        "given": [(each, people.get(UUID(each.agent.removeprefix("investor:")), "")) for each in given],
        "carried": len(carried),
        "is_open": is_open,
        "may": may,
        "ballot_form": ballot_form if may else None,
        "proxy_form": proxy_form if may else None,
        "over": one.state in ("closed", "certified"),
    }
    return render(request, "issuance/voting/vote.html", context, status=status)


def _told(own: BallotFacts) -> dict[str, Any]:
    """The ballot as the vote's bundle tells it."""
    return {
        "ballot": str(own.number),
        "sequence": str(own.sequence),
        "resolution": str(own.resolution_id),
        "voter": str(own.voter_code),
        "choice": own.choice.value,
        "units": None if own.units is None else [str(n) for n in own.units],
        "salt": own.salt,
        "commitment": own.commitment,
    }


def _agent(reference: str) -> InvestorFacts:
    """raises  Invalid"""
    text = reference.strip()
    found = [one for one in investors(reference=text, limit=5) if one.reference.lower() == text.lower()]
    if not text or len(found) != 1:
        raise Invalid("There is no investor with this reference.", field="agent")
    return found[0]


def _known_to(investor: InvestorFacts) -> list[MeetingFacts]:
    held = [one.security_id for one in holdings_of(investor.owner)]
    return selectors.meetings_for(investor.owner, held)


def _visible(request: HttpRequest, meeting_id: UUID) -> tuple[MeetingFacts, InvestorFacts]:
    """raises  NoSuchMeeting for a vote that is none of this investor's business"""
    require(request, "vote.cast")
    investor = _investor(request)
    for one in _known_to(investor):
        if one.id == meeting_id:
            return one, investor
    raise selectors.NoSuchMeeting("There is no vote with this id.")


def _voter_or_nobody(one: MeetingFacts, investor: InvestorFacts) -> VoterFacts:
    """For the form alone; the service tells who is not on record, and that it is closed."""
    return selectors.voter(one.id, investor.owner) or VoterFacts(
        0, one.id, investor.owner, one.id, (0,) * len(one.classes)
    )


def _investor(request: HttpRequest) -> InvestorFacts:
    found = investor_of_user(request.user.pk)
    if found is None:
        raise selectors.NoSuchMeeting("Votes are for investors; there is no profile of yours yet.")
    return found
