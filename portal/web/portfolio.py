"""What one owns, instrument by instrument."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.ledger import selectors
from portal.web.holdings import cash_of, holdings_of, positions
from portal.web.lines import lines
from portal.web.owners import investor_of, owner_of
from portal.web.worth import priced, total


@login_required
def portfolio(request: HttpRequest) -> HttpResponse:
    owner = owner_of(request)
    investor, rows = investor_of(request), positions(owner)
    held = priced(holdings_of(rows), investor_id=investor.id, at=timezone.now()) if investor else []
    recent = (
        [entry for entry in selectors.entries(owner=owner, limit=100) if entry.purpose != "cash"]
        if owner
        else []
    )
    context = {
        "cash": cash_of(rows),
        "holdings": held,
        "worth": total(held),
        "simulated": any(line.worth.simulated for line in held),
        "lines": lines(recent[:20]),
    }
    return render(request, "portal/portfolio.html", context)
