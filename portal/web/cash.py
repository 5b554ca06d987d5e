"""Money: what is there, what is set aside, and every entry with its proof."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.domain.money import format_amount
from portal.http import exports, formats, pagination
from portal.http.told import of_entry
from portal.ledger import selectors
from portal.ledger.facts import EntryFacts
from portal.web.holdings import cash_of, positions
from portal.web.lines import lines
from portal.web.owners import owner_of

MOST_EXPORTED = 10_000


@login_required
def cash(request: HttpRequest) -> HttpResponse:
    owner = owner_of(request)
    page = pagination.page(
        request, lambda limit, before_id: _entries(owner, limit, before_id), id_of=lambda entry: entry.id
    )
    accounts = cash_of(positions(owner))
    context = {
        "accounts": accounts,
        "available": [
            formats.money(row.available, currency=row.instrument.code, scale=row.instrument.scale)
            for row in accounts
        ],
        "page": page,
        "lines": lines(page.rows),
    }
    return render(request, "portal/cash.html", context)


@login_required
def export(request: HttpRequest) -> HttpResponse:
    rows = _entries(owner_of(request), MOST_EXPORTED, None)
    return exports.download(
        request.GET.get("format", "csv"),
        name="cash entries",
        head=[
            "Time (UTC)",
            "What",
            "Reference",
            "Memo",
            "Amount",
            "Balance after",
            "Currency",
            "Transaction",
        ],
        rows=(
            [
                row.effective_at,
                of_entry(row),
                row.reference,
                row.memo,
                format_amount(row.amount, scale=row.scale),
                format_amount(row.balance_after, scale=row.scale),
                row.instrument_code,
                str(row.transaction_id),
            ]
            for row in rows
        ),
    )


def _entries(owner: str, limit: int, before_id: int | None) -> list[EntryFacts]:
    """Entries of the owner's cash accounts, newest first."""
    if not owner:
        return []
    found: list[EntryFacts] = []
    for balance in selectors.balances(owner=owner, purpose="cash"):
        found.extend(selectors.entries(account_id=balance.account_id, limit=limit, before_id=before_id))
    return sorted(found, key=lambda entry: -entry.id)[:limit]
