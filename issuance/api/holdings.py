"""Holdings of the signed-in investor, and an issuer's cap table, over REST."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from investors.profiles.selectors import investor_of_user
from issuance.register.selectors import cap_table_of, holdings_of
from issuance.securities.selectors import securities
from portal.domain.errors import Invalid
from portal.domain.money import format_amount
from portal.http.authorization import require

AS_OF = OpenApiParameter(
    "as_of", str, description="A past instant with its zone, such as 2026-11-23T18:00:00Z; now when left out."
)


class HoldingSerializer(serializers.Serializer[Any]):
    security = serializers.CharField()
    name = serializers.CharField()
    issuer = serializers.CharField()
    quantity = serializers.CharField()
    share_ppm = serializers.IntegerField(help_text="Millionths of what is outstanding.")


class HoldingsSerializer(serializers.Serializer[Any]):
    holdings = HoldingSerializer(many=True)


class LineSerializer(serializers.Serializer[Any]):
    holder = serializers.CharField()
    quantity = serializers.CharField()
    share_ppm = serializers.IntegerField()


class ClassSerializer(serializers.Serializer[Any]):
    security = serializers.CharField()
    outstanding = serializers.CharField()
    lines = LineSerializer(many=True)


class CapTableSerializer(serializers.Serializer[Any]):
    issuer = serializers.UUIDField()
    as_of = serializers.DateTimeField()
    classes = ClassSerializer(many=True)


class Holdings(APIView):
    @extend_schema(responses=HoldingsSerializer, tags=["Holdings"], summary="What you hold, by security")
    def get(self, request: Request) -> Response:
        investor = investor_of_user(request.user.pk)
        rows = holdings_of(investor.owner) if investor else []
        told = [
            {
                "security": row.security_code,
                "name": row.security_name,
                "issuer": row.issuer_name,
                "quantity": format_amount(row.quantity, scale=row.scale),
                "share_ppm": row.share_ppm,
            }
            for row in rows
        ]
        return Response(HoldingsSerializer({"holdings": told}).data)


class CapTable(APIView):
    @extend_schema(
        responses=CapTableSerializer,
        parameters=[AS_OF],
        tags=["Holdings"],
        summary="Who holds how much of which class, now or at a past instant",
    )
    def get(self, request: Request, issuer_id: UUID) -> Response:
        require(request, "cap_table.view", organisation=issuer_id)  # type: ignore[arg-type]
        at = _as_of(request.query_params.get("as_of", ""))
        scales = {one.code: one.scale for one in securities(issuer_ids=[issuer_id])}
        table = cap_table_of(issuer_id, as_of=at)
        told = {
            "issuer": issuer_id,
            "as_of": at or timezone.now(),
            "classes": [
                {
                    "security": one.security,
                    "outstanding": format_amount(one.outstanding, scale=scales[one.security]),
                    "lines": [
                        {
                            "holder": line.holder,
                            "quantity": format_amount(line.quantity, scale=scales[one.security]),
                            "share_ppm": line.share_ppm,
                        }
                        for line in one.lines
                    ],
                }
                for one in table.classes
            ],
        }
        return Response(CapTableSerializer(told).data)


def _as_of(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 2000 <= found.year <= 2199:
        raise Invalid("as_of is an instant with its zone, such as 2026-11-23T18:00:00Z.", field="as_of")
    return None if found >= timezone.now() else found
