"""Investors and the API meet offerings: what is shown, what is refused with which words, whose things stay hidden."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from issuance.compliance.selectors import decisions
from issuance.offerings.models import Subscription
from issuance.offerings.selectors import offering as offering_now
from portal.accounts.selectors import organisation
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import active_security, give, open_offering, settle, subscribe

pytestmark = pytest.mark.django_db


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body))


def signed(offering, amount="10000.00", **changes):
    given = {
        "amount": amount,
        "risks": "on",
        "typed_name": "Ada Quillfeather",
        "agreement": offering.agreement_sha256,
    }
    return {**given, "form_key": str(uuid4()), **changes}


@pytest.fixture
def deal(now):
    issued = active_security(at=now)
    return issued, open_offering(issued, at=now)


@pytest.fixture
def investor(client, now):
    who = approved_investor(at=now, cash={"USD": 100_000_00})
    accounts.sign_in(client, who.user)
    return who


def test_offerings_are_for_people_who_are_signed_in(client, deal):
    for path in ("/invest/", f"/invest/{deal[1].id}/", "/subscriptions/", "/dividends/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert "login" in answer["Location"]


def test_the_list_and_the_page_show_paid_and_reserved_apart(client, deal, investor, now):
    _, offering = deal
    subscribe(offering, investor, at=now, quantity=40)
    listed = text(client.get("/invest/"))
    assert "One offering is open" in listed
    page = text(client.get(f"/invest/{offering.id}/"))
    assert "$0 paid of $250,000" in page
    assert "Reserved, not yet paid $10,000" in page
    assert "$90,000.00" in page
    assert offering.agreement_sha256 in page


def test_an_investor_signs_and_subscribes_and_a_double_click_does_it_once(client, deal, investor):
    _, offering = deal
    form = signed(offering)
    for _ in range(2):
        answer = client.post(f"/invest/{offering.id}/subscribe/", form)
        assert (answer.status_code, answer["Location"]) == (302, "/subscriptions/")
    (made,) = Subscription.objects.all()
    assert (made.investor, made.amount_minor) == (investor.owner, 10_000_00)
    page = text(client.get("/subscriptions/"))
    assert "Subscribed. 10000.00 USD are set aside" in page
    assert "Withdraw" in page


def test_a_refusal_prints_every_finding_and_its_decision_is_kept(client, deal, now):
    _, offering = deal
    poor = approved_investor(at=now, accredited=False, cash={"USD": 1_00})
    accounts.sign_in(client, poor.user)
    page = text(client.post(f"/invest/{offering.id}/subscribe/", signed(offering)), 422)
    assert "10,000.00 are needed; 1.00 are free in the cash account." in page
    assert "Pay in 9,999.00 or more under Cash, or ask for less." in page
    assert "17 CFR 230.506(c)" in page
    (kept,) = decisions(holder=poor.owner)
    assert {finding.rule for finding in kept.decision.failures} == {"cash_available", "accredited_required"}
    assert Subscription.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "1_000"}, "not a plain decimal number"),
        ({"amount": "-5"}, "negative"),
        ({"amount": "0"}, "zero"),
        ({"amount": "NaN"}, "not a plain decimal number"),
        ({"amount": "١٠٠"}, "not a plain decimal number"),
        ({"amount": "1.005"}, "at most 2"),
        ({"amount": "9" * 40}, "38 digits"),
        ({"amount": "1.00"}, "buys nothing"),
        ({"risks": ""}, "may lose all of it"),
        ({"typed_name": ""}, "Type your full name"),
        ({"agreement": "0" * 64}, "has changed since"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_set_aside(client, deal, investor, changes, sentence):
    _, offering = deal
    page = text(client.post(f"/invest/{offering.id}/subscribe/", signed(offering, **changes)), 422)
    assert sentence in page
    assert Subscription.objects.count() == 0


def test_a_draft_and_an_unknown_id_are_not_found(client, investor, now):
    draft = open_offering(active_security(at=now), at=now, opened=False)
    assert client.get(f"/invest/{draft.id}/").status_code == 404
    assert client.get(f"/invest/{uuid4()}/").status_code == 404
    assert client.get(f"/api/v1/offerings/{draft.id}").status_code == 404


def test_an_investor_withdraws_his_own_and_somebody_elses_is_not_found(client, deal, investor, now):
    _, offering = deal
    own = subscribe(offering, investor, at=now, quantity=4)
    other = subscribe(offering, approved_investor(at=now, cash={"USD": 10_000_00}), at=now, quantity=4)
    assert client.post(f"/subscriptions/{other.id}/withdraw/").status_code == 404
    assert client.post(f"/subscriptions/{own.id}/withdraw/").status_code == 302
    states = dict(Subscription.objects.values_list("id", "state"))
    assert states == {own.id: "withdrawn", other.id: "reserved"}


def test_the_holding_page_is_for_who_holds(client, investor, now):
    issued = active_security(at=now, scale=2)
    path = f"/portfolio/securities/{issued.security.id}/"
    assert client.get(path).status_code == 404
    give(issued, investor, 12_50, at=now)
    page = text(client.get(path))
    assert "12.50 Class B units" in page
    assert "100.0000 % of the class" in page.replace("\u202f", " ")
    accounts.sign_in(client, approved_investor(at=now).user)
    assert client.get(path).status_code == 404


def test_the_token_page_computes_the_identifier_anew(client, investor, now):
    issued = active_security(at=now)
    assert "The identifier is right" in text(client.get(f"/tokens/{issued.security.token}/"))
    assert client.get(f"/tokens/{'0' * 64}/").status_code == 404
    record = client.get(f"/tokens/{issued.security.token}/?format=json")
    assert record["Content-Type"] == "application/json"


# --- the API


def ask(one, **changes):
    body = {
        "offering": str(one.id),
        "amount": "10000.00",
        "typed_name": "Ada Quillfeather",
        "agreement_sha256": one.agreement_sha256,
        "risks_acknowledged": True,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def post(client, body, key="key-12345678"):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/subscriptions", body, content_type="application/json", headers=headers)


def test_the_api_lists_offerings_with_amounts_as_text(client, deal, investor):
    (one,) = client.get("/api/v1/offerings").json()["offerings"]
    assert (one["price"], one["paid"], one["max_quantity"]) == ("250.00", "0.00", "1000")
    assert client.get(f"/api/v1/offerings/{deal[1].id}").json() == one


def test_the_api_subscribes_once_for_each_key(client, deal, investor):
    _, offering = deal
    first, again = post(client, ask(offering)), post(client, ask(offering))
    assert (first.status_code, first.json()["amount"]) == (201, "10000.00")
    assert again.json()["id"] == first.json()["id"]
    reused = post(client, ask(offering, amount="5000.00"))
    assert (reused.status_code, reused.json()["code"]) == (422, "ledger-key-reused")
    assert Subscription.objects.count() == 1
    listed = client.get("/api/v1/subscriptions").json()["subscriptions"]
    assert [one["id"] for one in listed] == [first.json()["id"]]


def test_the_api_refuses_with_every_finding(client, deal, now):
    _, offering = deal
    accounts.sign_in(client, approved_investor(at=now, accredited=False).user)
    answer = post(client, ask(offering))
    told = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    failed = {one["rule"] for one in told["findings"] if one["outcome"] == "failed"}
    assert failed == {"cash_available", "accredited_required"}
    assert told["next_step"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": 10000}, "amount"),
        ({"amount": "1e5"}, "amount"),
        ({"amount": "-1.00"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": None, "quantity": "1.5"}, "quantity"),
        ({"quantity": "1"}, "amount"),
        ({"offering": "nonsense"}, "offering"),
        ({"typed_name": ""}, "typed_name"),
        ({"risks_acknowledged": False}, "risks"),
        ({"risks_acknowledged": None}, "risks_acknowledged"),
    ],
)
def test_the_api_names_the_field_of_bad_input(client, deal, investor, changes, field):
    answer = post(client, ask(deal[1], **changes))
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert Subscription.objects.count() == 0


def test_the_api_wants_a_key_and_a_person(client, deal, investor):
    assert post(client, ask(deal[1]), key="").status_code == 400
    client.logout()
    assert post(client, ask(deal[1])).status_code in (401, 403)


def test_another_persons_subscription_is_not_found(client, deal, investor, now):
    other = subscribe(deal[1], approved_investor(at=now, cash={"USD": 10_000_00}), at=now, quantity=4)
    assert client.get(f"/api/v1/subscriptions/{other.id}").status_code == 404
    assert client.get("/api/v1/subscriptions").json() == {"subscriptions": []}


def test_holdings_and_cap_table_over_the_api(client, now):
    issued = active_security(at=now, scale=2)
    who = approved_investor(at=now)
    give(issued, who, 12_50, at=now)
    accounts.sign_in(client, who.user)
    (row,) = client.get("/api/v1/holdings").json()["holdings"]
    assert (row["security"], row["quantity"], row["share_ppm"]) == (issued.security.code, "12.50", 1_000_000)
    path = f"/api/v1/issuers/{issued.issuer.id}/cap-table"
    assert client.get(path).status_code in (403, 404)
    accounts.sign_in(client, issued.admin)
    table = client.get(path).json()
    assert table["classes"] == [
        {
            "security": issued.security.code,
            "outstanding": "12.50",
            "lines": [{"holder": who.owner, "quantity": "12.50", "share_ppm": 1_000_000}],
        }
    ]
    before = (now - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert client.get(path, {"as_of": before}).json()["classes"] == []
    assert client.get(path, {"as_of": "yesterday"}).status_code == 422
    other = active_security(at=now)
    assert client.get(f"/api/v1/issuers/{other.issuer.id}/cap-table").status_code == 404


# --- the issuer's side


@pytest.fixture
def admin(client, deal):
    accounts.sign_in(client, deal[0].admin)
    return deal[0]


def test_an_offering_is_drafted_opened_and_cancelled_in_the_console(client, admin, now):
    form = {
        "security": str(admin.security.id),
        "name": "Second closing",
        "exemption": "506(c)",
        "method": "first_come",
        "price": "250.00",
        "max_quantity": "100",
        "min_quantity": "10",
        "opens_at": (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "closes_at": (now + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M"),
        "agreement": "I subscribe.",
        "form_key": str(uuid4()),
    }
    answer = client.post("/console/offerings/new/", form)
    assert answer.status_code == 302, text(answer)
    page = answer["Location"]
    number = page.rstrip("/").rsplit("/", 1)[-1]
    assert "Second closing" in text(client.get(page))
    assert client.post(f"{page}open/", {"form_key": str(uuid4())}).status_code == 302
    assert offering_now(number).state == "open"
    refused = text(client.post(f"{page}close/", {"form_key": str(uuid4())}), 409)
    assert "takes subscriptions until" in refused
    assert client.post(f"{page}cancel/", {"reason": "Not now.", "form_key": str(uuid4())}).status_code == 302
    assert offering_now(number).state == "cancelled"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("price", "-1", "negative"),
        ("max_quantity", "1.5", "decimals"),
        ("max_quantity", "1_0", "plain decimal"),
        ("opens_at", "0001-01-01T00:00", "from 2000 to 2199"),
        ("closes_at", "yesterday", "valid date"),
        ("security", "nonsense", "valid choice"),
    ],
)
def test_a_wrong_draft_says_which_field(client, admin, now, field, value, sentence):
    form = {
        "security": str(admin.security.id),
        "name": "Draft",
        "exemption": "506(c)",
        "method": "pro_rata",
        "price": "250.00",
        "max_quantity": "100",
        "opens_at": "2026-11-01T00:00",
        "closes_at": "2027-11-01T00:00",
        "agreement": "I subscribe.",
    }
    page = text(client.post("/console/offerings/new/", {**form, field: value}), 422)
    assert sentence in page


def test_a_formula_in_a_name_is_escaped_on_the_page(client, admin, now):
    made = open_offering(admin, at=now, name='<script>alert("x")</script>', max_quantity=10)
    body = client.get(f"/console/offerings/{made.id}/").content.decode()
    assert "<script>alert" not in body
    assert "&lt;script&gt;" in body


def test_another_issuers_offering_is_not_found(client, admin, now):
    theirs = open_offering(active_security(at=now), at=now)
    assert client.get(f"/console/offerings/{theirs.id}/").status_code == 404
    for step in ("open", "close", "cancel"):
        assert client.post(f"/console/offerings/{theirs.id}/{step}/", {"reason": "x"}).status_code == 404
    assert offering_now(theirs.id).state == "open"


def test_a_viewer_sees_and_does_not_do(client, admin, deal):
    viewer = accounts.person()
    accounts.grant(viewer, Role.ISSUER_VIEWER, organisation(admin.issuer.id))
    accounts.sign_in(client, viewer)
    assert client.get(f"/console/offerings/{deal[1].id}/").status_code == 200
    assert client.post(f"/console/offerings/{deal[1].id}/cancel/", {"reason": "x"}).status_code == 403
    assert client.get("/console/offerings/new/").status_code == 403


def test_the_console_shows_who_subscribed_and_the_close(client, now):
    start = now - timedelta(hours=2)
    issued = active_security(at=start)
    offering = open_offering(issued, at=start, days=1 / 24)
    who = approved_investor(at=start, cash={"USD": 100_000_00})
    subscribe(offering, who, at=start, quantity=40)
    accounts.sign_in(client, issued.admin)
    assert f"Close {offering.name}" in text(client.get("/console/"))
    page = text(client.get(f"/console/offerings/{offering.id}/"))
    assert who.investor.reference in page
    assert client.post(f"/console/offerings/{offering.id}/close/", {"form_key": "k" * 12}).status_code == 302
    settle(offering)
    page = text(client.get(f"/console/offerings/{offering.id}/"))
    assert "$10,000 paid of $250,000" in page
