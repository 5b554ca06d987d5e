"""Amounts at the edge: forms and serializers that take text and give integers in smallest units."""

from typing import Any

from django import forms
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.domain.errors import Invalid
from portal.domain.money import format_amount, parse_amount


class AmountField(forms.Field):
    """
    An amount typed into a page: "1250.00" at scale 2 is 125000.

    The page's field takes what the API takes; where the locale writes a comma, a single comma is a point.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, *, scale: int = 2, unit: str = "", allow_zero: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.unit, self.allow_zero = scale, unit, allow_zero

    def to_python(self, value: Any) -> int | None:
        text = (value or "").strip()
        if not text:
            return None
        if text.count(",") == 1 and "." not in text and self.localize:
            text = text.replace(",", ".")
        try:
            return parse_amount(
                text, scale=self.scale, field=str(self.label or "amount"), allow_zero=self.allow_zero
            )
        except Invalid as refused:
            raise forms.ValidationError(refused.message, code=refused.code) from refused

    def prepare_value(self, value: Any) -> Any:
        return format_amount(value, scale=self.scale) if isinstance(value, int) else value


@extend_schema_field({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", "example": "1250.00"})
class AmountText(serializers.Field):
    """
    An amount of the API: a JSON string of plain digits. A JSON number is refused, because it may have lost
    digits before it came here.
    """

    def __init__(self, *, scale: int = 2, allow_zero: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.allow_zero = scale, allow_zero

    def to_internal_value(self, data: Any) -> int:
        try:
            return parse_amount(
                data, scale=self.scale, field=self.field_name or "amount", allow_zero=self.allow_zero
            )
        except Invalid as refused:
            raise serializers.ValidationError(refused.message) from refused

    def to_representation(self, value: int) -> str:
        return format_amount(value, scale=self.scale)
