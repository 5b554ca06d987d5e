"""Indices through the doors: pages, console and API; refusals as decisions, nobody else's orders."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from indices.domain.schedule import last_closed
from indices.methodologies.models import Index
from indices.rebalances.models import Rebalance
from indices.subscriptions import dealing
from indices.subscriptions.models import Order
from portal.domain.roles import Role
from tests.factories import accounts, indices
from tests.factories.investors import approved_investor

pytestmark = pytest.mark.django_db
DAYS = 20
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def live():
    """An index that has run for twenty days, up to the last close of the clock on the wall."""
    first = last_closed(timezone.now()) - timedelta(days=DAYS - 1)
    indices.steady(DAYS, first=first)
    made = indices.live_index(base=first)
    indices.advance(made.id, last_closed(timezone.now()) - timedelta(days=1), since=first)
    indices.levels.advance(index_id=made.id, actor=indices.ACTOR, at=timezone.now())
    return made


@pytest.fixture
def investor():
    return approved_investor(cash={"USD": 5_000_000})


@pytest.fixture
def web(client, investor):
    return accounts.sign_in(client, investor.user)


def post(client, path, body, key=None):
    return client.post(
        path,
        json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key or str(uuid4())},
    )


def test_the_list_and_the_page_show_level_weights_and_reasons(live, web):
    listed = web.get("/indices/")
    assert listed.status_code == 200
    assert "TEST index" in listed.content.decode()
    page = web.get("/indices/TEST/").content.decode()
    for said in ("rank 1 of the top 3", "AAA", "Buy units", "sha256", "Constituents"):
        assert said in page
    assert "Simulated prices" not in page
    found = Rebalance.objects.filter(state="applied").first()
    assert web.get(f"/indices/TEST/rebalances/{found.pk}/").status_code == 200


def test_the_mark_of_a_simulated_market_is_on_every_page_with_its_figures(web):
    first = last_closed(timezone.now()) - timedelta(days=9)
    indices.market(10, first=first)
    made = indices.live_index("FAKE", base=first, universe={"sectors": ["DeFi"]})
    indices.levels.advance(index_id=made.id, actor=indices.ACTOR, at=timezone.now())
    found = Rebalance.objects.filter(state="applied").first()
    for path in ("/indices/", "/indices/FAKE/", f"/indices/FAKE/rebalances/{found.pk}/"):
        assert "Simulated prices" in web.get(path).content.decode(), path
    assert web.get("/api/v1/indices/FAKE/levels").json()["levels"][-1]["simulated"] is True


def test_an_order_by_the_form_is_placed_once(live, investor, web):
    form = {"amount": "1250.00", "form_key": "k" * 16}
    for _ in range(2):
        answer = web.post("/indices/TEST/buy/", form)
        assert (answer.status_code, answer["Location"]) == (302, "/indices/orders/")
    placed = Order.objects.get()
    assert (placed.amount_minor, placed.investor_id) == (125_000, investor.id)
    assert "1,250" in web.get("/indices/orders/").content.decode()
    web.post(f"/indices/orders/{placed.pk}/cancel/")
    assert Order.objects.get().state == "cancelled"


def test_what_the_rules_refuse_is_shown_as_their_decision(live, web):
    answer = web.post("/indices/TEST/buy/", {"amount": "60000.00"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The order was not placed" in page
    assert "$50000.00 is free in the cash account" in page
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "amount", ["", "0", "-1", "1.234", "NaN", "1_000", "١٢", "1e3", "9" * 40, "<script>alert(1)</script>"]
)
def test_a_bad_amount_is_told_at_its_field_and_orders_nothing(live, web, amount):
    answer = web.post("/indices/TEST/buy/", {"amount": amount})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.content.decode()
    answer = post(web, "/api/v1/index-orders", {"index": "TEST", "kind": "create", "amount": amount})
    assert answer.status_code == 422
    assert answer.json()["field"] == "amount"
    assert not Order.objects.exists()


def test_units_are_redeemed_by_the_form(live, investor, web):
    web.post("/indices/TEST/buy/", {"amount": "1000"})
    Order.objects.update(dealing_day=last_closed(timezone.now()))
    dealing.deal(index_id=live.id, actor=indices.ACTOR, at=timezone.now())
    assert "You hold" in web.get("/indices/TEST/").content.decode()
    assert web.post("/indices/TEST/redeem/", {"units": "1"}).status_code == 302
    assert web.post("/indices/TEST/redeem/", {"units": "999"}).status_code == 422
    assert Order.objects.filter(kind="redeem").count() == 1


def test_the_api_tells_indices_levels_and_rebalances(live, web):
    listed = web.get("/api/v1/indices").json()["indices"]
    assert [one["code"] for one in listed] == ["TEST"]
    one = web.get("/api/v1/indices/TEST").json()
    assert one["methodology"]["document"]["selection"] == {"top": 3}
    levels = web.get("/api/v1/indices/TEST/levels").json()["levels"]
    assert len(levels) == DAYS - 1
    assert float(levels[-1]["level"]) == pytest.approx(100 * 1.01 ** (DAYS - 2), rel=1e-9)
    newest = web.get("/api/v1/indices/TEST/levels", {"first": levels[-1]["day"]}).json()["levels"]
    assert newest == levels[-1:]
    found = web.get("/api/v1/indices/TEST/rebalances").json()["rebalances"]
    told = web.get(f"/api/v1/indices/TEST/rebalances/{found[-1]['id']}").json()
    assert sum(float(line["weight"]) for line in told["constituents"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("indices/NOPE", 404),
        ("indices/NOPE/levels", 404),
        ("indices/TEST/levels?first=yesterday", 422),
        (f"indices/TEST/rebalances/{NOBODY}", 404),
        (f"index-orders/{NOBODY}", 404),
    ],
)
def test_what_is_not_there_is_a_problem_and_no_failure(live, web, path, status):
    answer = web.get(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_an_order_by_the_api_is_placed_once_per_key(live, web):
    body, key = {"index": "TEST", "kind": "create", "amount": "100.00"}, str(uuid4())
    first, again = (post(web, "/api/v1/index-orders", body, key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    other = post(web, "/api/v1/index-orders", body | {"amount": "200.00"}, key)
    assert other.status_code == 422
    assert Order.objects.count() == 1
    ended = post(web, f"/api/v1/index-orders/{first.json()['id']}/cancellation", {})
    assert ended.json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"index": "TEST", "kind": "create", "amount": 100}, "amount"),
        ({"index": "TEST", "kind": "create"}, "amount"),
        ({"index": "TEST", "kind": "create", "amount": "1", "units": "1"}, "units"),
        ({"index": "TEST", "kind": "redeem", "units": "0.000000001"}, "units"),
        ({"index": "TEST", "kind": "borrow"}, "kind"),
        ({"kind": "create", "amount": "100"}, "index"),
    ],
)
def test_a_bad_order_names_its_field(live, web, body, field):
    answer = post(web, "/api/v1/index-orders", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert not Order.objects.exists()


def test_a_refusal_by_the_api_carries_every_finding(live, web):
    answer = post(web, "/api/v1/index-orders", {"index": "TEST", "kind": "create", "amount": "60000.00"})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "order-refused")
    assert {finding["rule"]: finding["outcome"] for finding in told["findings"]}["cash-available"] == "failed"


def test_somebody_elses_order_is_not_found(live, web, client):
    placed = post(web, "/api/v1/index-orders", {"index": "TEST", "kind": "create", "amount": "100.00"}).json()
    accounts.sign_in(client, approved_investor().user)
    assert client.get(f"/api/v1/index-orders/{placed['id']}").status_code == 404
    assert client.post(f"/indices/orders/{placed['id']}/cancel/").status_code == 404
    assert Order.objects.get().state == "placed"


def test_a_draft_is_nobodys_business(client, web):
    made = indices.methodologies.define_index(
        code="DRAFT",
        name="Draft",
        document=indices.document(),
        base_date=indices.BASE,
        actor=indices.OPERATOR,
        at=timezone.now(),
    )
    assert web.get("/indices/DRAFT/").status_code == 404
    assert web.get("/api/v1/indices/DRAFT").status_code == 404
    assert web.get(f"/compliance/indices/{made.id}/").status_code in (403, 404)


def test_an_operator_defines_launches_and_runs_an_index(client):
    first = last_closed(timezone.now()) - timedelta(days=6)
    indices.steady(7, first=first)
    accounts.sign_in(client, accounts.member(Role.OPERATOR))
    assert client.get("/compliance/indices/").status_code == 200
    form = {
        "code": "DESK",
        "name": "Desk index",
        "base_date": first.isoformat(),
        "base_level": "100",
        "document": json.dumps(indices.document(approval="four_eyes")),
    }
    bad = client.post("/compliance/indices/new/", form | {"document": "{"})
    assert (bad.status_code, "This is not JSON" in bad.content.decode()) == (422, True)
    for text in ("1", '"x"', "[]", "true"):
        bad = client.post("/compliance/indices/new/", form | {"document": text})
        assert (bad.status_code, "but no object" in bad.content.decode()) == (422, True)
    bad = client.post("/compliance/indices/new/", form | {"document": '{"theme": "x"}'})
    assert (bad.status_code, "required property" in bad.content.decode()) == (422, True)
    made = client.post("/compliance/indices/new/", form)
    index = Index.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/compliance/indices/{index.pk}/")
    client.post(f"/compliance/indices/{index.pk}/launch/")
    client.post(f"/compliance/indices/{index.pk}/advance/")
    asked = Rebalance.objects.get(state="awaiting_approval")
    own = client.get(f"/compliance/rebalances/{asked.pk}/")
    assert (own.status_code, "Approve</button>" in own.content.decode()) == (200, False)
    assert client.post(f"/compliance/rebalances/{asked.pk}/approve/").status_code == 403

    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert "Approve</button>" in client.get(f"/compliance/rebalances/{asked.pk}/").content.decode()
    assert client.post(f"/compliance/rebalances/{asked.pk}/approve/").status_code == 302
    asked.refresh_from_db()
    assert asked.state == "approved"
    assert client.get(f"/compliance/indices/{index.pk}/").status_code == 200
    assert client.post(f"/compliance/indices/{index.pk}/advance/").status_code == 403


def test_an_auditor_reads_and_changes_nothing(live, client):
    accounts.sign_in(client, accounts.member(Role.AUDITOR))
    assert client.get("/compliance/indices/").status_code == 200
    assert client.get(f"/compliance/indices/{live.id}/").status_code == 200
    for what in ("launch", "advance", "deal", "version"):
        assert client.post(f"/compliance/indices/{live.id}/{what}/").status_code == 403
