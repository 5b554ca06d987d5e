"""What one owns, instrument by instrument."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.ledger import selectors
from portal.web.holdings import cash_of, holdings_of, positions
from portal.web.lines import lines
from portal.web.owners import owner_of


@login_required
def portfolio(request: HttpRequest) -> HttpResponse:
    owner = owner_of(request)
    rows = positions(owner)
    recent = (
        [entry for entry in selectors.entries(owner=owner, limit=100) if entry.purpose != "cash"]
        if owner
        else []
    )
    context = {"cash": cash_of(rows), "holdings": holdings_of(rows), "lines": lines(recent[:20])}
    return render(request, "portal/portfolio.html", context)
