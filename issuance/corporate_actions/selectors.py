"""Reads of dividends, entitlements and payouts."""

from collections.abc import Collection
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from issuance.corporate_actions.facts import DividendFacts, EntitlementFacts, PayoutProgress
from issuance.corporate_actions.models import Dividend, Entitlement, PayoutChunk
from portal.domain.errors import NotFound


class NoSuchDividend(NotFound):
    """There is no dividend with this id, or none that the reader may know of."""

    code = "no-such-dividend"


def dividend(dividend_id: UUID) -> DividendFacts:
    """raises  NoSuchDividend"""
    found = _dividends().filter(pk=dividend_id).first()
    if found is None:
        raise NoSuchDividend("There is no dividend with this id.")
    return dividend_facts(found)


def dividends(
    *,
    issuer_ids: Collection[UUID] | None = None,
    security_id: UUID | None = None,
    states: Collection[str] | None = None,
) -> list[DividendFacts]:
    """Latest record date first; narrowed where asked."""
    found = _dividends()
    if issuer_ids is not None:
        found = found.filter(security__issuer_id__in=issuer_ids)
    if security_id is not None:
        found = found.filter(security_id=security_id)
    if states is not None:
        found = found.filter(state__in=states)
    return [dividend_facts(row) for row in found]


def entitlements(
    *,
    dividend_id: UUID | None = None,
    holder: str | None = None,
    paid: bool | None = None,
    limit: int = 1000,
    after: int = 0,
) -> list[EntitlementFacts]:
    """What holders are due: of one dividend in the order of holders, of one holder newest first."""
    found = Entitlement.objects.select_related("dividend__security", "chunk")
    if dividend_id is not None:
        found = found.filter(dividend_id=dividend_id).order_by("holder")
    if holder is not None:
        found = found.filter(holder=holder).order_by("-dividend__payment_date", "-id")
    if paid is not None:
        found = found.filter(chunk__paid_at__isnull=not paid)
    return [_entitlement(row) for row in found[after : after + limit]]


def progress(dividend_id: UUID) -> PayoutProgress:
    """How far the payout of a dividend is."""
    done = Q(paid_at__isnull=False)
    row = PayoutChunk.objects.filter(dividend_id=dividend_id).aggregate(
        holders_paid=Sum("holders", filter=done),
        holders=Sum("holders"),
        gross_paid=Sum("gross_minor", filter=done),
        gross=Sum("gross_minor"),
        chunks_paid=Count("pk", filter=done),
        chunks=Count("pk"),
    )
    return PayoutProgress(
        holders_paid=row["holders_paid"] or 0,
        holders=row["holders"] or 0,
        gross_paid_minor=row["gross_paid"] or 0,
        gross_minor=row["gross"] or 0,
        chunks_paid=row["chunks_paid"],
        chunks=row["chunks"],
    )


def unpaid_chunks(dividend_id: UUID) -> list[int]:
    """Numbers of the parts of a payout that are not posted yet."""
    rows = PayoutChunk.objects.filter(dividend_id=dividend_id, paid_at=None)
    return list(rows.order_by("number").values_list("number", flat=True))


def due(*, on: date) -> list[UUID]:
    """Approved dividends whose payment date has come, and payouts under way: what the sweeper looks after."""
    found = Dividend.objects.filter(Q(state="approved", payment_date__lte=on) | Q(state="paying"))
    return list(found.order_by("payment_date", "pk").values_list("pk", flat=True))


def _dividends() -> Any:
    return Dividend.objects.select_related("security__issuer")


def dividend_facts(row: Dividend) -> DividendFacts:
    security = row.security
    per_unit = None
    if row.per_unit_numerator is not None and row.per_unit_denominator is not None:
        per_unit = Fraction(row.per_unit_numerator, row.per_unit_denominator)
    return DividendFacts(
        id=row.pk,
        security_id=security.pk,
        security_code=security.code,
        security_name=security.name,
        issuer_id=security.issuer_id,
        issuer_name=security.issuer.legal_name,
        scale=security.scale,
        name=row.name,
        currency=row.currency,
        basis=row.basis,
        rounding=row.rounding,
        rounding_label=row.get_rounding_display(),
        pot_minor=row.pot_minor,
        per_unit=per_unit,
        ex_date=row.ex_date,
        record_date=row.record_date,
        record_at=row.record_at,
        payment_date=row.payment_date,
        state=row.state,
        approval_id=row.approval_id,
        holders=row.holders,
        gross_minor=row.gross_minor,
        withheld_minor=row.withheld_minor,
        net_minor=row.net_minor,
        residue_minor=row.residue_minor,
        created_by=row.created_by,
        approved_at=row.approved_at,
        paid_at=row.paid_at,
    )


def _entitlement(row: Entitlement) -> EntitlementFacts:
    one, chunk = row.dividend, row.chunk
    return EntitlementFacts(
        dividend_id=one.pk,
        dividend_name=one.name,
        security_code=one.security.code,
        currency=one.currency,
        scale=one.security.scale,
        holder=row.holder,
        quantity=row.quantity,
        rate_ppm=row.rate_ppm,
        rate_reason=row.rate_reason,
        rate_source=row.rate_source,
        gross_minor=row.gross_minor,
        withheld_minor=row.withheld_minor,
        net_minor=row.net_minor,
        payment_date=one.payment_date,
        state=one.state,
        transaction_id=chunk.transaction_id,
        paid_at=chunk.paid_at,
    )
