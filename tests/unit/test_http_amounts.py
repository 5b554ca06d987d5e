"""Amounts at the edge of pages and API: what is not plain digits is refused by name, and no digit is lost."""

from typing import Any

import pytest
from django import forms
from rest_framework import serializers

from issuance.api.offerings import SubscribeSerializer
from portal.http.fields import AmountField, AmountText

BAD = {
    "negative": "-1",
    "zero": "0",
    "zero with decimals": "0.00",
    "too precise": "1.005",
    "over 38 digits": "1" * 40,
    "NaN": "NaN",
    "infinity": "Infinity",
    "exponent": "1e3",
    "underscores": "1_000",
    "grouped": "1,000.00",
    "Arabic-Indic digits": "١٢",
    "fullwidth digits": "１２",
    "blank inside": "1 000",
    "with a currency": "USD 5",
    "another currency's sign": "€5",
    "hexadecimal": "0x10",
    "two points": "1.2.3",
    "no digit before the point": ".5",
    "no digit after the point": "5.",
    "plus": "+5",
    "quote": "'5",
    "formula": "=5",
}
NOT_TEXT: dict[str, Any] = {
    "a number": 12.5,
    "a whole number": 12,
    "true": True,
    "null in a list": [None],
    "a list": ["1"],
    "an object": {"amount": "1"},
}


class Order(forms.Form):
    amount = AmountField(scale=2, unit="USD")


class OrderText(serializers.Serializer[Any]):
    amount = AmountText(scale=2)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_a_page_refuses_the_amount_at_its_field_and_keeps_what_was_typed(text: str) -> None:
    form = Order({"amount": text})
    assert not form.is_valid()
    assert list(form.errors) == ["amount"]
    assert form["amount"].value() == text
    html = form.as_div()
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_amount_error"' in html
    assert 'id="id_amount_error"' in html


@pytest.mark.parametrize(
    "value", [*BAD.values(), *NOT_TEXT.values(), " 5 ", "5\n"], ids=[*BAD, *NOT_TEXT, "blanks", "line feed"]
)
def test_the_api_refuses_the_amount_at_its_field(value: Any) -> None:
    order = OrderText(data={"amount": value})
    assert not order.is_valid()
    assert list(order.errors) == ["amount"]


@pytest.mark.parametrize(
    ("text", "minor"), [("1", 100), ("1.5", 150), ("0.01", 1), ("12345678901234567.89", 1234567890123456789)]
)
def test_plain_digits_become_smallest_units_and_read_back_the_same(text: str, minor: int) -> None:
    form = Order({"amount": text})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["amount"] == minor
    order = OrderText(data={"amount": text})
    assert order.is_valid(), order.errors
    assert order.validated_data["amount"] == minor


def test_a_json_number_is_told_why_it_must_be_text() -> None:
    order = OrderText(data={"amount": 12345678901234567.89})
    assert not order.is_valid()
    assert "must be text" in str(order.errors["amount"][0])


def test_a_missing_amount_is_named() -> None:
    assert list(Order({}).errors) == ["amount"]


def test_smallest_units_are_shown_as_the_text_they_came_from() -> None:
    assert 'value="12.50"' in Order(initial={"amount": 1250}).as_div()


@pytest.mark.parametrize("name", ["amount", "quantity"])
def test_a_subscription_keeps_an_amount_as_it_is_written(name: str) -> None:
    asked = SubscribeSerializer(data={name: " 5 "}, partial=True)
    assert asked.is_valid()
    assert asked.validated_data == {name: " 5 "}, "what trims it would take what the rest of the API refuses"
