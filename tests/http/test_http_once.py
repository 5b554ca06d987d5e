"""The same request twice has one effect: by Idempotency-Key in the API, by the form's key on pages."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.audit.selectors import events
from portal.audit.services import record
from portal.domain.errors import Invalid
from portal.http.actors import actor_of
from portal.http.once import idempotent, once
from portal.idempotency.services import KeyUnderWay
from tests.factories import accounts

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
KEY = "7c0ad5e4-9f2b-4c55-8d0e-0a4a0d6f3a11"
AT = datetime.fromisoformat("2026-11-22T10:00:00+00:00")


class Order(APIView):
    @idempotent
    def post(self, request: Request) -> Response:
        if request.data.get("amount") == "0":
            raise Invalid("Amount is zero; it must be above zero.", field="amount")
        told = record(actor=actor_of(request), action="test.ordered", subject="order:1", at=AT)
        return Response({"event": str(told), "amount": request.data["amount"]}, status=201)


@once
def page(request: HttpRequest) -> HttpResponse:
    if request.POST.get("amount") == "0":
        return HttpResponse("Amount is zero", status=200)
    if request.method == "POST":
        record(actor=actor_of(request), action="test.ordered", subject="order:1", at=AT)
        return HttpResponseRedirect("/figures/")
    return HttpResponse("form")


urlpatterns = [
    path("api/v1/test-orders", Order.as_view()),
    path("order/", page),
    path("", include("portal.urls")),
]


@pytest.fixture
def mara(client: Client) -> Client:
    return accounts.sign_in(client, accounts.member(accounts.Role.INVESTOR))


def order(client: Client, body: dict[str, Any], key: str | None = KEY) -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client.post(
        "/api/v1/test-orders", json.dumps(body), content_type="application/json", headers=headers
    )


def orders() -> int:
    return len(events(action="test.ordered"))


def test_a_retry_gets_the_first_answer_and_does_nothing(mara: Client) -> None:
    first, again = order(mara, {"amount": "5"}), order(mara, {"amount": "5"})
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert orders() == 1


def test_members_in_another_order_are_the_same_body(mara: Client) -> None:
    order(mara, {"amount": "5", "note": "x"})
    assert order(mara, {"note": "x", "amount": "5"}).status_code == 201
    assert orders() == 1


def test_the_same_key_with_another_body_is_refused_and_changes_nothing(mara: Client) -> None:
    order(mara, {"amount": "5"})
    answer = order(mara, {"amount": "6"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency-key-reused"
    assert answer.json()["field"] == "Idempotency-Key"
    assert orders() == 1


def test_a_key_under_way_is_a_conflict(mara: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_: Any) -> None:
        raise KeyUnderWay("A request with this idempotency key is still under way.", field="Idempotency-Key")

    monkeypatch.setattr("portal.idempotency.services.claim", busy)
    answer = order(mara, {"amount": "5"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency-key-under-way"
    assert orders() == 0


@pytest.mark.parametrize("key", [None, "", "short", "x" * 201, "with blank inside", "ümlaut-key-1234"])
def test_a_missing_or_unusable_key_is_named(mara: Client, key: str | None) -> None:
    answer = order(mara, {"amount": "5"}, key)
    assert answer.status_code == 400
    assert answer.json()["field"] == "Idempotency-Key"
    assert orders() == 0


def test_a_refused_request_may_be_corrected_under_its_key(mara: Client) -> None:
    assert order(mara, {"amount": "0"}).status_code == 422
    assert order(mara, {"amount": "5"}).status_code == 201
    assert orders() == 1


def test_keys_of_two_people_are_two_keys(mara: Client) -> None:
    other = accounts.sign_in(Client(), accounts.member(accounts.Role.INVESTOR))
    assert order(mara, {"amount": "5"}).status_code == 201
    assert order(other, {"amount": "7"}).status_code == 201
    assert orders() == 2


def test_a_double_click_or_a_reload_leads_to_where_the_first_led(mara: Client) -> None:
    first = mara.post("/order/", {"amount": "5", "form_key": KEY})
    again = mara.post("/order/", {"amount": "5", "form_key": KEY})
    assert first["Location"] == again["Location"] == "/figures/"
    assert orders() == 1
    assert "done already" in mara.get("/figures/").content.decode()


def test_going_back_and_sending_something_else_with_the_old_page_is_refused(mara: Client) -> None:
    mara.post("/order/", {"amount": "5", "form_key": KEY})
    answer = mara.post("/order/", {"amount": "6", "form_key": KEY})
    assert answer.status_code == 422
    assert orders() == 1


def test_a_form_with_errors_keeps_its_key(mara: Client) -> None:
    assert mara.post("/order/", {"amount": "0", "form_key": KEY}).status_code == 200
    assert mara.post("/order/", {"amount": "5", "form_key": KEY}).status_code == 302
    assert orders() == 1


def test_two_openings_of_a_form_are_two_orders(mara: Client) -> None:
    mara.post("/order/", {"amount": "5", "form_key": KEY})
    mara.post("/order/", {"amount": "5", "form_key": KEY + "-2"})
    assert orders() == 2
