"""Certificates that were made of an issuer's securities: numbers and references, never a name."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from issuance.certificates import selectors
from issuance.console.scope import names, scope
from portal.http.consoles import issuer_console

SHOWN = 200


@issuer_console.page(
    "certificates/",
    name="certificates",
    action="cap_table.view",
    label="Certificates",
    group="Company",
    icon="doc",
    order=60,
)
def certificates(request: HttpRequest) -> HttpResponse:
    found = selectors.certificates(issuer_ids=scope(request), limit=SHOWN)
    known = names({one.holder for one in found})
    rows = [(one, known[one.holder], selectors.standing(one.number)) for one in found]
    return render(request, "issuance/certificates/console.html", {"rows": rows, "shown": SHOWN})
