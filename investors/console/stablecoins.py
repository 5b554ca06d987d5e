"""Stablecoin deposits in the compliance console: what came, whose it is, and why something is held."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from investors.profiles import selectors as profiles
from investors.stablecoins import selectors
from portal.http.consoles import compliance_console


def held(request: HttpRequest) -> int:
    return selectors.held_count()


@compliance_console.page(
    "stablecoins/",
    name="stablecoins",
    action="deposit.view",
    label="Stablecoins",
    group="",
    icon="cash",
    order=24,
    count=held,
)
def transfers(request: HttpRequest) -> HttpResponse:
    """Newest first, held ones before the others."""
    found = sorted(selectors.transfers(), key=lambda one: one.state != "held")
    people = profiles.investors_by_id([one.investor_id for one in found if one.investor_id])
    context = {
        "rows": [(one, people.get(one.investor_id) if one.investor_id else None) for one in found],
        "held": selectors.held_count(),
        "coin": selectors.token(),
        "read": selectors.read_to(),
    }
    return render(request, "investors/stablecoins/list.html", context)
