"""Payment files: each withdrawal in one, settled by the bank's statement or brought back."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from investors.screening import services as screening
from investors.screening.decisions import decide_hit
from investors.screening.selectors import hits
from portal.accounts.facts import UserFacts
from portal.documents import services as documents
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict
from portal.domain.lifecycle import NotAllowedNow
from portal.domain.roles import Role
from portal.funding import payments, reconciliation, selectors, services, statements, suspense
from portal.funding.formats.references import code_of
from portal.funding.guards import MoneyHeld
from portal.funding.models import PaymentFile, PaymentItem
from portal.funding.verify import verify_funding
from tests.factories import accounts
from tests.factories.bank_files import USD_ACCOUNT, Booking, camt
from tests.factories.investors import approved_investor, fund, screening_list

pytestmark = pytest.mark.django_db
IBAN, ROUTED = "DE89370400440532013000", "011401533/123456789"


@pytest.fixture
def operator() -> UserFacts:
    return accounts.member(Role.OPERATOR)


@pytest.fixture
def owner(now) -> str:
    made = f"investor:{uuid4()}"
    for currency in ("EUR", "USD", "GBP"):
        services.record_deposit(
            key=f"{made}{currency}", owner=made, currency=currency, amount_minor=5_000_000,
            bank_reference=f"B-{uuid4()}", actor=accounts.SETUP, at=now,
        )  # fmt: skip
    return made


def withdraw(owner, amount, *, now, currency="EUR", destination=IBAN):
    return services.request_withdrawal(
        key=f"W-{uuid4()}", owner=owner, currency=currency, amount_minor=amount, account_name="Ada Ünal",
        destination=destination, actor=accounts.SETUP, at=now,
    )  # fmt: skip


def send(*asked, now, by, currency="EUR"):
    return payments.make_payment_file(
        currency=currency, withdrawal_ids=[one.id for one in asked], actor=accounts.actor(by), at=now
    )


def take_in(bookings, *, now, opening, closing, **given):
    return statements.import_statement(
        content=camt(bookings, opening=opening, closing=closing, **given),
        filename="s.xml",
        actor=accounts.SETUP,
        at=now,
    )


def state(asked) -> str:
    return selectors.withdrawal(asked.id).state


def free(owner, currency="EUR") -> int:
    return {one.currency: one.available for one in selectors.cash(owner=owner)}[currency]


def test_a_batch_goes_out_in_one_file_kept_with_its_hash(owner, now, operator):
    pair = [withdraw(owner, amount, now=now) for amount in (12_345, 1)]
    file = reconciliation.payment_file(send(*pair, now=now, by=operator))
    assert [state(one) for one in pair] == ["sent", "sent"]
    assert (file.count, file.total_minor, file.state, file.format) == (2, 12_346, "sent", "pain.001")
    content = documents.read(document_id=file.document_id, actor=accounts.SETUP, at=now)
    assert sha256_hex(content) == file.sha256
    for one in pair:
        assert code_of("W", one.id).encode() in content
    assert free(owner) == 5_000_000 - 12_346


def test_dollars_go_out_as_nacha(owner, now, operator):
    asked = withdraw(owner, 999, now=now, currency="USD", destination=ROUTED)
    file = reconciliation.payment_file(send(asked, now=now, by=operator, currency="USD"))
    content = documents.read(document_id=file.document_id, actor=accounts.SETUP, at=now)
    assert (file.format, content[:3], len(content.splitlines()) % 10) == ("NACHA", b"101", 0)


def test_the_statement_settles_what_was_sent(owner, now, operator):
    pair = [withdraw(owner, amount, now=now) for amount in (500, 700)]
    file_id = send(*pair, now=now, by=operator)
    line = Booking("-5.00", "payment", end_to_end=code_of("W", pair[0].id))
    done = take_in([line], opening="100.00", closing="95.00", now=now)
    assert (done.matched, done.unexplained) == (1, 0)
    assert [state(one) for one in pair] == ["paid", "sent"]
    assert reconciliation.payment_file(file_id).sent == 1
    assert verify_funding() == []


def test_one_booking_of_the_whole_file_settles_all_of_it(owner, now, operator):
    pair = [withdraw(owner, amount, now=now) for amount in (500, 700)]
    file = reconciliation.payment_file(send(*pair, now=now, by=operator))
    take_in([Booking("-12.00", f"file {file.code}")], opening="100.00", closing="88.00", now=now)
    assert [state(one) for one in pair] == ["paid", "paid"]
    assert reconciliation.payment_file(file.id).state == "settled"


def test_a_booking_of_another_amount_settles_nothing(owner, now, operator):
    asked = withdraw(owner, 500, now=now)
    send(asked, now=now, by=operator)
    done = take_in(
        [Booking("-5.01", end_to_end=code_of("W", asked.id))], opening="100.00", closing="94.99", now=now
    )
    assert done.unexplained == 1
    assert state(asked) == "sent"
    (line,) = reconciliation.lines()
    assert "not what is open of it" in line.why


def test_a_payment_that_comes_back_is_in_the_account_again(owner, now, operator):
    asked = withdraw(owner, 500, now=now)
    file_id = send(asked, now=now, by=operator)
    code = code_of("W", asked.id)
    # Both on one day's statement, the return first: its debit still counts before it.
    lines = [Booking("5.00", f"RETURN {code}"), Booking("-5.00", end_to_end=code)]
    take_in(lines, opening="100.00", closing="100.00", now=now)
    assert (state(asked), free(owner)) == ("returned", 5_000_000)
    assert reconciliation.payment_file(file_id).state == "returned"
    assert verify_funding() == []


def test_what_the_bank_refuses_is_free_again(owner, now, operator):
    asked = withdraw(owner, 500, now=now)
    send(asked, now=now, by=operator)
    payments.refuse_sent(withdrawal_id=asked.id, reason="AC01", actor=accounts.actor(operator), at=now)
    assert (state(asked), free(owner)) == ("returned", 5_000_000)
    with pytest.raises(Conflict):
        payments.refuse_sent(withdrawal_id=asked.id, reason="AC01", actor=accounts.actor(operator), at=now)
    assert verify_funding() == []


def test_what_was_sent_is_neither_cancelled_nor_sent_again(owner, now, operator):
    asked = withdraw(owner, 500, now=now)
    send(asked, now=now, by=operator)
    with pytest.raises(NotAllowedNow):
        services.cancel_withdrawal(withdrawal_id=asked.id, owner=owner, actor=accounts.SETUP, at=now)
    with pytest.raises(payments.BatchChanged, match="1 of 1"):
        send(asked, now=now, by=operator)
    assert PaymentItem.objects.count() == 1


def test_a_file_takes_only_what_fits_it(owner, now, operator):
    euros, dollars = withdraw(owner, 1, now=now), withdraw(owner, 1, now=now, currency="USD")
    pounds = withdraw(owner, 1, now=now, currency="GBP")
    with pytest.raises(payments.CannotGoInFile, match="pays EUR only"):
        send(euros, dollars, now=now, by=operator)
    with pytest.raises(payments.CannotGoInFile, match="takes a US account"):
        send(dollars, now=now, by=operator, currency="USD")
    with pytest.raises(payments.NothingToPay, match="no file format for GBP"):
        send(pounds, now=now, by=operator, currency="GBP")
    with pytest.raises(payments.NothingToPay):
        send(now=now, by=operator)
    assert [state(one) for one in (euros, dollars, pounds)] == ["approved"] * 3
    assert not PaymentFile.objects.exists()


def test_who_approved_a_withdrawal_does_not_send_it(owner, now, operator):
    asked = withdraw(owner, 1_000_001, now=now)
    waiting = withdraw(owner, 1_000_001, now=now)
    services.approve_withdrawal(withdrawal_id=asked.id, actor=accounts.actor(operator), at=now)
    with pytest.raises(services.ApproverCannotPay):
        send(asked, now=now, by=operator)
    other = accounts.member(Role.OPERATOR)
    with pytest.raises(payments.BatchChanged):
        send(asked, waiting, now=now, by=other)
    assert state(asked) == "approved"
    send(asked, now=now, by=other)
    # The statement is the bank's word: whoever imports it, even the approver.
    statements.import_statement(
        content=camt([Booking("-10000.01", end_to_end=code_of("W", asked.id))], opening="0.00", closing="-10000.01"),
        filename="s.xml", actor=accounts.actor(operator), at=now,
    )  # fmt: skip
    assert state(asked) == "paid"


def test_nothing_is_paid_out_to_somebody_a_list_names_since_he_asked(now, operator):
    made = approved_investor(at=now, legal_name="Ada Quillfeather")
    fund(made.investor, currency="EUR", amount_minor=5_000_000, at=now)
    asked, large = (withdraw(made.owner, amount, now=now) for amount in (500, 1_000_001))
    other = withdraw(_somebody_else(now), 300, now=now)
    screening_list(at=now, source="Another list", rows="Q-1,Quillfeather Ada,\n")
    screening.screen(investor_id=made.id, actor=accounts.SETUP, at=now)
    second = accounts.member(Role.OPERATOR)
    services.approve_withdrawal(withdrawal_id=large.id, actor=accounts.actor(second), at=now)
    for confirmed in (False, True):
        if confirmed:
            (hit,) = hits(investor_id=made.id)
            decide_hit(
                hit_id=hit.id, true_match=True, reason="The same person.", officer_id=made.officer.id,
                actor=accounts.actor(made.officer), at=now,
            )  # fmt: skip
        with pytest.raises(MoneyHeld, match=made.investor.reference):
            services.pay_withdrawal(
                withdrawal_id=asked.id, bank_reference="BK-1", actor=accounts.actor(operator), at=now
            )
        with pytest.raises(MoneyHeld):
            send(asked, large, other, now=now, by=operator)
        with pytest.raises(MoneyHeld):
            withdraw(made.owner, 1, now=now)
    assert [state(one) for one in (asked, large, other)] == ["approved"] * 3
    assert free(made.owner) == 5_000_000 - 500 - 1_000_001
    assert not PaymentFile.objects.exists()
    send(other, now=now, by=operator)
    services.cancel_withdrawal(withdrawal_id=asked.id, owner=made.owner, actor=accounts.SETUP, at=now)
    assert free(made.owner) == 5_000_000 - 1_000_001


def _somebody_else(now):
    made = approved_investor(at=now)
    fund(made.investor, currency="EUR", amount_minor=1_000, at=now)
    return made.owner


def test_a_payment_made_at_the_bank_is_explained_by_hand(owner, now, operator):
    asked = withdraw(owner, 500, now=now, currency="USD")
    take_in(
        [Booking("-5.00", "wire")],
        opening="9.00",
        closing="4.00",
        now=now,
        account=USD_ACCOUNT,
        currency="USD",
    )
    (line,) = reconciliation.lines()
    wrong = withdraw(owner, 501, now=now, currency="USD")
    with pytest.raises(suspense.DoesNotFit):
        suspense.explain(
            line_id=line.id, withdrawal_id=wrong.id, reason="This one.", actor=accounts.actor(operator), at=now
        )  # fmt: skip
    suspense.explain(
        line_id=line.id, withdrawal_id=asked.id, reason="Paid by wire.", actor=accounts.actor(operator), at=now
    )  # fmt: skip
    assert (state(asked), state(wrong)) == ("paid", "approved")


def test_who_approved_a_withdrawal_does_not_explain_a_line_by_it(owner, now, operator):
    asked = withdraw(owner, 1_000_001, now=now)
    services.approve_withdrawal(withdrawal_id=asked.id, actor=accounts.actor(operator), at=now)
    take_in([Booking("-10000.01", "wire")], opening="10009.00", closing="8.99", now=now)
    (line,) = reconciliation.lines()
    given = {"line_id": line.id, "withdrawal_id": asked.id, "reason": "Paid by wire.", "at": now}
    with pytest.raises(services.ApproverCannotPay):
        suspense.explain(actor=accounts.actor(operator), **given)
    assert state(asked) == "approved"
    assert [one.id for one in reconciliation.lines()] == [line.id]
    suspense.explain(actor=accounts.actor(accounts.member(Role.OPERATOR)), **given)
    assert state(asked) == "paid"


def test_one_recorded_as_paid_by_hand_meets_its_line(owner, now, operator):
    asked = withdraw(owner, 500, now=now)
    services.pay_withdrawal(
        withdrawal_id=asked.id, bank_reference="BK-OUT", actor=accounts.actor(operator), at=now
    )
    done = take_in([Booking("-5.00", reference="BK-OUT")], opening="9.00", closing="4.00", now=now)
    assert (done.matched, done.unexplained) == (1, 0)
    assert free(owner) == 5_000_000 - 500


def test_a_file_and_its_items_cannot_be_changed(owner, now, operator):
    send(withdraw(owner, 1, now=now), now=now, by=operator)
    for change in ("DELETE FROM portal_paymentitem", "UPDATE portal_paymentfile SET total_minor = 2"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


@pytest.mark.django_db(transaction=True)
def test_two_batches_over_one_withdrawal_at_once_are_one_file(now):
    owner = f"investor:{uuid4()}"
    services.record_deposit(
        key=owner, owner=owner, currency="EUR", amount_minor=5_000, bank_reference=f"B-{uuid4()}",
        actor=accounts.SETUP, at=now,
    )  # fmt: skip
    asked = withdraw(owner, 500, now=now)
    operator = accounts.member(Role.OPERATOR)

    def batch(_: int) -> str:
        try:
            send(asked, now=now, by=operator)
        except payments.BatchChanged:
            return "changed"
        finally:
            connections.close_all()
        return "sent"

    with ThreadPoolExecutor(3) as pool:
        told = sorted(pool.map(batch, range(3)))
    assert told == ["changed", "changed", "sent"]
    assert PaymentFile.objects.count() == 1
