"""Offerings and subscriptions over REST. Amounts and quantities are decimal text."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from investors.profiles.facts import InvestorFacts
from investors.profiles.selectors import investor_of_user
from issuance.offerings import selectors, services
from issuance.offerings.facts import Agreement, OfferingFacts, Progress, SubscriptionFacts
from portal.domain.canonical import sha256_hex
from portal.domain.errors import NotFound
from portal.domain.money import format_amount, parse_amount
from portal.http.actors import actor_of
from portal.http.authorization import require
from portal.http.once import HEADER, KeyMissing

SHOWN = ("open", "closed", "settled")


class NoInvestor(NotFound):
    """The signed-in person has no investor profile."""

    code = "no-investor"


class Figures(serializers.CharField):
    """Decimal text. A JSON number is refused: it may have lost digits before it came here."""

    def __init__(self, **kwargs: Any) -> None:
        # As written, so that " 5 " is refused here as everywhere in the API.
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(
                'Write it as text such as "10000.00", so that no digit is lost.'
            )
        return str(super().to_internal_value(data))


class OfferingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    issuer = serializers.CharField()
    security = serializers.CharField()
    token = serializers.CharField(help_text="Token identifier of the security.")
    exemption = serializers.CharField()
    method = serializers.CharField()
    state = serializers.CharField()
    currency = serializers.CharField()
    price = serializers.CharField(help_text="Of one unit.")
    max_quantity = serializers.CharField()
    min_quantity = serializers.CharField(allow_null=True)
    min_investment = serializers.CharField(allow_null=True)
    max_investment = serializers.CharField(allow_null=True)
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    agreement = serializers.CharField()
    agreement_sha256 = serializers.CharField(
        help_text="Hand it back when you subscribe: it is what you sign."
    )
    paid = serializers.CharField()
    reserved = serializers.CharField(help_text="Set aside, not paid yet.")
    investors = serializers.IntegerField()


class OfferingsSerializer(serializers.Serializer[Any]):
    offerings = OfferingSerializer(many=True)


class SubscribeSerializer(serializers.Serializer[Any]):
    offering = serializers.UUIDField()
    amount = Figures(
        required=False, max_length=60, help_text='Decimal text such as "10000.00"; or give a quantity.'
    )
    quantity = Figures(required=False, max_length=60, help_text="Decimal text, in units.")
    typed_name = serializers.CharField(max_length=200, help_text="Your full name, as signature.")
    agreement_sha256 = serializers.CharField(max_length=64)
    risks_acknowledged = serializers.BooleanField()


class SubscriptionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    offering = serializers.UUIDField()
    security = serializers.CharField()
    state = serializers.CharField()
    currency = serializers.CharField()
    quantity = serializers.CharField()
    amount = serializers.CharField()
    allotted_quantity = serializers.CharField(allow_null=True)
    paid = serializers.CharField(allow_null=True)
    decision = serializers.UUIDField()
    subscribed_at = serializers.DateTimeField()


class SubscriptionsSerializer(serializers.Serializer[Any]):
    subscriptions = SubscriptionSerializer(many=True)


class Offerings(APIView):
    @extend_schema(responses=OfferingsSerializer, tags=["Offerings"], summary="Offerings, newest first")
    def get(self, request: Request) -> Response:
        require(request, "offering.browse")  # type: ignore[arg-type]
        found = selectors.offerings(states=SHOWN)
        states = selectors.progress(found)
        told = {"offerings": [_offering(one, states[one.id]) for one in found]}
        return Response(OfferingsSerializer(told).data)


class Offering(APIView):
    @extend_schema(responses=OfferingSerializer, tags=["Offerings"], summary="One offering")
    def get(self, request: Request, offering_id: UUID) -> Response:
        require(request, "offering.browse")  # type: ignore[arg-type]
        one = _shown(offering_id)
        return Response(OfferingSerializer(_offering(one, selectors.progress([one])[one.id])).data)


class Subscriptions(APIView):
    @extend_schema(
        responses=SubscriptionsSerializer, tags=["Offerings"], summary="Your subscriptions, newest first"
    )
    def get(self, request: Request) -> Response:
        investor = investor_of_user(request.user.pk)
        rows = selectors.subscriptions(investor=investor.owner) if investor else []
        return Response(SubscriptionsSerializer({"subscriptions": [_told(row) for row in rows]}).data)

    @extend_schema(
        request=SubscribeSerializer,
        responses={201: SubscriptionSerializer},
        tags=["Offerings"],
        summary="Subscribe and sign",
        description="The key is the subscription's own: sent again it answers with the same subscription. A "
        "refusal carries every finding of the rules, and the decision is kept.",
    )
    def post(self, request: Request) -> Response:
        """Not wrapped in `idempotent`: that would roll back the decision which a refusal leaves behind."""
        require(request, "subscription.request")  # type: ignore[arg-type]
        key = request.headers.get(HEADER, "")
        if not (8 <= len(key) <= 200 and key.isascii() and key.isprintable()):
            raise KeyMissing(
                f"{HEADER} is missing or not 8 to 200 visible ASCII characters.",
                field=HEADER,
                next_step="Send a new random key, such as a UUID, with each new request, and the same one to retry.",
            )
        asked = SubscribeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data, one, actor = asked.validated_data, _shown(asked.validated_data["offering"]), actor_of(request)  # type: ignore[arg-type]
        made = services.subscribe(
            key="api:" + sha256_hex(f"{request.user.pk} {key}".encode()),
            offering_id=one.id,
            investor_id=_investor(request).id,
            amount_minor=parse_amount(data["amount"], scale=2) if "amount" in data else None,
            quantity=parse_amount(data["quantity"], scale=one.scale, field="quantity")
            if "quantity" in data
            else None,
            agreement=Agreement(
                data["typed_name"], data["agreement_sha256"], data["risks_acknowledged"], actor
            ),
            actor=actor,
            at=timezone.now(),
        )
        return Response(SubscriptionSerializer(_told(made)).data, status=201)

    post.idempotency_key = True  # type: ignore[attr-defined]


class Subscription(APIView):
    @extend_schema(responses=SubscriptionSerializer, tags=["Offerings"], summary="One of your subscriptions")
    def get(self, request: Request, subscription_id: UUID) -> Response:
        found, investor = selectors.subscription(subscription_id), investor_of_user(request.user.pk)
        if investor is None or found.investor != investor.owner:
            raise selectors.NoSuchSubscription("There is no subscription with this id.")
        return Response(SubscriptionSerializer(_told(found)).data)


def _shown(offering_id: UUID) -> OfferingFacts:
    one = selectors.offering(offering_id)
    if one.state not in SHOWN:
        raise selectors.NoSuchOffering("There is no offering with this id.", field="offering")
    return one


def _investor(request: Request) -> InvestorFacts:
    found = investor_of_user(request.user.pk)
    if found is None:
        raise NoInvestor("You have no investor profile yet.", next_step="Begin with your profile.")
    return found


def _money(value: int | None) -> str | None:
    return None if value is None else format_amount(value, scale=2)


def _units(value: int | None, scale: int) -> str | None:
    return None if value is None else format_amount(value, scale=scale)


def _offering(one: OfferingFacts, state: Progress) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "summary": one.summary,
        "issuer": one.issuer_name,
        "security": one.security_code,
        "token": one.token,
        "exemption": one.exemption,
        "method": one.method,
        "state": one.state,
        "currency": one.currency,
        "price": _money(one.price_minor),
        "max_quantity": _units(one.max_quantity, one.scale),
        "min_quantity": _units(one.min_quantity, one.scale),
        "min_investment": _money(one.min_investment_minor),
        "max_investment": _money(one.max_investment_minor),
        "opens_at": one.opens_at,
        "closes_at": one.closes_at,
        "agreement": one.agreement,
        "agreement_sha256": one.agreement_sha256,
        "paid": _money(state.paid_minor),
        "reserved": _money(state.reserved_minor),
        "investors": state.investors,
    }


def _told(row: SubscriptionFacts) -> dict[str, Any]:
    return {
        "id": row.id,
        "offering": row.offering_id,
        "security": row.security_code,
        "state": row.state,
        "currency": row.currency,
        "quantity": _units(row.quantity, row.scale),
        "amount": _money(row.amount_minor),
        "allotted_quantity": _units(row.allotted_quantity, row.scale),
        "paid": _money(row.paid_minor),
        "decision": row.decision_id,
        "subscribed_at": row.subscribed_at,
    }
