"""Bank files and bank accounts by page: who may, what is told, and what stays as it was."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from investors.bank_accounts import selectors as bank_accounts
from portal.domain.roles import Role
from portal.funding import reconciliation
from portal.funding import selectors as funding
from portal.funding.models import PaymentFile, StatementFile
from portal.funding.services import request_withdrawal
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.bank_files import Booking, camt
from tests.factories.investors import approved_investor, bank_account, new_investor, pdf

pytestmark = pytest.mark.django_db
IBAN = "DE89370400440532013000"


def upload(content: bytes, name: str = "statement.xml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def own_reference(made) -> str:
    return funding.reference(owner=made.owner, currency="EUR")


@pytest.fixture
def operator(client):
    sign_in(client, accounts.member(Role.OPERATOR))
    return client


def waiting_line(client):
    client.post(
        reverse("compliance:statements"), {"file": upload(camt([Booking("7.00", "?")], closing="7.00"))}
    )
    (line,) = reconciliation.lines()
    return line


def test_an_operator_imports_a_statement_and_sees_it_reconciled(operator):
    made = approved_investor(cash={"EUR": 1})
    file = camt([Booking("250.00", own_reference(made)), Booking("2.00", "?")], closing="252.00")
    answer = operator.post(reverse("compliance:statements"), {"file": upload(file)}, follow=True)
    told = answer.content.decode()
    assert "2 new lines, 0 known before; 1 matched, 1 in suspense" in told
    assert "2 new of 2" in told
    assert funding.cash(owner=made.owner)[0].posted == 25_001
    assert "Explained" in operator.get(reverse("compliance:reconciliation")).content.decode()
    assert "holds no reference" in operator.get(reverse("compliance:suspense")).content.decode()
    again = operator.post(reverse("compliance:statements"), {"file": upload(file)})
    assert again.status_code == 422
    assert "This very file was imported on" in again.content.decode()
    assert StatementFile.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "s.xml", "document type or entities"),
        (b"\xff\xfe<Document/>", "s.xml", "not text in UTF-8"),
        (camt([Booking("1.00")], closing="2.00"), "s.xml", "A booking is missing or wrong"),
        (camt([Booking("1.00")], closing="1.00"), "noending", "has no ending"),
        (b"", "s.xml", "empty"),
    ],
)
def test_a_bad_file_is_told_at_its_field_and_leaves_nothing(operator, content, name, sentence):
    answer = operator.post(reverse("compliance:statements"), {"file": upload(content, name)})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not StatementFile.objects.exists()


def test_a_csv_file_is_imported_by_its_columns(operator):
    made = approved_investor(cash={"EUR": 1})
    page = reverse("compliance:statements-csv")
    assert operator.get(page).status_code == 200
    text = f"Date;Amount;Text\n2026-11-20;1.234,50;{own_reference(made)}\n"
    sent = {
        "account": "EUR", "booked_on": "Date", "amount": "Amount", "text": "Text", "decimal": ",",
        "delimiter": ";", "day_format": "%Y-%m-%d", "opening": "0", "closing": "1234.50",
    }  # fmt: skip
    wrong = operator.post(page, {**sent, "amount": "Betrag", "file": upload(text.encode(), "b.csv")})
    assert wrong.status_code == 422
    assert "has no column Betrag" in wrong.content.decode()
    assert operator.post(page, {**sent, "file": upload(text.encode(), "b.csv")}).status_code == 302
    assert funding.cash(owner=made.owner)[0].posted == 123_451


@pytest.mark.parametrize("role", [Role.COMPLIANCE_OFFICER, Role.AUDITOR])
def test_only_operators_import_and_pay(client, role):
    sign_in(client, accounts.member(role))
    page = reverse("compliance:statements")
    assert client.get(page).status_code == 200
    assert "Import a statement" not in client.get(page).content.decode()
    sent = {"file": upload(camt([Booking("1.00")], closing="1.00"))}
    assert client.post(page, sent).status_code == 403
    assert client.get(reverse("compliance:statements-csv")).status_code == 403
    assert client.post(reverse("compliance:payment-files"), {"currency": "EUR"}).status_code == 403
    assert not StatementFile.objects.exists()


def test_an_investor_sees_nothing_of_it(client):
    sign_in(client, approved_investor().user)
    for name in ("statements", "suspense", "reconciliation", "payment-files", "bank-accounts"):
        assert client.get(reverse(f"compliance:{name}")).status_code in (403, 404)


def test_one_proposes_whose_it_is_and_another_decides(operator, client):
    made = approved_investor(cash={"EUR": 1})
    line = waiting_line(operator)
    page = reverse("compliance:suspense-line", args=[line.id])
    assert "Whose it is" in operator.get(page).content.decode()
    nobody = {"owner": "INV-NOBODY", "reason": "He wrote to us."}
    assert operator.post(reverse("compliance:suspense-assign", args=[line.id]), nobody).status_code == 422
    sent = {**nobody, "owner": made.investor.reference}
    assert operator.post(reverse("compliance:suspense-assign", args=[line.id]), sent).status_code == 302
    yes = reverse("compliance:suspense-decide", args=[line.id, "approve"])
    assert operator.post(yes).status_code == 403
    assert funding.cash(owner=made.owner)[0].posted == 1
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert made.investor.reference in client.get(page).content.decode()
    assert client.post(yes).status_code == 302
    assert funding.cash(owner=made.owner)[0].posted == 701
    assert client.get(page).status_code == 200


def test_a_return_is_proposed_and_tells_what_to_write(operator, client):
    line = waiting_line(operator)
    back = reverse("compliance:suspense-return", args=[line.id])
    assert operator.post(back, {"reason": ""}).status_code == 422
    assert operator.post(back, {"reason": "Nobody claims it."}).status_code == 302
    sign_in(client, accounts.member(Role.OPERATOR))
    client.post(reverse("compliance:suspense-decide", args=[line.id, "approve"]))
    told = client.get(reverse("compliance:suspense-line", args=[line.id])).content.decode()
    assert f"R{line.id.hex[:14].upper()}" in told


def test_money_out_is_explained(operator):
    operator.post(
        reverse("compliance:statements"),
        {"file": upload(camt([Booking("-1.00", "fee")], opening="1.00", closing="0.00"))},
    )
    (line,) = reconciliation.lines()
    assert (
        "What it paid" in operator.get(reverse("compliance:suspense-line", args=[line.id])).content.decode()
    )
    sent = {"withdrawal": "", "reason": "Charges of the bank."}
    assert operator.post(reverse("compliance:suspense-explain", args=[line.id]), sent).status_code == 302
    assert reconciliation.lines() == []


def test_a_payment_file_is_made_downloaded_and_told(operator):
    made = approved_investor(cash={"EUR": 10_000})
    asked = request_withdrawal(
        key="w", owner=made.owner, currency="EUR", amount_minor=500, account_name="Ada", destination=IBAN,
        actor=made.actor, at=timezone.now(),
    )  # fmt: skip
    page = reverse("compliance:payment-files")
    assert str(asked.id) in operator.get(page).content.decode()
    assert operator.post(page, {"currency": "EUR"}).status_code == 422
    assert operator.post(page, {"currency": "EUR", "withdrawal": "x"}).status_code == 404
    sent = {"currency": "EUR", "withdrawal": str(asked.id)}
    assert operator.post(page, {**sent, "currency": "XXX"}).status_code == 422
    assert operator.post(page, sent).status_code == 302
    assert operator.post(page, sent).status_code == 422
    file = PaymentFile.objects.get()
    assert file.code in operator.get(page).content.decode()
    answer = operator.post(reverse("compliance:payment-file-download", args=[file.pk]))
    assert answer["Content-Disposition"] == f'attachment; filename="{file.code}.xml"'
    assert b"pain.001.001.09" in answer.content
    told = operator.get(reverse("compliance:withdrawal", args=[asked.id])).content.decode()
    assert "The bank has refused it" in told
    refuse = reverse("compliance:withdrawal-returned", args=[asked.id])
    operator.post(refuse, {"reason": ""})
    assert funding.withdrawal(asked.id).state == "sent"
    operator.post(refuse, {"reason": "Account closed."})
    assert funding.withdrawal(asked.id).state == "returned"


def test_an_investor_adds_an_account_an_officer_verifies_and_it_waits(client):
    made = approved_investor(cash={"EUR": 10_000}, legal_name="Ada Quillfeather")
    sign_in(client, made.user)
    page = reverse("bank-accounts")
    bad = client.post(page, {"account": "DE00", "holder": "Ada Quillfeather"})
    assert (bad.status_code, "neither a valid IBAN" in bad.content.decode()) == (422, True)
    assert client.post(page, {"account": IBAN, "holder": "Ada Quillfeather"}).status_code == 302
    (one,) = bank_accounts.bank_accounts(investor_id=made.id)
    assert "Waits to be verified" in client.get(page).content.decode()
    sent = {"currency": "EUR", "amount": "5", "bank_account": str(one.id)}
    assert "has not been verified yet" in client.post(reverse("cash-withdraw"), sent).content.decode()
    sign_in(client, made.officer)
    there = reverse("compliance:bank-account", args=[one.id])
    assert IBAN not in client.get(there).content.decode()
    look = client.post(
        reverse("compliance:bank-account-open", args=[one.id]), {"reason": "Compare the letter."}
    )
    assert IBAN in look.content.decode()
    verify = reverse("compliance:bank-account-verify", args=[one.id])
    assert client.post(verify, {"reason": "It names her."}).status_code == 422
    letter = SimpleUploadedFile("letter.pdf", pdf("letter"))
    assert client.post(verify, {"reason": "It names her.", "file": letter}).status_code == 302
    assert one.shown in client.get(reverse("compliance:bank-accounts")).content.decode()
    sign_in(client, made.user)
    told = client.post(reverse("cash-withdraw"), sent).content.decode()
    assert "after 72 hours" in told
    assert f"{one.added_at + timedelta(hours=72):%d %b %Y}" in told
    assert funding.withdrawals(owner=made.owner) == []
    assert client.post(reverse("bank-account-retire", args=[one.id])).status_code == 302


def test_an_officer_refuses_an_account_and_finds_no_transfer(client):
    made = approved_investor()
    one = bank_account(made.investor, verified=False)
    sign_in(client, made.officer)
    assert client.post(reverse("compliance:bank-account-by-transfer", args=[one.id])).status_code == 409
    refuse = reverse("compliance:bank-account-refuse", args=[one.id])
    assert client.post(refuse, {"reason": ""}).status_code == 422
    assert client.post(refuse, {"reason": "Another's account."}).status_code == 302
    assert bank_accounts.bank_account(one.id).state == "refused"


def test_a_transfer_on_a_statement_verifies_the_account_it_came_from(operator):
    made = approved_investor(cash={"EUR": 1}, legal_name="Ada Quillfeather")
    one = bank_account(made.investor, verified=False)
    file = camt([Booking("250.00", own_reference(made))], closing="250.00")
    told = operator.post(reverse("compliance:statements"), {"file": upload(file)}, follow=True)
    assert "1 bank accounts verified" in told.content.decode()
    assert bank_accounts.bank_account(one.id).method == "incoming_transfer"


def test_an_operator_verifies_no_account_and_nobody_retires_anothers(operator, client):
    made = approved_investor()
    one = bank_account(made.investor, verified=False)
    assert operator.get(reverse("compliance:bank-account", args=[one.id])).status_code == 403
    assert operator.post(reverse("compliance:bank-account-refuse", args=[one.id])).status_code == 403
    sign_in(client, accounts.selectors.user(new_investor().user_id))
    assert client.post(reverse("bank-account-retire", args=[one.id])).status_code == 404
    assert bank_accounts.bank_account(one.id).state == "added"
