"""Investors and money over the API."""

from uuid import uuid4

import pytest

from investors.profiles.selectors import investors as all_investors
from portal.domain.roles import Role
from portal.funding import selectors as funding
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, bank_account, new_investor

pytestmark = pytest.mark.django_db


def post(client, path, body, key=None):
    return client.post(
        f"/api/v1/{path}",
        body,
        content_type="application/json",
        headers={"Idempotency-Key": key or str(uuid4())},
    )


def test_without_sign_in_nothing_is_told(client):
    for path in ("investors/me", "investors/me/kyc", "investors/me/accreditation", "deposits", "withdrawals"):
        assert client.get(f"/api/v1/{path}").status_code in (401, 403)


def test_an_approved_investor_reads_his_claims(client):
    made = approved_investor(legal_name="Ada Quillfeather")
    sign_in(client, made.user)
    answer = client.get("/api/v1/investors/me")
    told = answer.json()
    assert told["id"] == str(made.id)
    assert told["may_subscribe"] is True
    assert told["missing"] == []
    assert told["accredited"]["basis"] == "501(a)(5)"
    assert "Quillfeather" not in answer.content.decode()
    kyc = client.get("/api/v1/investors/me/kyc").json()
    assert kyc["state"] == "approved"
    assert {paper["kind"] for paper in kyc["papers"]} >= {"identity", "address"}
    accreditation = client.get("/api/v1/investors/me/accreditation").json()
    assert len(accreditation["determinations"]) == 1


def test_what_is_missing_comes_with_the_way_to_get_it(client):
    investor = new_investor()
    sign_in(client, accounts.selectors.user(investor.user_id))
    told = client.get("/api/v1/investors/me").json()
    assert told["may_subscribe"] is False
    assert [one["code"] for one in told["missing"]] == ["kyc-not-started", "no-screening-list"]
    assert all(one["how_to_get_it"] for one in told["missing"])


def test_somebody_without_a_profile_is_told_how_to_begin(client):
    sign_in(client, accounts.person())
    answer = client.get("/api/v1/investors/me")
    assert answer.status_code == 404
    assert answer.json()["code"] == "no-such-investor"
    assert "Begin one" in answer.json()["next_step"]


def test_another_investor_is_not_found_and_an_officer_sees_him(client):
    one, other = approved_investor(), approved_investor()
    sign_in(client, one.user)
    assert client.get(f"/api/v1/investors/{one.id}").status_code == 200
    assert client.get(f"/api/v1/investors/{other.id}").status_code == 404
    assert client.get(f"/api/v1/investors/{uuid4()}").status_code == 404
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert client.get(f"/api/v1/investors/{other.id}").json()["reference"] == other.investor.reference


DEPOSIT = {"currency": "EUR", "amount": "1250.00", "bank_reference": "BANK-1"}


@pytest.fixture
def operator(client):
    return sign_in(client, accounts.member(Role.OPERATOR))


def test_an_operator_credits_a_deposit_once(operator):
    made = approved_investor()
    body = {**DEPOSIT, "owner": made.owner}
    first = post(operator, "deposits", body, key="key-of-request-1")
    assert first.status_code == 201
    assert first.json()["amount"] == "1250.00"
    again = post(operator, "deposits", body, key="key-of-request-1")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again.headers["Idempotent-Replayed"] == "true"
    other_key = post(operator, "deposits", body)
    assert other_key.json()["replayed"] is True
    assert [one.amount_minor for one in funding.deposits(owner=made.owner)] == [125_000]
    listed = operator.get("/api/v1/deposits", {"owner": made.owner}).json()["deposits"]
    assert [one["bank_reference"] for one in listed] == ["BANK-1"]


def test_a_key_reused_with_another_body_is_refused(operator):
    made = approved_investor()
    post(operator, "deposits", {**DEPOSIT, "owner": made.owner}, key="key-of-request-1")
    other = post(
        operator, "deposits", {**DEPOSIT, "owner": made.owner, "amount": "1.00"}, key="key-of-request-1"
    )
    assert other.status_code == 422
    assert len(funding.deposits(owner=made.owner)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 1250}, "amount"),
        ({"amount": 1250.5}, "amount"),
        ({"amount": "1_000"}, "amount"),
        ({"amount": "٣"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "9" * 39}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": ["1"]}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"owner": "investor:1"}, "owner"),
        ({"owner": None}, "owner"),
        ({"bank_reference": ""}, "bank_reference"),
    ],
)
def test_bad_deposits_name_the_field_and_credit_nothing(operator, change, field):
    made = approved_investor()
    answer = post(operator, "deposits", {**DEPOSIT, "owner": made.owner, **change})
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert funding.deposits() == []


def test_an_investor_credits_himself_nothing(client):
    made = approved_investor()
    sign_in(client, made.user)
    assert post(client, "deposits", {**DEPOSIT, "owner": made.owner}).status_code == 403
    assert client.get("/api/v1/deposits").status_code == 403
    assert funding.deposits() == []


WITHDRAWAL = {
    "currency": "USD",
    "amount": "40.00",
}


def test_withdrawing_and_taking_it_back(client):
    made = approved_investor(cash={"USD": 10_000})
    to = bank_account(made.investor)
    sign_in(client, made.user)
    assert client.get("/api/v1/bank-accounts").json()["bank_accounts"][0]["shown"] == "DE89 ••• 3000"
    asked = post(client, "withdrawals", {**WITHDRAWAL, "bank_account": str(to.id)})
    assert asked.status_code == 201
    assert asked.json()["destination"] == "DE89 ••• 3000"
    link = f"/api/v1/withdrawals/{asked.json()['id']}"
    assert client.get(link).json()["state"] == "approved"
    back = client.delete(link, headers={"Idempotency-Key": str(uuid4())})
    assert back.json()["state"] == "cancelled"
    assert funding.cash(owner=made.owner)[0].available == 10_000


def test_more_than_there_is_and_an_unidentified_investor_are_refused(client):
    made = approved_investor(cash={"USD": 10_000})
    sign_in(client, made.user)
    sent = {**WITHDRAWAL, "bank_account": str(bank_account(made.investor).id)}
    assert post(client, "withdrawals", {**sent, "amount": "100.01"}).status_code == 409
    fresh = new_investor()
    sign_in(client, accounts.selectors.user(fresh.user_id))
    refused = post(client, "withdrawals", sent).json()
    assert refused["code"] == "not-identified"
    assert refused["reasons"]
    assert [funding.withdrawals(owner=one.owner) for one in all_investors()] == [[], []]


def test_somebody_elses_withdrawal_is_not_found(client):
    made, other = approved_investor(cash={"USD": 10_000}), approved_investor()
    sent = {**WITHDRAWAL, "bank_account": str(bank_account(made.investor).id)}
    sign_in(client, other.user)
    assert post(client, "withdrawals", sent).status_code == 404
    sign_in(client, made.user)
    link = f"/api/v1/withdrawals/{post(client, 'withdrawals', sent).json()['id']}"
    sign_in(client, other.user)
    assert client.get(link).status_code == 404
    assert client.delete(link, headers={"Idempotency-Key": str(uuid4())}).status_code == 404
    assert funding.cash(owner=made.owner)[0].available == 6_000
