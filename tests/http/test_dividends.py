"""A dividend through the console: declared, previewed, approved by a second person, paid and received."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from issuance.corporate_actions import payout, selectors, services
from issuance.corporate_actions.facts import NewDividend
from portal.accounts.selectors import organisation
from portal.domain.roles import Role
from portal.funding.services import record_deposit
from tests.factories import accounts
from tests.factories.issuance import WORKER, active_security, holders

pytestmark = pytest.mark.django_db


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)).replace("\u202f", " ")


def form(**fields):
    return {"form_key": str(uuid4()), **fields}


@pytest.fixture
def issued(client, now):
    made = active_security(at=now - timedelta(days=3))
    record_deposit(
        key="bank-1",
        owner=made.issuer.owner,
        currency="USD",
        amount_minor=10_000_00,
        bank_reference="bank-1",
        actor=accounts.SETUP,
        at=now - timedelta(days=3),
    )
    accounts.sign_in(client, made.admin)
    return made


@pytest.fixture
def people(issued, now):
    return holders(issued, 100, 300, at=now - timedelta(days=3))


def second_admin(issued):
    made = accounts.person("Second Admin")
    accounts.grant(made, Role.ISSUER_ADMIN, organisation(issued.issuer.id))
    return made


def declare(client, issued, now, **fields):
    given = {
        "security": str(issued.security.id),
        "name": "Third quarter",
        "pot": "1000.00",
        "rounding": "largest_remainder",
        "record_date": (now - timedelta(days=1)).date().isoformat(),
        "payment_date": now.date().isoformat(),
    }
    return client.post("/console/dividends/new/", form(**{**given, **fields}))


def entitled(client, issued, now):
    page = declare(client, issued, now)["Location"]
    for step in ("announce", "entitle", "ask"):
        answer = client.post(f"{page}{step}/", form())
        assert answer.status_code == 302, text(answer)
    return page


def number(page):
    return page.rstrip("/").rsplit("/", 1)[-1]


def test_every_payee_is_seen_before_a_second_person_approves(client, issued, people, now):
    page = entitled(client, issued, now)
    shown = text(client.get(page))
    for one in people:
        assert one.investor.reference in shown
    assert "$250.00" in shown
    assert "$750.00" in shown
    assert "You asked for this, so somebody else must decide it." in shown
    assert "Approve</button>" not in client.get(page).content.decode()
    csv = client.get(page, {"format": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(csv) == 3


def test_the_second_person_approves_and_the_holders_receive(client, issued, people, now):
    page = entitled(client, issued, now)
    accounts.sign_in(client, second_admin(issued))
    assert "Approve</button>" in client.get(page).content.decode()
    answer = client.post(f"{page}sign/approve/", form())
    assert (answer.status_code, answer["Location"]) == (302, page), text(answer)
    one = selectors.dividend(number(page))
    assert one.state == "approved"
    payout.start_paying(dividend_id=one.id, actor=WORKER, at=now)
    payout.pay_chunk(dividend_id=one.id, chunk=0, actor=WORKER, at=now)
    shown = text(client.get(page))
    assert "2 of 2" in shown
    fragment = client.get(page, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    accounts.sign_in(client, people[0].user)
    received = text(client.get("/dividends/"))
    assert "Third quarter" in received
    assert "$250.00" in received
    export = client.get("/dividends/", {"format": "csv"}).content.decode("utf-8-sig")
    assert "Third quarter" in export


def test_the_maker_cannot_approve_and_a_stranger_does_not_know_it(client, issued, people, now):
    page = entitled(client, issued, now)
    assert client.post(f"{page}sign/approve/", form()).status_code == 403
    stranger = active_security(at=now)
    accounts.sign_in(client, stranger.admin)
    for path in (page, f"{page}sign/approve/", f"{page}announce/"):
        assert client.post(path, form()).status_code in (404, 405) or client.get(path).status_code == 404
    assert client.get(page).status_code == 404
    assert selectors.dividend(number(page)).state == "entitled"


def test_approval_asks_again_who_is_there(client, issued, people, now):
    page = entitled(client, issued, now)
    checker = second_admin(issued)
    accounts.sign_in(client, checker, at=now - timedelta(minutes=12))
    answer = client.post(f"{page}sign/approve/", form())
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/")
    assert selectors.dividend(number(page)).state == "entitled"


def test_sent_back_it_can_be_asked_for_again(client, issued, people, now):
    page = entitled(client, issued, now)
    accounts.sign_in(client, second_admin(issued))
    assert client.post(f"{page}sign/send-back/", form(note="Check the pot.")).status_code == 302
    accounts.sign_in(client, issued.admin)
    assert "Ask for approval" in text(client.get(page))
    assert client.post(f"{page}ask/", form()).status_code == 302


def test_the_work_queue_leads_an_officer_to_the_payees(client, issued, people, now):
    page = entitled(client, issued, now)
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert page in client.get("/compliance/").content.decode()
    assert client.post(f"{page}sign/approve/", form()).status_code == 302
    assert selectors.dividend(number(page)).state == "approved"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pot": ""}, "Give either a sum or an amount for each unit."),
        ({"pot": "10.00", "per_unit": "0.1"}, "Give either a sum or an amount for each unit."),
        ({"pot": "-1"}, "negative"),
        ({"pot": "1.001"}, "at most 2"),
        ({"payment_date": "2020-01-01"}, "before the record date"),
        ({"record_date": "2026-02-30"}, "valid date"),
        ({"security": str(uuid4())}, "valid choice"),
    ],
)
def test_a_wrong_declaration_says_which_field(client, issued, now, fields, sentence):
    assert sentence in text(declare(client, issued, now, **fields), 422)
    assert selectors.dividends() == []


def test_before_the_record_date_entitlement_waits_and_says_until_when(client, issued, people, now):
    day = (now + timedelta(days=2)).date().isoformat()
    page = declare(client, issued, now, record_date=day, payment_date=day)["Location"]
    client.post(f"{page}announce/", form())
    assert "Come back after it." in text(client.get(page))
    assert client.post(f"{page}entitle/", form()).status_code == 409


def test_an_amount_for_each_unit_may_have_eight_decimals(client, issued, people, now):
    page = declare(client, issued, now, pot="", per_unit="0.00012345")["Location"]
    one = selectors.dividend(number(page))
    assert str(one.per_unit) == "2469/200000"


def test_a_holder_sees_nothing_of_a_dividend_that_is_not_approved(client, issued, people, now):
    terms = NewDividend(issued.security.id, "Secret", now.date(), now, now.date(), pot_minor=100)
    made = services.declare(terms=terms, actor=issued.actor, at=now)
    services.announce(dividend_id=made.id, actor=issued.actor, at=now)
    services.entitle(dividend_id=made.id, actor=issued.actor, at=now)
    accounts.sign_in(client, people[0].user)
    assert "Secret" not in text(client.get("/dividends/"))
