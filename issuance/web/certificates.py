"""Certificates of an investor, and the public page that says whether one still holds."""

import ssl
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import investor_of_user
from issuance.certificates import selectors, services
from issuance.register.selectors import holdings_of
from portal.domain.canonical import sha256_hex
from portal.domain.errors import NotFound
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.once import once


class NoSigningCertificate(NotFound):
    """The house has no certificate to show: nothing was signed here yet."""

    code = "no-signing-certificate"


@login_required
def certificates(request: HttpRequest) -> HttpResponse:
    """What an investor may have certified, and every paper that was made for him."""
    require(request, "portfolio.view", owners=[request.user.pk])
    investor = investor_of_user(request.user.pk)
    context = {
        "holdings": holdings_of(investor.owner) if investor else [],
        "rows": selectors.certificates(holder=investor.owner) if investor else [],
    }
    return render(request, "issuance/certificates/list.html", context)


@login_required
@require_POST
@once
def ask_holding(request: HttpRequest, security_id: UUID) -> HttpResponse:
    investor = _investor(request)
    services.ask_holding(
        security_id=security_id, investor_id=investor.id, actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, _("It is being made and signed; it stands here in a moment."))
    return HttpResponseRedirect(reverse("certificates"))


@login_required
@require_POST
@once
def ask_agreement(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    investor = _investor(request)
    services.ask_agreement(
        subscription_id=subscription_id, investor_id=investor.id, actor=actor_of(request), at=timezone.now()
    )
    messages.success(request, _("The agreement that you signed stands here as a signed PDF in a moment."))
    return HttpResponseRedirect(reverse("certificates"))


@require_GET
def verify(request: HttpRequest, number: str = "") -> HttpResponse:
    """For anybody, without signing in: does the paper with this number still hold? Nothing of the holder is told."""
    number = number or request.GET.get("number", "")
    context = {
        "number": number[:40],
        "standing": selectors.standing(number) if number else None,
        "fingerprint": _fingerprint(),
    }
    return render(request, "issuance/certificates/verify.html", context)


@require_GET
def signing_certificate(request: HttpRequest) -> HttpResponse:
    """What the house signs its papers with, for whoever checks a signature."""
    path = Path(settings.PAPER_SIGNING_CERTIFICATE_FILE)
    if not path.is_file():
        raise NoSigningCertificate("This house has no certificate for papers yet.")
    return HttpResponse(
        path.read_bytes(),
        content_type="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="papers.crt"'},
    )


def _fingerprint() -> str:
    """SHA-256 of the house's certificate; "" where there is none."""
    path = Path(settings.PAPER_SIGNING_CERTIFICATE_FILE)
    return sha256_hex(ssl.PEM_cert_to_DER_cert(path.read_text())) if path.is_file() else ""


def _investor(request: HttpRequest) -> InvestorFacts:
    require(request, "portfolio.view", owners=[request.user.pk])
    found = investor_of_user(request.user.pk)
    if found is None:
        raise selectors.NoSuchCertificate("You have no investor profile yet.")
    return found
