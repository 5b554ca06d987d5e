"""An investor's own data: have it all exported, and ask that the account be closed."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __
from django.views.decorators.http import require_POST, require_safe

from investors.closure import selectors, services
from investors.closure.ports import obstacles_of
from investors.domain.retention import RULES, kept_until
from investors.profiles.selectors import investor_of_user
from investors.web.onboarding import own_investor
from portal.accounts.stepup import step_up
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.forms import add_refusal
from portal.http.once import once


class CloseForm(forms.Form):
    """The wish to close, said twice."""

    wish = forms.CharField(
        label=__("Why, if you like"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    sure = forms.BooleanField(
        label=__("I want this account closed, and I know that I cannot sign in to it afterwards."),
        error_messages={"required": __("Tick this to ask for it.")},
    )


@login_required
def your_data(request: HttpRequest) -> HttpResponse:
    """Exports, and what closing the account would take."""
    if investor_of_user(request.user.pk) is None:
        return redirect("profile")
    return _page(request, CloseForm())


@require_POST
@login_required
@once
def ask_export(request: HttpRequest) -> HttpResponse:
    investor = own_investor(request)
    require(request, "data_export.ask", owners=[request.user.pk])
    services.ask_export(investor_id=investor.id, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("It is being made. Look again in a minute."))
    return redirect("your-data")


@require_safe
@login_required
@step_up
def download_export(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """The ZIP, as a file and never as a page, after a recent sign-in."""
    investor = own_investor(request)
    require(request, "data_export.ask", owners=[request.user.pk])
    content = services.download_export(
        export_id=export_id, investor_id=investor.id, actor=actor_of(request), at=timezone.now()
    )
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{investor.reference}.zip"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


@require_POST
@login_required
@step_up
@once
def close(request: HttpRequest) -> HttpResponse:
    """Ask for the closing; two officers decide."""
    investor = own_investor(request)
    require(request, "closure.ask", owners=[request.user.pk])
    form = CloseForm(request.POST)
    if form.is_valid():
        try:
            services.ask_to_close(
                investor_id=investor.id,
                wish=form.cleaned_data["wish"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Asked for. Compliance decides; you may take it back until then."))
            return redirect("your-data")
    return _page(request, form, status=422)


@require_POST
@login_required
@once
def keep_open(request: HttpRequest) -> HttpResponse:
    """Take the request to close back."""
    investor = own_investor(request)
    require(request, "closure.ask", owners=[request.user.pk])
    services.withdraw_closure(investor_id=investor.id, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("Taken back. The account stays open."))
    return redirect("your-data")


def _page(request: HttpRequest, form: CloseForm, *, status: int = 200) -> HttpResponse:
    investor = own_investor(request)
    now = timezone.now()
    until = kept_until(now.date())
    context = {
        "form": form,
        "exports": selectors.exports_of(investor.id),
        "closure": selectors.closure_of(investor.id),
        "obstacles": obstacles_of(investor),
        "kept": [(rule, until[rule.name]) for rule in RULES],
        "now": now,
    }
    return render(request, "investors/closure/page.html", context, status=status)
