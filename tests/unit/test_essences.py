"""What the trail keeps of a row is the same however its values came: as written, or as read back."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest

from portal.audit.essences import essence, essences

ID = UUID("7b0c1f3e-98aa-4c39-8a5e-0d6ad0c33d01")


class Row(SimpleNamespace):
    ESSENTIALS = {1: ("value",), 2: ("value", "more")}
    _meta = SimpleNamespace(db_table="house_row")


def of(value):
    return essence(Row(value=value), 1)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (Decimal("100"), Decimal("100.00000000")),
        (Decimal("1E+3"), 1000),
        (2**70, Decimal(2**70)),
        (datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 1, tzinfo=UTC)),
        (("a", "b"), ["a", "b"]),
        ({"limit": 5, "parts": ("x",)}, {"parts": ["x"], "limit": 5}),
        (ID, str(ID)),
    ],
)
def test_a_value_has_one_text(written, read):
    assert of(written) == of(read)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (True, False),
        (None, ""),
        (True, "True"),
        (date(2026, 1, 1), date(2026, 1, 2)),
        (Decimal("1.000000000000000001"), Decimal("1")),
        (["a", "b"], ["b", "a"]),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_another_value_has_another(one, other):
    assert of(one) != of(other)


def test_the_newest_list_of_columns_is_told_with_its_number():
    row = Row(pk=ID, value=1, more="x")
    assert essences(row) == {"house_row": {str(ID): f"2:{essence(row, 2)}"}}


def test_what_has_no_text_is_refused():
    with pytest.raises(TypeError, match="object has no canonical text"):
        of(object())
