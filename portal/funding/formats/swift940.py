"""MT940, the customer statement of SWIFT, with the numbered subfields that German and Dutch banks put into :86:."""

import re
from decimal import Decimal
from typing import Any

import mt940

from portal.funding.facts import LineInput, StatementInput
from portal.funding.formats.plain import MOST_LINES, UnreadableStatement, day_of, minor_of, short

_SUBFIELD = re.compile(r"\?(\d\d)")
_NOT_GIVEN = {"", "NONREF", "NOTPROVIDED"}


def looks_like(text: str) -> bool:
    return ":20:" in text and ":25:" in text and ":60" in text


def read(text: str) -> list[StatementInput]:
    """
    The statements of a file.

    raises  UnreadableStatement
    """
    try:
        blocks = mt940.parse_statements(text.replace("\r\n", "\n"))
    except Exception as wrong:
        # The parser raises whatever its patterns run into; each of these means the same to the reader.
        raise UnreadableStatement(
            "The file begins as MT940 does, but a field of it cannot be read."
        ) from wrong
    if not blocks:
        raise UnreadableStatement("The file holds no statement.")
    return [_statement(one, place) for place, one in enumerate(blocks, 1)]


def _statement(block: Any, place: int) -> StatementInput:
    where = f"Statement {place}"
    data = block.data
    account = short(data.get("account_identification"), 60)
    opening = data.get("final_opening_balance") or data.get("intermediate_opening_balance")
    closing = data.get("final_closing_balance") or data.get("intermediate_closing_balance")
    if not account or opening is None or closing is None:
        raise UnreadableStatement(
            f"{where} lacks its account (:25:), opening (:60F:) or closing (:62F:) balance."
        )
    currency = str(opening.amount.currency)
    if closing.amount.currency != currency:
        raise UnreadableStatement(f"{where} opens in {currency} and closes in {closing.amount.currency}.")
    if len(block.transactions) > MOST_LINES:
        raise UnreadableStatement(f"{where} has more than {MOST_LINES:,} bookings.")
    lines = [
        _line(one.data, currency, f"{where}, booking {number}")
        for number, one in enumerate(block.transactions, 1)
        if "amount" in one.data
    ]
    days = [day_of(one.date.isoformat(), where=where) for one in (opening, closing)]
    return StatementInput(
        account=account,
        currency=currency,
        reference=short(f"{data.get('transaction_reference', '')} {data.get('statement_number', '')}", 60),
        first_on=min([*days, *(one.booked_on for one in lines)]),
        last_on=max([*days, *(one.booked_on for one in lines)]),
        opening_minor=_minor(opening.amount.amount, currency, where),
        closing_minor=_minor(closing.amount.amount, currency, where),
        lines=tuple(one for one in lines if one.amount_minor),
    )


def _line(data: dict[str, Any], currency: str, where: str) -> LineInput:
    customer, bank = data.get("customer_reference"), data.get("bank_reference")
    details = _details(data)
    valued = day_of(data["date"].isoformat(), where=where)
    booked = data.get("entry_date") or data["date"]
    end_to_end = details["end_to_end"] or _given(customer)
    return LineInput(
        amount_minor=_minor(data["amount"].amount, currency, where),
        booked_on=day_of(booked.isoformat(), where=where),
        valued_on=valued,
        bank_reference=short(_given(bank), 80),
        end_to_end=short(end_to_end, 80),
        counterparty=short(details["name"], 200),
        counterparty_account=short(details["account"], 60),
        text=short(" ".join([details["text"], data.get("extra_details") or ""]), 1000),
    )


def _details(data: dict[str, Any]) -> dict[str, str]:
    """:86: in the words of this portal: the library names its subfields after the German rules."""
    purpose = data.get("purpose") or ""
    additional = data.get("additional_purpose") or ""
    free = data.get("transaction_details") or ""
    return {
        "text": _SUBFIELD.sub(" ", " ".join(part for part in (purpose, additional, free) if part)),
        "end_to_end": _given(data.get("end_to_end_reference")),
        "name": " ".join(p for p in (data.get("applicant_name"), data.get("recipient_name")) if p),
        "account": data.get("gvc_applicant_iban") or data.get("applicant_iban") or "",
    }


def _given(text: Any) -> str:
    told = str(text or "").strip()
    return "" if told in _NOT_GIVEN else told


def _minor(amount: Decimal, currency: str, where: str) -> int:
    """The library signs debits; too many decimals are refused, not rounded."""
    value = minor_of(f"{abs(amount):f}", currency, where=where)
    return -value if amount < 0 else value
