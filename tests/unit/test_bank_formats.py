"""Bank files as pure text: what is read of them, and in which sentence the rest is refused."""

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from portal.domain.currencies import NoSuchCurrency, exponent
from portal.domain.errors import Invalid
from portal.funding.facts import ColumnMapping, HouseAccount, PaymentOrder
from portal.funding.formats import nacha, pain001, references
from portal.funding.formats.accounts import bic, destination
from portal.funding.formats.plain import UnreadableStatement, minor_of
from portal.funding.formats.reader import read
from portal.funding.payments import next_business_day
from tests.factories.bank_files import Booking, camt, mt940

AT = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
EUR = HouseAccount("EUR", "Sample Client Money", "Sample Bank", "DE02120300000000202051", "BYLADEM1001")
USD = HouseAccount("USD", "Sample Client Money", "Sample Bank", "091000019/7700112233", "", "1234567890")
IN, OUT = Booking("250.00", "7KQ2-MX3F-9A", "BK-1"), Booking("-50.00", "thanks", "BK-2")


@pytest.mark.parametrize(
    ("code", "decimals"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0)]
)
def test_currencies_have_the_exponents_of_iso_4217(code, decimals):
    assert exponent(code) == decimals


@pytest.mark.parametrize("code", ["", "XX", "ZZZ", "usd", "EURO", "ÄÖÜ"])
def test_what_is_no_currency_is_told(code):
    with pytest.raises(NoSuchCurrency):
        exponent(code)


@pytest.mark.parametrize("version", ["02", "04", "06", "08", "12"])
def test_camt_of_every_version_is_read_alike(version):
    name, (found,) = read(camt([IN, OUT], opening="1000.00", closing="1200.00", version=version))
    assert (name, found.account, found.currency) == ("camt.053", EUR.identifier, "EUR")
    assert (found.opening_minor, found.closing_minor) == (100_000, 120_000)
    assert [one.amount_minor for one in found.lines] == [25_000, -5_000]
    assert found.lines[0].text == "7KQ2-MX3F-9A"
    assert found.lines[0].counterparty == "Ada Quillfeather"
    assert found.lines[0].counterparty_account == "DE89370400440532013000"
    assert (found.lines[0].bank_reference, found.lines[0].booked_on) == ("BK-1", date(2026, 11, 20))


def test_mt940_is_read_as_camt_is():
    name, (found,) = read(mt940([IN, OUT], opening="1000,00", closing="1200,00"))
    assert name == "MT940"
    assert [one.amount_minor for one in found.lines] == [25_000, -5_000]
    assert [one.bank_reference for one in found.lines] == ["BK-1", "BK-2"]
    assert "7KQ2-MX3F-9A" in found.lines[0].text


MAPPING = ColumnMapping(
    account=EUR.identifier, currency="EUR", booked_on="Tag", amount="Betrag", text="Zweck",
    day_format="%d.%m.%Y", decimal=",", delimiter=";", opening_minor=0, closing_minor=123_356,
)  # fmt: skip


def test_csv_is_read_by_its_mapping():
    text = "Tag;Betrag;Zweck\r\n20.11.2026;1.234,56;hier\r\n20.11.2026;-1,00;dort\r\n;;\r\n"
    _, (found,) = read(text.encode(), mapping=MAPPING)
    assert [(one.amount_minor, one.text) for one in found.lines] == [(123_456, "hier"), (-100, "dort")]


def test_csv_with_a_column_each_for_credits_and_debits():
    mapping = replace(MAPPING, amount="", credit="Haben", debit="Soll", opening_minor=None)
    text = "Tag;Haben;Soll;Zweck\n20.11.2026;5,00;;a\n20.11.2026;;2,00;b\n"
    _, (found,) = read(text.encode(), mapping=mapping)
    assert [one.amount_minor for one in found.lines] == [500, -200]
    with pytest.raises(UnreadableStatement, match="Line 2 has a credit and a debit"):
        read(b"Tag;Haben;Soll;Zweck\n20.11.2026;5,00;2,00;a\n", mapping=mapping)


def test_entries_that_are_only_announced_are_left_out():
    _, (found,) = read(camt([IN, replace(OUT, status="PDNG")], closing="250.00"))
    assert (len(found.lines), found.not_booked) == (1, 1)


GOOD = camt([IN], closing="250.00")
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><Document>&c;</Document>"""
EXTERNAL = b"""<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>"""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (LAUGHS, "declares a document type or entities"),
        (EXTERNAL, "declares a document type or entities"),
        (GOOD[:-20], "not well-formed XML"),
        (GOOD.replace(b"camt.053.001.02", b"camt.052.001.02"), "not a statement camt.053"),
        (GOOD.replace(b"camt.053.001.02", b"camt.053.001.99"), "version 99 is not known"),
        (b"<html></html>", "not a statement camt.053"),
        (GOOD.replace(b"Ada", b"\xff\xfe"), "not text in UTF-8"),
        (GOOD.replace(b"250.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>", b"250.001</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>"), "3 decimals"),
        (GOOD.replace(b">250.00<", b">2.5e2<"), "not a plain decimal number"),
        (GOOD.replace(b">250.00<", b">" + b"9" * 17 + b".00<"), "larger than any here"),
        (GOOD.replace(b'<Ntry><Amt Ccy="EUR">', b'<Ntry><Amt Ccy="USD">'), "is in USD, its account in EUR"),
        (GOOD.replace(b"CRDT</CdtDbtInd><Sts>", b"BOTH</CdtDbtInd><Sts>"), "whether it is a credit"),
        (GOOD.replace(b"OPBD", b"ITAV"), "lacks its booked opening"),
        (GOOD.replace(b"2026-11-20</Dt></BookgDt>", b"2026-02-30</Dt></BookgDt>"), "is not a day"),
        (camt([IN], closing="260.00"), "closes with 260.00. A booking is missing or wrong"),
        (camt([IN], closing="250.00", currency="ZZZ"), "no currency of ISO 4217"),
        (mt940([IN], closing="260,00"), "A booking is missing or wrong"),
        (mt940([IN], closing="250,00").replace(b":61:2611", b":61:XX11"), "cannot be read"),
        (mt940([IN], closing="250,00").replace(b":62F:", b":99F:"), "lacks its account"),
        (b"Date,Amount\n2026-11-20,1\n", "neither camt.053 nor MT940"),
        (b"", "neither camt.053 nor MT940"),
        (b"a\0b", "NUL bytes"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_a_sentence(content, sentence):
    with pytest.raises(Invalid, match=sentence) as refused:
        read(content)
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Datum;Betrag;Zweck\n1;2;3\n", "has no column Tag"),
        ("Tag;Betrag;Zweck\n31.02.2026;1,00;a\n", "Line 2: '31.02.2026' is not a day"),
        ("Tag;Betrag;Zweck\n20.11.2026;1,001;a\n", "Line 2: Amount has 3 decimals"),
        ("Tag;Betrag;Zweck\n20.11.2026;;a\n", "not a plain decimal number"),
        ("Tag;Betrag;Zweck\n", "no bookings"),
        ("Tag;Tag;Betrag;Zweck\n", "Two columns"),
        ('Tag;Betrag;Zweck\n"20.11.2026;1,00;a\n', "not CSV"),
    ],
)
def test_a_bad_csv_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(UnreadableStatement, match=sentence):
        read(text.encode(), mapping=MAPPING)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content):
    for mapping in (None, MAPPING):
        with contextlib.suppress(Invalid):
            read(content, mapping=mapping)


@given(st.text(alphabet=":0123456789\nCDEURF,-/6125?A", max_size=200))
def test_nothing_that_looks_like_mt940_breaks_the_reader(tail):
    with contextlib.suppress(Invalid):
        read(f":20:X\n:25:{tail}\n:60F:C261119EUR0,00\n{tail}".encode())


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1.50000", "USD", 150), ("12", "JPY", 12), ("12.000", "JPY", 12), ("1.234", "KWD", 1234), ("0.1", "EUR", 10)],
)  # fmt: skip
def test_amounts_become_smallest_units_of_their_currency(text, currency, minor):
    assert minor_of(text, currency, where="x") == minor


@given(st.integers(0, 2**40), st.text(alphabet="abc xyz-./", max_size=20))
def test_a_reference_is_found_however_it_is_blanked(number, around):
    made = references.made_for(f"investor:{number}", "EUR", 0)
    assert made in references.references_in(f"{around} {made.lower().replace('-', ' ')} {around}")
    assert made in references.references_in(made.replace("0", "O").replace("1", "I"))


def test_a_mistyped_reference_is_none():
    made = references.made_for("investor:1", "EUR", 0)
    for place in (0, 3, 6, 11):
        other = "A" if made[place] != "A" else "B"
        assert made[:place] + other + made[place + 1 :] not in references.references_in(
            made[:place] + other + made[place + 1 :]
        )


@pytest.mark.parametrize(
    "given_account", ["", "DE89 3704 0044 0532 0130 01", "021000022/1234567890", "x" * 60]
)
def test_a_wrong_account_number_is_none(given_account):
    with pytest.raises(Invalid, match="neither a valid IBAN"):
        destination(given_account)


def test_a_bic_is_checked():
    assert bic("deut de ff") == "DEUTDEFF"
    assert bic("") == ""
    with pytest.raises(Invalid, match="not a BIC"):
        bic("DEUT")


ORDERS = [
    PaymentOrder("W0123456789ABCD", "Ünal Øst & Söhne", "GB33BUKB20201555555555", False, 123_456),
    PaymentOrder("W0123456789ABCE", "Fjord Holdings LLC", "DE89370400440532013000", True, 1),
]


def test_a_sepa_file_carries_each_payment_and_fits_the_schema():
    content = pain001.write(
        code="P0123456789ABCD", account=EUR, orders=ORDERS, execute_on=date(2026, 11, 23), at=AT
    )
    root = etree.fromstring(content)
    space = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
    assert root.xpath("//p:GrpHdr/p:MsgId/text()", namespaces=space) == ["P0123456789ABCD"]
    assert root.xpath("//p:GrpHdr/p:CreDtTm/text()", namespaces=space) == ["2026-11-20T17:00:00"]
    assert root.xpath("//p:EndToEndId/text()", namespaces=space) == [one.end_to_end for one in ORDERS]
    assert root.xpath("//p:InstdAmt/text()", namespaces=space) == ["1234.56", "0.01"]
    assert root.xpath("//p:GrpHdr/p:CtrlSum/text()", namespaces=space) == ["1234.57"]
    assert root.xpath("//p:ReqdExctnDt/p:Dt/text()", namespaces=space) == ["2026-11-23"]


def test_a_file_that_does_not_fit_the_schema_is_not_made():
    wrong = replace(EUR, identifier="NOT AN IBAN")
    with pytest.raises(pain001.NotAPaymentFile, match="does not fit the schema"):
        pain001.write(code="P1", account=wrong, orders=ORDERS, execute_on=date(2026, 11, 23), at=AT)


def test_a_nacha_file_has_a_batch_for_people_and_one_for_organisations():
    orders = [replace(one, account="011401533/123456789") for one in ORDERS]
    text = nacha.write(
        code="P0123456789ABCD", account=USD, orders=orders, execute_on=date(2026, 11, 23), at=AT
    ).decode()
    records = text.splitlines()
    assert {len(one) for one in records} == {94}
    assert len(records) % 10 == 0
    assert [one[50:53] for one in records if one[0] == "5"] == ["PPD", "CCD"]
    entries = [one for one in records if one[0] == "6"]
    assert [(one[3:12], one[29:39], one[39:54]) for one in entries] == [
        ("011401533", "0000123456", "W0123456789ABCD"),
        ("011401533", "0000000001", "W0123456789ABCE"),
    ]
    assert entries[0][54:76].startswith("UNAL OST & SOHNE")


@pytest.mark.parametrize(
    ("day", "following"),
    [(date(2026, 11, 19), date(2026, 11, 20)), (date(2026, 11, 20), date(2026, 11, 23)), (date(2024, 2, 28), date(2024, 2, 29))],
)  # fmt: skip
def test_payments_go_out_on_the_next_working_day(day, following):
    assert next_business_day(day) == following
