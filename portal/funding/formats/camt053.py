"""
camt.053, the bank-to-customer statement of ISO 20022, versions 02 to 12 told apart by their namespace.

XML comes in through defusedxml with document types forbidden, so that no entity is ever expanded.
"""

import re
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from portal.funding.facts import LineInput, StatementInput
from portal.funding.formats.plain import MOST_LINES, UnreadableStatement, day_of, minor_of, short

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)", re.ASCII)
VERSIONS = tuple(f"{number:02d}" for number in range(2, 13))
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def read(text: str) -> list[StatementInput]:
    """
    The statements of a file.

    raises  UnreadableStatement
    """
    try:
        root = fromstring(text.encode(), forbid_dtd=True)
    except DefusedXmlException as wrong:
        raise UnreadableStatement(
            "The file declares a document type or entities. No bank's statement does; it was not read."
        ) from wrong
    except (ParseError, ValueError) as wrong:
        raise UnreadableStatement(f"The file is not well-formed XML: {wrong}.") from wrong
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    match = NAMESPACE.fullmatch(namespace)
    if match is None:
        raise UnreadableStatement(
            f"The XML is {namespace[:80] or 'of no namespace'}, not a statement camt.053.",
            next_step="Nothing was imported. Ask the bank for camt.053, MT940 or CSV.",
        )
    if match.group(1) not in VERSIONS:
        raise UnreadableStatement(
            f"camt.053 version {match.group(1)} is not known here; {VERSIONS[0]} to {VERSIONS[-1]} are."
        )
    for element in root.iter():
        # One namespace was checked above: the rest is read by local names, alike in every version.
        element.tag = str(element.tag).rpartition("}")[2]
    found = [_statement(one, place) for place, one in enumerate(root.findall("BkToCstmrStmt/Stmt"), 1)]
    if not found:
        raise UnreadableStatement("The file holds no statement.")
    return found


def _statement(stmt: Element, place: int) -> StatementInput:
    where = f"Statement {place}"
    account = _first(stmt, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
    if not account:
        raise UnreadableStatement(f"{where} names no account.")
    balances = [(_first(one, "Tp/CdOrPrtry/Cd"), one) for one in stmt.findall("Bal")]
    opening = next((one for code in OPENING for kind, one in balances if kind == code), None)
    closing = next((one for code in CLOSING for kind, one in balances if kind == code), None)
    if opening is None or closing is None:
        raise UnreadableStatement(f"{where} lacks its booked opening (OPBD) or closing (CLBD) balance.")
    amount = closing.find("Amt")
    currency = _first(stmt, "Acct/Ccy") or ("" if amount is None else amount.get("Ccy", ""))
    lines: list[LineInput] = []
    not_booked = 0
    for number, entry in enumerate(stmt.findall("Ntry"), 1):
        if _first(entry, "Sts/Cd", "Sts") != "BOOK":
            not_booked += 1
            continue
        lines.extend(_lines(entry, currency, f"{where}, entry {number}"))
        if len(lines) > MOST_LINES:
            raise UnreadableStatement(f"{where} has more than {MOST_LINES:,} bookings.")
    days = [_day(one, "Dt", where) for one in (opening, closing)]
    return StatementInput(
        account=account,
        currency=currency,
        reference=short(_first(stmt, "Id"), 60),
        first_on=min([*days, *(one.booked_on for one in lines)]),
        last_on=max([*days, *(one.booked_on for one in lines)]),
        opening_minor=_signed(opening, currency, where),
        closing_minor=_signed(closing, currency, where),
        lines=tuple(lines),
        not_booked=not_booked,
    )


def _lines(entry: Element, currency: str, where: str) -> Iterator[LineInput]:
    """One line per booking; a batch that tells the amounts of its transactions gives a line for each of them."""
    whole = _signed(entry, currency, where)
    details = entry.findall("NtryDtls/TxDtls")
    booked, valued = _day(entry, "BookgDt", where), _day(entry, "ValDt", where, "BookgDt")
    reference = _first(entry, "AcctSvcrRef", "NtryRef")
    parts = [_part(one, currency, where) for one in details] if len(details) > 1 else []
    sign = 1 if whole > 0 else -1
    if parts and None not in parts:
        if sum(part or 0 for part in parts) != abs(whole):
            raise UnreadableStatement(f"{where}: its transactions do not add up to its amount.")
        for detail, part in zip(details, parts, strict=True):
            yield _line(entry, detail, sign * (part or 0), booked, valued, reference)
    elif whole:
        yield _line(entry, details[0] if details else entry, whole, booked, valued, reference)


def _line(
    entry: Element, detail: Element, amount: int, booked: date, valued: date, reference: str
) -> LineInput:
    side = "Dbtr" if amount > 0 else "Cdtr"
    remittance = [one.text or "" for one in detail.findall("RmtInf/Ustrd")]
    remittance += [one.text or "" for one in detail.findall("RmtInf/Strd/CdtrRefInf/Ref")]
    return LineInput(
        amount_minor=amount,
        booked_on=booked,
        valued_on=valued,
        bank_reference=short(_first(detail, "Refs/AcctSvcrRef") or reference, 80),
        end_to_end=short(_first(detail, "Refs/EndToEndId"), 80),
        counterparty=short(_first(detail, f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm"), 200),
        counterparty_account=short(
            _first(detail, f"RltdPties/{side}Acct/Id/IBAN", f"RltdPties/{side}Acct/Id/Othr/Id"), 60
        ),
        text=short(" ".join(remittance) or _first(entry, "AddtlNtryInf"), 1000),
    )


def _part(detail: Element, currency: str, where: str) -> int | None:
    found = detail.find("AmtDtls/TxAmt/Amt")
    amount = detail.find("Amt") if found is None else found
    return None if amount is None else _amount(amount, currency, where)


def _signed(holder: Element, currency: str, where: str) -> int:
    amount, side = holder.find("Amt"), _first(holder, "CdtDbtInd")
    if amount is None or side not in ("CRDT", "DBIT"):
        raise UnreadableStatement(f"{where} lacks an amount, or whether it is a credit or a debit.")
    value = _amount(amount, currency, where)
    return value if side == "CRDT" else -value


def _amount(amount: Element, currency: str, where: str) -> int:
    told = amount.get("Ccy", "")
    if told != currency:
        raise UnreadableStatement(
            f"{where} is in {told[:3] or 'no currency'}, its account in {currency[:3]}."
        )
    return minor_of(amount.text or "", currency, where=where)


def _day(holder: Element, name: str, where: str, otherwise: str = "") -> date:
    told = _first(holder, f"{name}/Dt", f"{name}/DtTm")
    if not told and otherwise:
        return _day(holder, otherwise, where)
    if not told:
        raise UnreadableStatement(f"{where} has no day.")
    return day_of(told[:10], where=where)


def _first(holder: Element, *paths: str) -> str:
    """The first text that stands at one of these places."""
    for path in paths:
        text = (holder.findtext(path) or "").strip()
        if text:
            return text
    return ""
