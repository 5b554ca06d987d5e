"""What an investor has received and is due."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from investors.profiles.selectors import investor_of_user
from issuance.corporate_actions.facts import EntitlementFacts
from issuance.corporate_actions.selectors import entitlements
from portal.domain.money import format_amount
from portal.http import exports
from portal.http.authorization import require

HEAD = ("Dividend", "Security", "Currency", "Gross", "Withheld", "Net", "Rate ppm", "Payment date", "Paid at")


@login_required
def received(request: HttpRequest) -> HttpResponse:
    """Each line with both figures of tax; ?format=csv or xlsx gives the same as a file."""
    require(request, "portfolio.view", owners=[request.user.pk])
    investor = investor_of_user(request.user.pk)
    shown = ("approved", "paying", "paid", "closed")
    rows = [one for one in entitlements(holder=investor.owner) if one.state in shown] if investor else []
    kind = request.GET.get("format", "")
    if kind:
        return exports.download(kind, name="dividends", head=HEAD, rows=[_cells(one) for one in rows])
    return render(
        request,
        "issuance/dividends/received.html",
        {
            "rows": rows,
            "paid": [one for one in rows if one.paid_at],
            "due": [one for one in rows if not one.paid_at],
        },
    )


def _cells(one: EntitlementFacts) -> tuple[exports.Cell, ...]:
    return (
        one.dividend_name,
        one.security_code,
        one.currency,
        format_amount(one.gross_minor, scale=2),
        format_amount(one.withheld_minor, scale=2),
        format_amount(one.net_minor, scale=2),
        one.rate_ppm,
        one.payment_date,
        one.paid_at,
    )
