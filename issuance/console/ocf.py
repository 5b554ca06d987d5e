"""An issuer's cap table in the Open Cap Table Format: bring one in, look at its faults first, take it away."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from issuance.console.forms import OcfForm
from issuance.issuers.selectors import issuer as issuer_of
from issuance.ocf.containers import TooLarge, zipped
from issuance.ocf.reader import Reading, read_upload
from issuance.ocf.selectors import imports
from issuance.ocf.services import export_package, import_package
from portal.domain.errors import Refused
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.consoles import issuer_console
from portal.http.forms import add_refusal
from portal.http.once import once

MAX_UPLOAD = 32 * 1024 * 1024
SHOWN = 500


@issuer_console.page("issuers/<uuid:issuer_id>/ocf/", name="issuer-ocf", action="issuer.edit")
@once
def ocf(request: HttpRequest, issuer_id: UUID) -> HttpResponse:
    """Upload a package: its faults are shown, or what is in it; it is taken in only when asked for."""
    require(request, "issuer.edit", organisation=issuer_id)
    form = OcfForm(request.POST or None, request.FILES or None)
    reading = None
    if request.method == "POST" and form.is_valid():
        try:
            reading = _read(form)
            if "import" in request.POST and not reading.faults:
                made = import_package(
                    reading=reading, issuer_id=issuer_id, actor=actor_of(request), at=timezone.now()
                )
                messages.success(
                    request,
                    "This very package was imported before."
                    if made.replayed
                    else f"{made.objects} objects imported.",
                )
                return HttpResponseRedirect(reverse("console:issuer-ocf", args=[issuer_id]))
        except Refused as refused:
            add_refusal(form, refused)
    wrong = bool(form.errors or (reading and reading.faults))
    context = {
        "issuer": issuer_of(issuer_id),
        "form": form,
        "reading": reading,
        "faults": reading.faults[:SHOWN] if reading else [],
        "more": max(len(reading.faults) - SHOWN, 0) if reading else 0,
        "counts": _counts(reading) if reading and not reading.faults else [],
        "imports": imports(issuer_id),
    }
    return render(request, "issuance/issuers/ocf.html", context, status=422 if wrong else 200)


@issuer_console.page("issuers/<uuid:issuer_id>/ocf/export/", name="issuer-ocf-export", action="issuer.edit")
@require_POST
def export(request: HttpRequest, issuer_id: UUID) -> HttpResponse:
    """The package as a zip archive. It names people, so that taking it is kept in the trail."""
    require(request, "issuer.edit", organisation=issuer_id)
    one = issuer_of(issuer_id)
    files = export_package(issuer_id=issuer_id, actor=actor_of(request), at=timezone.now())
    response = HttpResponse(zipped(files), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{slugify(one.legal_name) or "issuer"}-ocf.zip"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _read(form: OcfForm) -> Reading:
    upload = form.cleaned_data["file"]
    if upload.size > MAX_UPLOAD:
        raise TooLarge(
            f"The file has {upload.size:,} bytes; at most {MAX_UPLOAD:,} are taken here.",
            field="file",
            next_step="An operator imports larger ones with manage.py import_ocf.",
        )
    return read_upload(upload.name, upload.read(), today=timezone.now().date().isoformat())


def _counts(reading: Reading) -> list[tuple[str, int]]:
    """Type of object in words -> how many there are."""
    found: dict[str, int] = {}
    for item in reading.package.items:
        name = item.type.removeprefix("TX_").replace("_", " ").capitalize()
        found[name] = found.get(name, 0) + 1
    return sorted(found.items())
