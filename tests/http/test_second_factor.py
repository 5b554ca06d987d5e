"""Two factors for every role but the investor's, shown in this session; step-up before money moves."""

import json
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.stepup import require_recent, step_up
from portal.audit.models import Event
from portal.domain.roles import GRANTABLE, Role
from portal.urls import urlpatterns as portal_urls
from tests.factories import accounts as make
from tests.factories.accounts import Shown


@step_up
def pay(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"paid {request.POST.get('amount', 'nothing')}")


def pay_by_api(request: HttpRequest) -> HttpResponse:
    require_recent(request)
    return HttpResponse("paid")


def desk(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the desk")


urlpatterns = [
    path("tests/desk/", desk),
    path("tests/pay/", pay),
    path("api/v1/tests/desk", desk),
    path("api/v1/tests/pay", pay_by_api),
    *portal_urls,
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
DESK, API, PAY = "/tests/desk/", "/api/v1/tests/desk", "/tests/pay/"
EXPLAINED = "/accounts/second-factor/"


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    """allauth's own limits live in the cache, which outlives a test."""
    cache.clear()


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def with_app(who) -> str:
    """Give this person an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(User.objects.get(pk=who.id), secret)
    return secret


@pytest.mark.parametrize("role", GRANTABLE)
def test_one_factor_is_not_enough_for_any_role(client, role):
    make.sign_in(client, make.member(role), Shown.password)
    assert client.get(DESK).url == f"{EXPLAINED}?next=%2Ftests%2Fdesk%2F"
    assert client.post(DESK).url == f"{EXPLAINED}?next=%2F"
    refused = client.get(API)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert json.loads(refused.content)["code"] == "second-factor-required"


@pytest.mark.parametrize(
    "door", ["/", "/console/", "/compliance/", "/api/v1/", "/accounts/email/", "/accounts/sessions/"]
)
def test_no_door_opens_to_one_factor(client, door):
    make.sign_in(client, make.member(Role.OPERATOR), Shown.password)
    answer = client.get(door)
    assert answer.status_code == 403 if door.startswith("/api/") else answer.url.startswith(EXPLAINED)


@pytest.mark.parametrize("role", GRANTABLE)
@pytest.mark.parametrize(
    "shown",
    [Shown.totp, Shown.passkey, {"method": "mfa", "type": "recovery_codes"}],
    ids=lambda one: one["type"],
)
def test_two_factors_are(client, role, shown):
    make.sign_in(client, make.member(role), Shown.password, shown)
    assert client.get(DESK).content == b"the desk"
    assert client.get(API).content == b"the desk"


def test_owning_a_device_is_not_showing_it(client):
    who = make.member(Role.COMPLIANCE_OFFICER)
    with_app(who)
    make.sign_in(client, who, Shown.password)
    assert client.get(DESK).url.startswith(EXPLAINED)
    page = client.get(EXPLAINED).content.decode()
    assert "Show your second factor" in page
    assert "/accounts/2fa/reauthenticate/" in page


@pytest.mark.parametrize("kind", ["session", "trust", "password", ""])
def test_other_records_in_the_session_do_not_count(client, kind):
    make.sign_in(client, make.member(Role.AUDITOR), {"method": "mfa", "type": kind})
    assert client.get(DESK).url.startswith(EXPLAINED)


def test_an_investor_may_do_with_one(client):
    make.sign_in(client, make.person(), Shown.password)
    assert client.get(DESK).content == b"the desk"


def test_a_role_counts_from_the_next_request_on(client):
    who, place = make.person(), make.issuer()
    make.sign_in(client, who, Shown.password)
    assert client.get(DESK).status_code == 200
    make.grant(who, Role.ISSUER_VIEWER, place)
    assert client.get(DESK).url.startswith(EXPLAINED)


def test_a_fragment_leads_the_whole_page_to_the_explanation(client):
    make.sign_in(client, make.member(Role.OPERATOR), Shown.password)
    answer = client.get(DESK, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, EXPLAINED)


def test_whoever_has_none_may_set_one_up_and_whoever_has_one_may_not_add_another_on_a_password(client):
    who = make.member(Role.ISSUER_ADMIN, password=make.PASSWORD)
    make.sign_in(client, who, {**Shown.password, "reauthenticated": True})
    assert "Your role needs a second factor" in client.get(EXPLAINED).content.decode()
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200
    with_app(who)
    assert client.get("/accounts/2fa/webauthn/add/").url.startswith(EXPLAINED)


@pytest.mark.django_db(transaction=True)
def test_setting_up_an_app_shows_it_and_afterwards_each_sign_in_asks_for_it(client):
    who = make.member(Role.OPERATOR, password=make.PASSWORD)
    make.sign_in(client, who, {**Shown.password, "reauthenticated": True})
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    assert client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    code = code_now(secret)
    assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302

    assert client.get(DESK).content == b"the desk"
    assert Event.objects.filter(action="account.totp_activated", subject=f"user:{who.id}").count() == 1
    assert secret not in Authenticator.objects.get(type="totp").data["secret"]

    client.post("/accounts/logout/")
    page = client.post("/accounts/login/", {"login": who.email, "password": make.PASSWORD})
    assert page.url == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    assert client.post(page.url, {"code": "000000"}).status_code == 200
    assert client.post(page.url, {"code": code_now(secret)}).url == "/compliance/"
    assert client.get(DESK).content == b"the desk"


@pytest.mark.django_db(transaction=True)
def test_a_code_works_once(client):
    who = make.member(Role.OPERATOR, password=make.PASSWORD)
    secret = with_app(who)
    browsers = (client, Client())
    for browser in browsers:
        browser.post("/accounts/login/", {"login": who.email, "password": make.PASSWORD})
    if (left := 30 - time.time() % 30) < 5:
        time.sleep(left)  # a code counts for the half minute it is of
    code = code_now(secret)
    for browser, signed_in in zip(browsers, (True, False), strict=True):
        browser.post("/accounts/2fa/authenticate/", {"code": code})
        assert ("_auth_user_id" in browser.session) is signed_in


def test_codes_cannot_be_guessed_for_long(client, monkeypatch):
    monkeypatch.setattr("portal.accounts.services.PER_ACCOUNT", 3)
    who = make.member(Role.OPERATOR, password=make.PASSWORD)
    secret = with_app(who)
    client.post("/accounts/login/", {"login": who.email, "password": make.PASSWORD})
    for _ in range(3):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    page = client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert "Too many attempts" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_last_device_of_a_role_that_needs_one_stays(client):
    who = make.member(Role.OPERATOR)
    with_app(who)
    make.sign_in(client, who, Shown.password, {**Shown.totp, "reauthenticated": True})
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user_id=who.id, type="totp").exists()


def shift(client: Client, **keys: timedelta) -> None:
    session = client.session
    for key, by in keys.items():
        session[key] -= by.total_seconds()
    session.save()


def test_an_idle_session_of_the_house_ends(client):
    make.sign_in(client, make.member(Role.OPERATOR))
    assert client.get(DESK).status_code == 200
    shift(client, portal_seen_at=timedelta(minutes=14))
    assert client.get(DESK).status_code == 200
    shift(client, portal_seen_at=timedelta(minutes=16))
    assert client.get(DESK).url.startswith("/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_a_session_of_the_house_ends_after_twelve_hours_however_busy(client):
    make.sign_in(client, make.member(Role.OPERATOR), at=timezone.now() - timedelta(hours=11))
    assert client.get(DESK).status_code == 200
    shift(client, portal_began_at=timedelta(hours=1, minutes=1))
    refused = client.get(API)
    assert (refused.status_code, json.loads(refused.content)["code"]) == (401, "session-over")


def test_an_investors_session_may_rest(client):
    make.sign_in(client, make.person(), Shown.password, at=timezone.now() - timedelta(hours=2))
    assert client.get(DESK).status_code == 200


# --- step-up

LONG_SINCE = timedelta(minutes=11)


def test_money_moves_soon_after_signing_in(client):
    make.sign_in(client, make.person(), Shown.password, at=timezone.now() - timedelta(minutes=9))
    assert client.post(PAY, {"amount": "7"}).content == b"paid 7"


def test_later_it_wants_to_know_again_and_then_goes_on_with_what_was_sent(client):
    who = make.person(password=make.PASSWORD)
    make.sign_in(client, who, Shown.password, at=timezone.now() - LONG_SINCE)
    asked = client.post(PAY, {"amount": "7"})
    assert asked.url == "/accounts/reauthenticate/?next=%2Ftests%2Fpay%2F"
    assert b"paid" not in client.post(asked.url, {"password": "wrong"}).content
    confirmed = client.post(asked.url, {"password": make.PASSWORD, "next": PAY})
    assert confirmed.content == b"paid 7"
    assert client.post(PAY, {"amount": "8"}).content == b"paid 8"


def test_a_role_confirms_with_its_second_factor_and_not_with_the_password(client):
    who = make.member(Role.OPERATOR, password=make.PASSWORD)
    with_app(who)
    long_since = timezone.now() - LONG_SINCE
    make.sign_in(client, who, Shown.password, Shown.totp, at=long_since)
    assert client.get(PAY).url == "/accounts/2fa/reauthenticate/?next=%2Ftests%2Fpay%2F"
    client.post("/accounts/reauthenticate/", {"password": make.PASSWORD})
    assert client.get(PAY).status_code == 302
    page = client.get("/accounts/2fa/reauthenticate/").content.decode()
    assert "/accounts/reauthenticate/" not in page


def test_by_the_api_it_is_a_refusal_that_says_where_to_confirm(client):
    make.sign_in(client, make.person(), Shown.password, at=timezone.now() - LONG_SINCE)
    refused = client.post("/api/v1/tests/pay")
    assert refused.status_code == 403
    assert "/accounts/reauthenticate/" in refused.content.decode()
    make.sign_in(client, make.person(), Shown.password)
    assert client.post("/api/v1/tests/pay").content == b"paid"


def test_a_fragment_is_sent_to_confirm_as_a_whole_page(client):
    make.sign_in(client, make.person(), Shown.password, at=timezone.now() - LONG_SINCE)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/cash/?tab=1"}
    answer = client.post(PAY, headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/reauthenticate/?next=%2Fcash%2F")


def test_a_visitor_is_not_let_through(client):
    assert client.get(PAY).url.startswith("/accounts/login/")


def test_a_demonstration_needs_no_step_up_and_only_in_its_mode(client, settings):
    who = make.member(Role.OPERATOR)
    make.sign_in(client, who, {"method": "demonstration"}, at=timezone.now() - LONG_SINCE)
    assert client.get(PAY).status_code == 200
    settings.DEMO_MODE = False
    assert client.get(PAY).status_code == 302
