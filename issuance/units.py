"""The one column type for money and quantities of this house."""

from typing import TYPE_CHECKING, Any

from django.db import models


class UnitsField(models.DecimalField):
    """
    Smallest units of an instrument: NUMERIC(38, 0) in the database, int in Python. Eighteen decimals of a
    security do not fit a BIGINT, and PostgreSQL sorts NaN above every number, so that it is refused by name.
    """

    if TYPE_CHECKING:  # an attribute of a row is its value, not the column

        def __get__(self, row: Any, owner: Any = None) -> Any: ...
        def __set__(self, row: Any, value: Any) -> None: ...

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 38, 0
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_digits"), kwargs.pop("decimal_places")
        return name, path, args, kwargs

    def db_check(self, connection: Any) -> str:
        return f"{connection.ops.quote_name(self.column)} <> 'NaN'"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return value if isinstance(value, int) else _whole(super().to_python(value))


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
