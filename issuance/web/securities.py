"""One holding with its lots and movements, and the token identifier that anyone can compute again."""

import json
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from investors.profiles.selectors import investor_of_user
from issuance.assets import selectors as assets
from issuance.corporate_actions.selectors import entitlements
from issuance.register import selectors as register
from issuance.securities import selectors
from portal.http.authorization import require


@login_required
def security(request: HttpRequest, security_id: UUID) -> HttpResponse:
    """
    raises  NoSuchSecurity for one that this investor never held: others' holdings are none of his business
    """
    require(request, "portfolio.view", owners=[request.user.pk])
    investor = investor_of_user(request.user.pk)
    found = selectors.security(security_id)
    lines = register.movements(security_ids=[found.id], holder=investor.owner) if investor else []
    if investor is None or not lines:
        raise selectors.NoSuchSecurity("There is no security with this id.")
    holding = next((one for one in register.holdings_of(investor.owner) if one.security_id == found.id), None)
    context = {
        "security": found,
        "holding": holding,
        "lots": register.lots_of(found.id, investor.owner),
        "movements": lines,
        "holder": investor.owner,
        "dividends": [one for one in entitlements(holder=investor.owner) if one.security_code == found.code],
    }
    return render(request, "issuance/securities/holding.html", context)


@login_required
def token(request: HttpRequest, identifier: str) -> HttpResponse:
    """Compute the identifier anew and show what changed where it differs; ?format=json gives the hashed record."""
    require(request, "offering.browse")
    found = assets.token(identifier)
    if request.GET.get("format") == "json":
        return HttpResponse(
            json.dumps(found.record, indent=2, sort_keys=True, ensure_ascii=False),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{found.identifier}.json"'},
        )
    context = {"token": found, "again": assets.recompute(identifier), "asset": assets.asset(found.asset_id)}
    return render(request, "issuance/assets/token.html", context)
