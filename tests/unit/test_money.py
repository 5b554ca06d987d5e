import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import Invalid
from portal.domain.money import format_amount, parse_amount, told_amount

BAD = [
    ("-5.00", "negative"),
    ("0", "zero"),
    ("0.00", "zero"),
    ("1.005", "3 decimals; at most 2"),
    ("1" * 38, "more than 38 digits"),
    ("NaN", "not a plain decimal"),
    ("Infinity", "not a plain decimal"),
    ("1e3", "not a plain decimal"),
    ("1_000", "not a plain decimal"),
    ("1,000.00", "not a plain decimal"),
    (" 5", "not a plain decimal"),
    ("5 ", "not a plain decimal"),
    ("+5", "not a plain decimal"),
    ("", "not a plain decimal"),
    (".5", "not a plain decimal"),
    ("5.", "not a plain decimal"),
    ("٥٠", "not a plain decimal"),
    ("5\n", "not a plain decimal"),
    (5, "must be text"),
    (5.0, "must be text"),
    (None, "must be text"),
    (True, "must be text"),
]


@pytest.mark.parametrize(("text", "because"), BAD)
def test_a_bad_amount_is_refused_with_the_reason_and_the_field(text, because):
    with pytest.raises(Invalid, match=because) as refused:
        parse_amount(text, scale=2, field="pay_in")
    assert refused.value.field == "pay_in"
    assert refused.value.message.startswith("Pay in")


def test_amounts_are_smallest_units():
    assert parse_amount("1250.5", scale=2) == 125_050
    assert parse_amount("0.000000000000000001", scale=18) == 1
    assert parse_amount("0", scale=2, allow_zero=True) == 0
    assert parse_amount("7", scale=0) == 7
    assert parse_amount("9" * 36 + ".99", scale=2) == int("9" * 38)


def test_amounts_are_written_exactly():
    assert format_amount(125_050, scale=2) == "1250.50"
    assert format_amount(-1, scale=18) == "-0.000000000000000001"
    assert format_amount(7, scale=0) == "7"


@given(st.integers(1, 10**38 - 1), st.integers(0, 18))
def test_what_is_written_is_read_back(value, scale):
    assert parse_amount(format_amount(value, scale=scale), scale=scale) == value


def test_a_sentence_tells_an_amount_with_its_thousands_apart():
    assert told_amount(1_234_567, scale=2) == "12,345.67"
    assert told_amount(-50, scale=2) == "-0.50"
    assert told_amount(1_000_000, scale=0) == "1,000,000"
