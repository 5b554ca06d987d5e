"""Indices, their levels and rebalances, and orders for units, for programs."""

from datetime import date
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from indices.api import serializers as shapes
from indices.levels import selectors as levels
from indices.methodologies import selectors as methodologies
from indices.methodologies.facts import IndexFacts
from indices.rebalances import selectors as rebalances
from indices.subscriptions import selectors as subscriptions
from indices.subscriptions import services
from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import investor_of_user
from portal.domain.errors import Invalid, NotFound
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.once import HEADER, idempotent

SHOWN = ("live", "suspended", "terminated")
TAGS = ["Indices"]
DAYS = [
    OpenApiParameter("first", date, description="First day; from the beginning when left out."),
    OpenApiParameter("last", date, description="Last day; the newest when left out."),
]
ONCE = [
    OpenApiParameter(
        HEADER,
        str,
        OpenApiParameter.HEADER,
        required=True,
        description="A new random key for each new request.",
    )
]


class NoInvestorYet(NotFound):
    """Orders belong to an investor's profile."""

    code = "no-investor-yet"


class BadDay(Invalid):
    code = "bad-day"


class Indices(APIView):
    @extend_schema(responses=shapes.IndicesSerializer, tags=TAGS, summary="Indices with their last level")
    def get(self, request: Request) -> Response:
        require(request, "index.browse")
        found = methodologies.indices(states=SHOWN)
        told = [shapes.told_index(index, levels.last_level(index.id)) for index in found]
        return Response(shapes.IndicesSerializer({"indices": told}).data)


class Index(APIView):
    @extend_schema(
        responses=shapes.IndexDetailSerializer, tags=TAGS, summary="One index with the rules in force"
    )
    def get(self, request: Request, code: str) -> Response:
        require(request, "index.browse")
        found = _shown(code)
        version = methodologies.version_on(found.id, max(timezone.now().date(), found.base_date))
        told = shapes.told_index(found, levels.last_level(found.id)) | {
            "summary": found.summary,
            "units_outstanding": shapes.format_amount(
                subscriptions.outstanding(found), scale=shapes.UNIT_SCALE
            ),
            "methodology": shapes.told_methodology(version),
        }
        return Response(shapes.IndexDetailSerializer(told).data)


class Levels(APIView):
    @extend_schema(
        responses=shapes.LevelsSerializer, parameters=DAYS, tags=TAGS, summary="Levels by day, oldest first"
    )
    def get(self, request: Request, code: str) -> Response:
        require(request, "index.browse")
        found = _shown(code)
        history = levels.levels(found.id, first=_day(request, "first"), last=_day(request, "last"))
        told = {"index": found.code, "levels": [shapes.told_level(one) for one in history]}
        return Response(shapes.LevelsSerializer(told).data)


class Rebalances(APIView):
    @extend_schema(responses=shapes.RebalancesSerializer, tags=TAGS, summary="Rebalances, newest first")
    def get(self, request: Request, code: str) -> Response:
        require(request, "index.browse")
        found = _shown(code)
        history = rebalances.rebalances(index_id=found.id, limit=200)
        told = {"index": found.code, "rebalances": [shapes.told_rebalance(one) for one in history]}
        return Response(shapes.RebalancesSerializer(told).data)


class Rebalance(APIView):
    @extend_schema(
        responses=shapes.RebalanceDetailSerializer,
        tags=TAGS,
        summary="One rebalance: who is in or out, and why",
    )
    def get(self, request: Request, code: str, rebalance_id: UUID) -> Response:
        require(request, "index.browse")
        index, found = _shown(code), rebalances.rebalance(rebalance_id)
        if found.index_id != index.id:
            raise rebalances.NoSuchRebalance("There is no rebalance with this id.")
        lines = [shapes.told_constituent(one) for one in rebalances.constituents(found.id)]
        told = shapes.told_rebalance(found) | {"constituents": lines}
        return Response(shapes.RebalanceDetailSerializer(told).data)


class Orders(APIView):
    @extend_schema(responses=shapes.OrdersSerializer, tags=TAGS, summary="My orders for units, newest first")
    def get(self, request: Request) -> Response:
        require(request, "index.subscribe")
        investor = investor_of_user(request.user.pk)
        found = subscriptions.orders(investor_id=investor.id) if investor else []
        told = {"orders": [shapes.told_order(one) for one in found]}
        return Response(shapes.OrdersSerializer(told).data)

    @extend_schema(
        request=shapes.NewOrderSerializer,
        responses={201: shapes.OrderSerializer},
        parameters=ONCE,
        tags=TAGS,
        summary="Order units at the next close, or their redemption",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        form = shapes.NewOrderSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        require(request, "index.subscribe" if asked["kind"] == "create" else "index.redeem")
        index, investor = _shown(asked["index"]), _investor(request)
        if asked["kind"] == "create":
            made = services.place_create(
                index_id=index.id,
                investor_id=investor.id,
                amount_minor=asked["amount"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        else:
            made = services.place_redeem(
                index_id=index.id,
                investor_id=investor.id,
                units=asked["units"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        return Response(shapes.OrderSerializer(shapes.told_order(made)).data, status=201)


class Order(APIView):
    @extend_schema(responses=shapes.OrderSerializer, tags=TAGS, summary="One of my orders")
    def get(self, request: Request, order_id: UUID) -> Response:
        require(request, "index.subscribe")
        found = subscriptions.order(order_id, investor_id=_investor(request).id)
        return Response(shapes.OrderSerializer(shapes.told_order(found)).data)


class Cancellation(APIView):
    @extend_schema(
        request=None,
        responses=shapes.OrderSerializer,
        parameters=ONCE,
        tags=TAGS,
        summary="Take an order back before its close",
    )
    @idempotent
    def post(self, request: Request, order_id: UUID) -> Response:
        require(request, "index.subscribe")
        ended = services.cancel(
            order_id=order_id, investor_id=_investor(request).id, actor=actor_of(request), at=timezone.now()
        )
        return Response(shapes.OrderSerializer(shapes.told_order(ended)).data)


def _shown(code: str) -> IndexFacts:
    found = methodologies.by_code(code)
    if found.state not in SHOWN:
        raise methodologies.NoSuchIndex("There is no such index.", field="index")
    return found


def _investor(request: Request) -> InvestorFacts:
    found = investor_of_user(request.user.pk)
    if found is None:
        raise NoInvestorYet(
            "There is no investor profile, so there are no orders.", next_step="Create a profile first."
        )
    return found


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadDay(f"{name} is not a date like 2025-10-24.", field=name) from error
