"""Shapes of the API's answers: amounts, units and levels are decimal text."""

from typing import Any

from rest_framework import serializers

from indices.domain.valuation import MONEY_SCALE, UNIT_SCALE
from indices.levels.facts import LevelFacts
from indices.methodologies.facts import IndexFacts, VersionFacts
from indices.rebalances.facts import ConstituentFacts, RebalanceFacts
from indices.subscriptions.facts import OrderFacts
from portal.domain.money import format_amount
from portal.http.fields import AmountText

SIMULATED = "True where a simulated price is among the figures."


class LevelSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    level = serializers.CharField(help_text="Decimal text.")
    divisor = serializers.CharField(help_text="Decimal text.")
    prices_sha256 = serializers.CharField()
    simulated = serializers.BooleanField(help_text=SIMULATED)
    live = serializers.BooleanField(help_text="Calculated within a day and a half of the close.")


class LevelsSerializer(serializers.Serializer[Any]):
    index = serializers.CharField()
    levels = LevelSerializer(many=True)


class IndexSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    theme = serializers.CharField()
    state = serializers.CharField()
    base_date = serializers.DateField()
    base_level = serializers.CharField()
    last_level = LevelSerializer(allow_null=True)


class IndicesSerializer(serializers.Serializer[Any]):
    indices = IndexSerializer(many=True)


class MethodologySerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    effective_from = serializers.DateField()
    fingerprint = serializers.CharField(help_text="SHA-256 of the document's canonical JSON.")
    document = serializers.JSONField()


class IndexDetailSerializer(IndexSerializer):
    summary = serializers.CharField(allow_blank=True)
    units_outstanding = serializers.CharField()
    methodology = MethodologySerializer()


class ConstituentSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    included = serializers.BooleanField()
    rank = serializers.IntegerField(allow_null=True)
    weight = serializers.CharField(help_text="Share of one, nine decimals.")
    previous_weight = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())


class RebalanceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    reference_date = serializers.DateField()
    effective_date = serializers.DateField()
    state = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    level = serializers.CharField(allow_null=True)
    snapshot_sha256 = serializers.CharField(allow_blank=True)
    simulated = serializers.BooleanField(help_text=SIMULATED)


class RebalancesSerializer(serializers.Serializer[Any]):
    index = serializers.CharField()
    rebalances = RebalanceSerializer(many=True)


class RebalanceDetailSerializer(RebalanceSerializer):
    constituents = ConstituentSerializer(many=True)


class OrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    index = serializers.CharField()
    kind = serializers.CharField()
    amount = serializers.CharField(allow_null=True)
    units = serializers.CharField(allow_null=True)
    state = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    dealing_day = serializers.DateField()
    price = serializers.CharField(allow_null=True)
    units_settled = serializers.CharField(allow_null=True)
    cash_settled = serializers.CharField(allow_null=True)
    fee = serializers.CharField(allow_null=True)
    transaction = serializers.UUIDField(allow_null=True)
    placed_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class OrdersSerializer(serializers.Serializer[Any]):
    orders = OrderSerializer(many=True)


class NewOrderSerializer(serializers.Serializer[Any]):
    """Either an amount of dollars to create units for, or a number of units to redeem."""

    index = serializers.CharField(max_length=20)
    kind = serializers.ChoiceField(choices=["create", "redeem"])
    amount = AmountText(scale=MONEY_SCALE, required=False)
    units = AmountText(scale=UNIT_SCALE, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wanted, other = ("amount", "units") if attrs["kind"] == "create" else ("units", "amount")
        if wanted not in attrs:
            raise serializers.ValidationError({wanted: [f"An order to {attrs['kind']} says {wanted}."]})
        if other in attrs:
            raise serializers.ValidationError({other: [f"An order to {attrs['kind']} has no {other}."]})
        return attrs


def told_level(found: LevelFacts) -> dict[str, Any]:
    return {
        "day": found.day,
        "level": f"{found.level:f}",
        "divisor": f"{found.divisor:f}",
        "prices_sha256": found.data_hash,
        "simulated": found.simulated,
        "live": found.live,
    }


def told_index(found: IndexFacts, level: LevelFacts | None) -> dict[str, Any]:
    return {
        "id": found.id,
        "code": found.code,
        "name": found.name,
        "theme": found.theme,
        "state": found.state,
        "base_date": found.base_date,
        "base_level": f"{found.base_level:f}",
        "last_level": None if level is None else told_level(level),
    }


def told_methodology(found: VersionFacts) -> dict[str, Any]:
    return {
        "version": found.number,
        "effective_from": found.effective_from,
        "fingerprint": found.fingerprint,
        "document": found.document,
    }


def told_rebalance(found: RebalanceFacts) -> dict[str, Any]:
    return {
        "id": found.id,
        "reference_date": found.reference_date,
        "effective_date": found.effective_date,
        "state": found.state,
        "reason": found.reason,
        "level": None if found.level is None else f"{found.level:f}",
        "snapshot_sha256": found.snapshot,
        "simulated": found.simulated,
    }


def told_constituent(found: ConstituentFacts) -> dict[str, Any]:
    return {
        "symbol": found.symbol,
        "included": found.included,
        "rank": found.rank,
        "weight": format_amount(found.weight_ppb, scale=9),
        "previous_weight": format_amount(found.previous_ppb, scale=9),
        "reasons": list(found.reasons),
    }


def told_order(found: OrderFacts) -> dict[str, Any]:
    return {
        "id": found.id,
        "index": found.index_code,
        "kind": found.kind,
        "amount": _text(found.amount_minor, MONEY_SCALE),
        "units": _text(found.units, UNIT_SCALE),
        "state": found.state,
        "reason": found.reason,
        "dealing_day": found.dealing_day,
        "price": None if found.price is None else f"{found.price:f}",
        "units_settled": _text(found.units_settled, UNIT_SCALE),
        "cash_settled": _text(found.cash_settled_minor, MONEY_SCALE),
        "fee": _text(found.fee_minor, MONEY_SCALE),
        "transaction": found.transaction_id,
        "placed_at": found.placed_at,
        "settled_at": found.settled_at,
    }


def _text(value: int | None, scale: int) -> str | None:
    return None if value is None else format_amount(value, scale=scale)
