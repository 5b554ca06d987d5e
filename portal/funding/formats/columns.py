"""A bank's CSV, by a mapping of its columns."""

import csv
import io

from portal.funding.facts import ColumnMapping, LineInput, StatementInput
from portal.funding.formats.plain import MOST_LINES, UnreadableStatement, day_of, minor_of, short

_MAP_AGAIN = "Nothing was imported. Compare the mapping with the first line of the file."


def read(text: str, mapping: ColumnMapping) -> list[StatementInput]:
    """
    The file as one statement.

    raises  UnreadableStatement
    """
    rows = csv.DictReader(io.StringIO(text), delimiter=mapping.delimiter, strict=True)
    try:
        names = [name.strip() for name in rows.fieldnames or []]
        rows.fieldnames = names
        _check_columns(names, mapping)
        lines = []
        for number, row in enumerate(rows, 2):
            if number > MOST_LINES + 1:
                raise UnreadableStatement(f"The file has more than {MOST_LINES:,} lines.")
            if any((value or "").strip() for key, value in row.items() if key is not None):
                lines.append(_line(row, mapping, f"Line {number}"))
    except csv.Error as wrong:
        raise UnreadableStatement(f"The file is not CSV: {wrong}.", next_step=_MAP_AGAIN) from wrong
    if not lines:
        raise UnreadableStatement("The file has a heading and no bookings.", next_step=_MAP_AGAIN)
    return [
        StatementInput(
            account=mapping.account,
            currency=mapping.currency,
            reference="",
            first_on=min(one.booked_on for one in lines),
            last_on=max(one.booked_on for one in lines),
            opening_minor=mapping.opening_minor,
            closing_minor=mapping.closing_minor,
            lines=tuple(one for one in lines if one.amount_minor),
        )
    ]


def _check_columns(names: list[str], mapping: ColumnMapping) -> None:
    if not mapping.amount and not (mapping.credit and mapping.debit):
        raise UnreadableStatement(
            "The mapping names neither a column of amounts nor one for credits and one for debits.",
            next_step=_MAP_AGAIN,
        )
    wanted = [
        mapping.booked_on,
        mapping.amount,
        mapping.credit,
        mapping.debit,
        mapping.text,
        mapping.bank_reference,
        mapping.counterparty,
        mapping.counterparty_account,
    ]
    missing = [name for name in wanted if name and name not in names]
    if missing:
        raise UnreadableStatement(
            f"The file has no column {', '.join(missing)[:200]}; it has {', '.join(names)[:300] or 'none'}.",
            next_step=_MAP_AGAIN,
        )
    if len(set(names)) != len(names):
        raise UnreadableStatement("Two columns of the file have one name.", next_step=_MAP_AGAIN)


def _line(row: dict[str, str], mapping: ColumnMapping, where: str) -> LineInput:
    day = day_of(row.get(mapping.booked_on) or "", where=where, form=mapping.day_format)
    return LineInput(
        amount_minor=_amount(row, mapping, where),
        booked_on=day,
        valued_on=day,
        bank_reference=short(row.get(mapping.bank_reference), 80),
        counterparty=short(row.get(mapping.counterparty), 200),
        counterparty_account=short(row.get(mapping.counterparty_account), 60),
        text=short(row.get(mapping.text), 1000),
    )


def _amount(row: dict[str, str], mapping: ColumnMapping, where: str) -> int:
    if mapping.amount:
        return _signed(row.get(mapping.amount) or "", mapping, where)
    credit, debit = ((row.get(name) or "").strip() for name in (mapping.credit, mapping.debit))
    if bool(credit) == bool(debit):
        raise UnreadableStatement(f"{where} has a credit and a debit, or neither.", next_step=_MAP_AGAIN)
    return _signed(credit, mapping, where) if credit else -abs(_signed(debit, mapping, where))


def _signed(text: str, mapping: ColumnMapping, where: str) -> int:
    given = text.strip().replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    thousands = "," if mapping.decimal == "." else "."
    given = given.replace(thousands, "").replace(mapping.decimal, ".")
    sign = -1 if given.startswith("-") else 1
    return sign * minor_of(given.lstrip("+-"), mapping.currency, where=where)
