"""A statement file of any known format: which one it is, and what it says."""

from portal.domain.money import told_amount
from portal.funding.facts import ColumnMapping, StatementInput
from portal.funding.formats import camt053, columns, swift940
from portal.funding.formats.plain import UnreadableStatement, exponent, text_of


def read(content: bytes, *, mapping: ColumnMapping | None = None) -> tuple[str, list[StatementInput]]:
    """
    Name of the format ("camt.053", "MT940", "CSV") and the statements, whose balances and lines add up.

    raises  UnreadableStatement
    """
    text = text_of(content)
    if text.lstrip().startswith("<"):
        name, found = "camt.053", camt053.read(text)
    elif swift940.looks_like(text[:20_000]):
        name, found = "MT940", swift940.read(text)
    elif mapping is not None:
        name, found = "CSV", columns.read(text, mapping)
    else:
        raise UnreadableStatement(
            "The file is neither camt.053 nor MT940.",
            next_step="Nothing was imported. For a CSV file, name its account and its columns.",
        )
    for statement in found:
        _check_balances(statement)
    return name, found


def _check_balances(statement: StatementInput) -> None:
    if statement.opening_minor is None or statement.closing_minor is None:
        return
    moved = sum(line.amount_minor for line in statement.lines)
    if statement.opening_minor + moved == statement.closing_minor:
        return
    scale = exponent(statement.currency, field="file")
    opening, lines, closing = (
        told_amount(value, scale=scale) for value in (statement.opening_minor, moved, statement.closing_minor)
    )
    raise UnreadableStatement(
        f"The statement opens with {opening} {statement.currency} and its bookings come to {lines}, yet it closes "
        f"with {closing}. A booking is missing or wrong."
    )
