"""Balances and entries of one owner, as the ledger has them."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from investors.profiles.selectors import investor_of_user
from portal.domain.errors import NotFound
from portal.domain.money import format_amount
from portal.http import pagination
from portal.http.authorization import allowed
from portal.ledger import selectors
from portal.ledger.facts import BalanceFacts, EntryFacts

OWNER = OpenApiParameter(
    "owner",
    str,
    description='Whose, such as "investor:<uuid>"; yourself when left out. Others: readers of the ledger.',
)
PAGE = [
    OpenApiParameter("limit", int, description="Rows on a page, 1 to 200; 50 when left out."),
    OpenApiParameter("after", str, description="`next` of the page before."),
]


class NoSuchAccount(NotFound):
    code = "no-such-account"


class AccountSerializer(serializers.Serializer[Any]):
    account = serializers.CharField(help_text="Its name among the owner's: instrument, purpose, subject.")
    instrument = serializers.CharField()
    purpose = serializers.CharField()
    subject = serializers.CharField(allow_blank=True)
    posted = serializers.CharField(help_text="Decimal text; the sum of all entries.")
    reserved = serializers.CharField(help_text="Set aside, and part of posted.")
    available = serializers.CharField()


class AccountsSerializer(serializers.Serializer[Any]):
    owner = serializers.CharField(allow_blank=True)
    accounts = AccountSerializer(many=True)


class EntrySerializer(serializers.Serializer[Any]):
    transaction = serializers.UUIDField()
    kind = serializers.CharField()
    reference = serializers.CharField()
    memo = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(help_text="Decimal text, negative where it left the account.")
    balance_after = serializers.CharField()
    effective_at = serializers.DateTimeField()
    event = serializers.UUIDField(help_text="Its entry in the audit trail.")


class EntriesSerializer(serializers.Serializer[Any]):
    account = serializers.CharField()
    entries = EntrySerializer(many=True)
    next = serializers.CharField(
        allow_blank=True, help_text="Hand it back as `after` for older ones; empty at the end."
    )


class Accounts(APIView):
    @extend_schema(
        responses=AccountsSerializer, parameters=[OWNER], tags=["Books"], summary="Accounts with balances"
    )
    def get(self, request: Request) -> Response:
        owner = _owner(request)
        found = selectors.balances(owner=owner) if owner else []
        scales = _scales(found)
        told = {"owner": owner, "accounts": [_account(one, scales[one.instrument_id]) for one in found]}
        return Response(AccountsSerializer(told).data)


class Entries(APIView):
    @extend_schema(
        responses=EntriesSerializer,
        parameters=[OWNER, *PAGE],
        tags=["Books"],
        summary="Entries, newest first",
    )
    def get(self, request: Request, account: str) -> Response:
        owner = _owner(request)
        found = [one for one in (selectors.balances(owner=owner) if owner else []) if _name(one) == account]
        if not found:
            raise NoSuchAccount("There is no such account, or none that you may see.", field="account")
        page = pagination.page(
            request,
            lambda limit, before: selectors.entries(
                account_id=found[0].account_id, limit=limit, before_id=before
            ),
            id_of=lambda entry: entry.id,
        )
        told = {"account": account, "entries": [_entry(one) for one in page.rows], "next": page.next_cursor}
        return Response(EntriesSerializer(told).data, headers=pagination.link_header(page))


def _owner(request: Request) -> str:
    """
    Whose books are asked for; "" for somebody who owns nothing.

    raises  NoSuchAccount where the books are somebody else's
    """
    investor = investor_of_user(request.user.pk)
    own = investor.owner if investor else ""
    asked = request.query_params.get("owner", own)
    if asked != own and not allowed(request, "ledger.view"):
        raise NoSuchAccount("There is no such owner, or none whose books you may see.", field="owner")
    return str(asked)


def _name(balance: BalanceFacts) -> str:
    parts = [balance.instrument_code, balance.purpose, *([balance.subject] if balance.subject else [])]
    return ".".join(parts)


def _scales(found: list[BalanceFacts]) -> dict[int, int]:
    ids = sorted({one.instrument_id for one in found})
    return {one.id: one.scale for one in selectors.instruments(ids=ids)}


def _account(balance: BalanceFacts, scale: int) -> dict[str, str]:
    return {
        "account": _name(balance),
        "instrument": balance.instrument_code,
        "purpose": balance.purpose,
        "subject": balance.subject,
        "posted": format_amount(balance.posted, scale=scale),
        "reserved": format_amount(balance.reserved, scale=scale),
        "available": format_amount(balance.available, scale=scale),
    }


def _entry(entry: EntryFacts) -> dict[str, Any]:
    return {
        "transaction": entry.transaction_id,
        "kind": entry.kind,
        "reference": entry.reference,
        "memo": entry.memo,
        "amount": format_amount(entry.amount, scale=entry.scale),
        "balance_after": format_amount(entry.balance_after, scale=entry.scale),
        "effective_at": entry.effective_at,
        "event": entry.event_id,
    }
