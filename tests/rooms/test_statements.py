"""Statements in the books: whole or not at all, each line once, every amount accounted for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from portal.accounts.facts import UserFacts
from portal.approvals.services import MakerCannotCheck
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.domain.roles import Role
from portal.funding import reconciliation, selectors, services, statements, suspense
from portal.funding.facts import ColumnMapping
from portal.funding.formats.plain import UnreadableStatement
from portal.funding.models import Deposit, LineMatter, Statement, StatementFile, StatementLine
from portal.funding.verify import verify_funding
from portal.ledger import selectors as ledger
from tests.factories import accounts
from tests.factories.bank_files import EUR_ACCOUNT, Booking, camt, mt940

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> UserFacts:
    return accounts.member(Role.OPERATOR)


@pytest.fixture
def officer() -> UserFacts:
    return accounts.member(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def owner(now) -> str:
    made = f"investor:{uuid4()}"
    for currency in ("EUR", "USD"):
        services.open_cash_account(owner=made, currency=currency, actor=accounts.SETUP, at=now)
    return made


def reference(owner: str, currency: str = "EUR") -> str:
    return selectors.reference(owner=owner, currency=currency)


def take_in(content: bytes, *, now, filename="statement.xml", mapping=None) -> statements.Imported:
    return statements.import_statement(
        content=content, filename=filename, mapping=mapping, actor=accounts.SETUP, at=now
    )


def free(owner: str, currency: str = "EUR") -> int:
    return {one.currency: one.available for one in selectors.cash(owner=owner)}.get(currency, 0)


def in_suspense(currency: str = "EUR") -> int:
    found = ledger.balances(owner="house", purpose="suspense")
    return sum(one.posted for one in found if one.instrument_code == currency)


def state_of(line) -> str:
    return LineMatter.objects.get(pk=line.id).state


def test_a_transfer_with_the_reference_is_credited_to_its_account(owner, now):
    done = take_in(camt([Booking("250.00", f"Rent money {reference(owner)}")], closing="250.00"), now=now)
    assert (done.lines_new, done.matched, done.suspense) == (1, 1, 0)
    assert free(owner) == 25_000
    (deposit,) = selectors.deposits(owner=owner)
    assert (deposit.amount_minor, deposit.currency) == (25_000, "EUR")
    assert verify_funding() == []


def test_the_same_file_comes_in_once(owner, now):
    file = camt([Booking("250.00", reference(owner))], closing="250.00")
    take_in(file, now=now)
    with pytest.raises(statements.AlreadyImported, match="This very file was imported on"):
        take_in(file, now=now, filename="again.xml")
    assert free(owner) == 25_000
    assert StatementFile.objects.count() == 1


def test_a_line_that_comes_again_in_another_file_or_format_is_known(owner, now):
    first, second = Booking("250.00", reference(owner)), Booking("1.00", reference(owner))
    take_in(camt([first], closing="250.00"), now=now)
    done = take_in(camt([first, second], closing="251.00", version="08"), now=now)
    assert (done.lines_new, done.lines_known) == (1, 1)
    done = take_in(mt940([first, second], closing="251,00"), now=now, filename="umsatz.sta")
    assert (done.format, done.lines_new, done.lines_known) == ("MT940", 0, 2)
    assert free(owner) == 25_100


def test_two_payments_alike_in_one_file_are_two(owner, now):
    alike = Booking("5.00", reference(owner), reference="")
    take_in(camt([alike, alike], closing="10.00"), now=now)
    assert free(owner) == 1_000
    assert take_in(camt([alike, alike], closing="10.00", version="04"), now=now).lines_new == 0


def test_one_bank_reference_for_two_payments_of_a_batch_credits_both(owner, now):
    pair = [Booking(amount, reference(owner), reference="BATCH-1") for amount in ("5.00", "6.00")]
    take_in(camt(pair, closing="11.00"), now=now)
    assert free(owner) == 1_100


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no reference at all", "holds no reference"),
        ("{usd}", "is of an account in USD"),
        ("{mine} {theirs}", "several owners"),
    ],
)
def test_what_no_reference_explains_waits_in_suspense(owner, now, text, why):
    other = f"investor:{uuid4()}"
    services.open_cash_account(owner=other, currency="EUR", actor=accounts.SETUP, at=now)
    said = text.format(usd=reference(owner, "USD"), mine=reference(owner), theirs=reference(other))
    done = take_in(camt([Booking("7.00", said)], closing="7.00"), now=now)
    assert done.suspense == 1
    assert (free(owner), free(other), in_suspense()) == (0, 0, 700)
    (line,) = reconciliation.lines()
    assert why in line.why


def test_two_people_say_whose_it_is(owner, now, operator, officer):
    take_in(camt([Booking("7.00", "?")], closing="7.00"), now=now)
    (line,) = reconciliation.lines()
    maker, checker = accounts.actor(operator), accounts.actor(officer)
    suspense.propose_owner(line_id=line.id, owner=owner, reason="He wrote to us.", actor=maker, at=now)
    with pytest.raises(MakerCannotCheck):
        suspense.decide(line_id=line.id, agree=True, actor=maker, at=now)
    assert (free(owner), in_suspense(), state_of(line)) == (0, 700, "proposed")
    assert suspense.decide(line_id=line.id, agree=True, actor=checker, at=now) == "assigned"
    assert (free(owner), in_suspense()) == (700, 0)
    assert [one.amount_minor for one in selectors.deposits(owner=owner)] == [700]
    with pytest.raises(NotAllowedNow):
        suspense.propose_return(line_id=line.id, reason="Once more.", actor=maker, at=now)
    assert verify_funding() == []
    assert reconciliation.lines() == []


def test_the_second_person_may_disagree(owner, now, operator, officer):
    take_in(camt([Booking("7.00", "?")], closing="7.00"), now=now)
    (line,) = reconciliation.lines()
    suspense.propose_owner(
        line_id=line.id, owner=owner, reason="A guess of mine.", actor=accounts.actor(operator), at=now
    )
    assert suspense.decide(line_id=line.id, agree=False, actor=accounts.actor(officer), at=now) == "suspense"
    assert (free(owner), in_suspense()) == (0, 700)
    suspense.propose_owner(
        line_id=line.id, owner=owner, reason="Now with proof.", actor=accounts.actor(operator), at=now
    )
    assert suspense.decide(line_id=line.id, agree=True, actor=accounts.actor(officer), at=now) == "assigned"


def test_money_goes_back_to_its_sender_and_its_line_on_the_statement_ends_it(now, operator, officer):
    take_in(camt([Booking("7.00", "?")], closing="7.00"), now=now)
    (line,) = reconciliation.lines()
    suspense.propose_return(
        line_id=line.id, reason="Nobody claims it.", actor=accounts.actor(operator), at=now
    )
    assert suspense.decide(line_id=line.id, agree=True, actor=accounts.actor(officer), at=now) == "returning"
    assert in_suspense() == 700
    back = Booking("-7.00", f"return {suspense.return_code(line.id)}")
    take_in(camt([back], opening="7.00", closing="0.00", day="2026-11-21"), now=now)
    assert (in_suspense(), state_of(line)) == (0, "returned")
    (eur,) = [one for one in reconciliation.reconciled() if one.currency == "EUR"]
    assert (eur.bank_minor, eur.ledger_minor, eur.rest_minor) == (0, 0, 0)


def test_a_deposit_entered_by_hand_before_is_not_credited_twice(owner, now):
    services.record_deposit(
        key="k", owner=owner, currency="EUR", amount_minor=500, bank_reference="BK-HAND",
        actor=accounts.SETUP, at=now,
    )  # fmt: skip
    take_in(camt([Booking("5.00", reference(owner), reference="BK-HAND")], closing="5.00"), now=now)
    assert free(owner) == 500
    assert Deposit.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (camt([Booking("1.00")], closing="1.00", account="DE89370400440532013000"), "none of the house's"),
        (camt([Booking("1.00")], closing="1.00", currency="USD"), "this account is in EUR"),
        (camt([Booking("1.00")], closing="2.00"), "A booking is missing"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "document type"),
    ],
)
def test_a_refused_file_leaves_nothing(now, content, sentence):
    with pytest.raises(Invalid, match=sentence):
        take_in(content, now=now)
    assert not StatementFile.objects.exists()
    assert not StatementLine.objects.exists()
    assert in_suspense() == 0


def test_one_bad_statement_of_a_file_keeps_the_good_one_out(owner, now):
    good = mt940([Booking("1.00", reference(owner))], closing="1,00")
    with pytest.raises(UnreadableStatement):
        take_in(good + b"\r\n" + mt940([Booking("1.00")], closing="9,00"), now=now, filename="a.sta")
    assert free(owner) == 0
    assert not Statement.objects.exists()


def test_csv_comes_in_by_its_mapping(owner, now):
    mapping = ColumnMapping(
        account=EUR_ACCOUNT, currency="EUR", booked_on="Date", amount="Amount", text="Text"
    )
    done = take_in(
        f"Date,Amount,Text\n2026-11-20,12.50,{reference(owner)}\n".encode(),
        now=now,
        filename="bank.csv",
        mapping=mapping,
    )
    assert (done.format, done.matched) == ("CSV", 1)
    assert free(owner) == 1_250


def test_the_difference_between_bank_and_ledger_is_explained_in_its_parts(owner, now, operator):
    services.record_deposit(
        key="k", owner=owner, currency="EUR", amount_minor=300, bank_reference="NOT-YET", actor=accounts.SETUP, at=now
    )  # fmt: skip
    lines = [Booking("7.00", reference(owner)), Booking("2.00", "?"), Booking("-1.50", "account fee")]
    take_in(camt(lines, opening="100.00", closing="107.50"), now=now)
    (eur,) = [one for one in reconciliation.reconciled() if one.currency == "EUR"]
    assert (eur.bank_minor, eur.ledger_minor, eur.suspense_minor) == (10_750, 1_200, 200)
    assert [one.amount_minor for one in eur.parts] == [10_000, -150, -300]
    assert eur.agrees
    (fee,) = reconciliation.lines(states=["unexplained"])
    suspense.explain(
        line_id=fee.id, withdrawal_id=None, reason="Charges of the bank.", actor=accounts.actor(operator), at=now
    )  # fmt: skip
    (eur,) = [one for one in reconciliation.reconciled() if one.currency == "EUR"]
    assert "none of the investors'" in eur.parts[1].what
    assert eur.agrees
    # A statement between is missing: nothing explains what it would have told.
    later = camt([], opening="500.00", closing="500.00", day="2026-11-30")
    take_in(later, now=now + timedelta(seconds=1))
    (eur,) = [one for one in reconciliation.reconciled() if one.currency == "EUR"]
    assert (eur.agrees, eur.rest_minor) == (False, 50_000 - 10_750)


def test_lines_lie_sealed_and_cannot_be_changed(owner, now):
    take_in(camt([Booking("7.00", reference(owner), name="Ada Quillfeather")], closing="7.00"), now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT counterparty, counterparty_account, text FROM portal_statementline")
        told = " ".join(cursor.fetchone())
    assert "Ada" not in told
    assert "DE89" not in told
    for change in (
        "UPDATE portal_statementline SET amount_minor = 1",
        "DELETE FROM portal_statementline",
        "UPDATE portal_statement SET closing_minor = 1",
        "DELETE FROM portal_statementfile",
        "DELETE FROM portal_linematter",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_a_payment_that_nobody_knows_of_is_not_explained_by_a_withdrawal_of_another_amount(now, operator):
    take_in(camt([Booking("-7.00", "?")], opening="7.00", closing="0.00"), now=now)
    (line,) = reconciliation.lines()
    with pytest.raises(services.NoSuchWithdrawal):
        suspense.explain(
            line_id=line.id, withdrawal_id=uuid4(), reason="It was this.", actor=accounts.actor(operator), at=now
        )  # fmt: skip
    assert state_of(line) == "unexplained"


@pytest.mark.django_db(transaction=True)
def test_one_statement_imported_by_several_at_once_is_in_the_books_once(now):
    owner = f"investor:{uuid4()}"
    services.open_cash_account(owner=owner, currency="EUR", actor=accounts.SETUP, at=now)
    booking = Booking("7.00", reference(owner))
    same = camt([booking], closing="7.00")
    files = [
        same,
        same,
        camt([booking], closing="7.00", version="08"),
        mt940([replace(booking)], closing="7,00"),
    ]

    def import_one(content: bytes) -> str:
        try:
            return str(take_in(content, now=now, filename="s.sta").lines_new)
        except statements.AlreadyImported:
            return "known"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(import_one, files))
    assert told == ["0", "0", "1", "known"]
    assert free(owner) == 700
    assert StatementLine.objects.count() == 1
