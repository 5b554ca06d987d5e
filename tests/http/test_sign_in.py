"""Signing up, signing in, being throttled, being somebody in demonstration mode, signing out elsewhere."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from portal.accounts import selectors, services
from portal.accounts.models import User
from portal.audit.models import Event
from portal.domain.roles import Role
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
LOGIN, DEMO = "/accounts/login/", "/accounts/demo-sign-in/"


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    """allauth's own limits live in the cache, which outlives a test."""
    cache.clear()


def who_is(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def events(action: str) -> list[Event]:
    return list(Event.objects.filter(action=f"account.{action}").order_by("id"))


def try_password(client: Client, email: str, password: str):
    return client.post(LOGIN, {"login": email, "password": password})


def test_somebody_opens_an_account_with_a_code_from_the_mail(client):
    page = client.post(
        "/accounts/signup/",
        {"email": "Ada@Somewhere.example", "password1": make.PASSWORD, "password2": make.PASSWORD},
    )
    assert page.url == "/accounts/confirm-email/"
    assert who_is(client) is None
    [message] = mail.outbox
    assert message.to == ["ada@somewhere.example"]
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", message.body, re.M).group(1)

    assert client.post("/accounts/confirm-email/", {"code": "WRONG1"}).status_code == 200
    assert who_is(client) is None
    client.post("/accounts/confirm-email/", {"code": code})

    ada = User.objects.get()
    assert who_is(client) == str(ada.pk)
    assert selectors.principal_of(ada).investor
    assert [event.subject for event in events("registered") + events("signed_in")] == [f"user:{ada.pk}"] * 2


@pytest.mark.parametrize("password", ["short", "12345678901234", "password1234"])
def test_a_weak_password_is_refused_beside_its_field(client, password):
    page = client.post(
        "/accounts/signup/", {"email": "a@b.example", "password1": password, "password2": password}
    )
    assert page.status_code == 200
    assert "password1" in page.context["form"].errors
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_not_told(client):
    make.person(email="ada@somewhere.example")
    page = client.post(
        "/accounts/signup/",
        {"email": "ADA@somewhere.example", "password1": make.PASSWORD, "password2": make.PASSWORD},
    )
    assert page.url == "/accounts/confirm-email/"
    assert User.objects.count() == 1
    assert "already" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("role", "lands"),
    [(Role.INVESTOR, "/"), (Role.ISSUER_ADMIN, "/console/"), (Role.OPERATOR, "/compliance/")],
)
def test_each_role_lands_at_its_own_door(client, role, lands):
    who = make.member(role, password=make.PASSWORD)
    assert try_password(client, who.email, make.PASSWORD).url == lands
    assert who_is(client) == str(who.id)


def test_a_failed_sign_in_is_told_to_the_trail_without_the_address(client):
    who = make.person(password=make.PASSWORD)
    assert try_password(client, who.email, "wrong").status_code == 200
    assert try_password(client, "nobody@somewhere.example", "wrong").status_code == 200
    assert [event.subject for event in events("sign_in_failed")] == [f"user:{who.id}", "user:unknown"]
    assert "nobody" not in "".join(event.facts + event.actor_label for event in events("sign_in_failed"))


def test_a_closed_account_does_not_sign_in(client, now):
    who = make.person(password=make.PASSWORD)
    User.objects.filter(pk=who.id).update(is_active=False)
    try_password(client, who.email, make.PASSWORD)
    assert who_is(client) is None


def test_an_account_is_shut_for_a_while_after_too_many_attempts(client, monkeypatch):
    monkeypatch.setattr(services, "PER_ACCOUNT", 3)
    who = make.person(password=make.PASSWORD)
    for _ in range(3):
        try_password(client, who.email, "wrong")
    page = try_password(client, who.email.upper(), make.PASSWORD)
    assert who_is(client) is None
    assert "Too many attempts: 3 in 10 minutes" in page.content.decode()
    assert len(events("sign_in_failed")) == 3
    other = make.person(password=make.PASSWORD)
    try_password(client, other.email, make.PASSWORD)
    assert who_is(client) == str(other.id)


def test_a_success_starts_the_count_anew(client, monkeypatch):
    monkeypatch.setattr(services, "PER_ACCOUNT", 3)
    who = make.person(password=make.PASSWORD)
    for password in ("wrong", "wrong", make.PASSWORD, "wrong", "wrong"):
        client.logout()
        try_password(client, who.email, password)
    try_password(client, who.email, make.PASSWORD)
    assert who_is(client) == str(who.id)


def test_one_address_cannot_go_through_many_accounts(client, monkeypatch):
    monkeypatch.setattr(services, "PER_ADDRESS", 4)
    for n in range(4):
        try_password(client, f"nobody{n}@somewhere.example", "wrong")
    who = make.person(password=make.PASSWORD)
    assert "Too many attempts" in try_password(client, who.email, make.PASSWORD).content.decode()
    assert who_is(client) is None


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_get_no_more_than_the_limit(monkeypatch):
    monkeypatch.setattr(services, "PER_ACCOUNT", 4)
    who = make.person(password=make.PASSWORD)

    def guess(_) -> int:
        try:
            return try_password(Client(), who.email, "wrong").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(guess, range(12))) == {200}
    assert len(events("sign_in_failed")) == 4


def test_the_page_offers_each_role_by_one_click_in_demonstration_mode(client, settings):
    for role in Role:
        make.member(role)
    page = client.get(LOGIN).content.decode()
    for role in Role:
        assert f"Sign in as {role.label}" in page
    assert "Aldermoor" in page
    settings.DEMO_MODE = False
    assert "demo-sign-in" not in client.get(LOGIN).content.decode()


def test_one_click_signs_in_with_all_that_the_role_needs(client):
    officer = make.member(Role.COMPLIANCE_OFFICER)
    assert client.post(DEMO, {"user_id": str(officer.id)}).url == "/compliance/"
    assert who_is(client) == str(officer.id)
    assert client.get("/accounts/second-factor/?next=/onward").url == "/onward"
    assert '"demonstration"' in events("signed_in")[0].facts


def test_another_click_makes_one_somebody_else(client):
    officer, investor = make.member(Role.COMPLIANCE_OFFICER), make.person()
    client.post(DEMO, {"user_id": str(officer.id)})
    assert client.post(DEMO, {"user_id": str(investor.id)}).url == "/"
    assert who_is(client) == str(investor.id)


@pytest.mark.parametrize("chosen", ["", "nobody", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_only_those_whom_the_page_offers_can_be_chosen(client, chosen):
    make.member(Role.OPERATOR)
    real = make.person(email="real@company.com")
    for user_id in (chosen, str(real.id)):
        assert client.post(DEMO, {"user_id": user_id}).url == LOGIN
        assert who_is(client) is None


def test_outside_demonstration_mode_the_click_does_not_exist(client, settings):
    operator = make.member(Role.OPERATOR)
    settings.DEMO_MODE = False
    assert client.post(DEMO, {"user_id": str(operator.id)}).status_code == 404
    assert who_is(client) is None


def test_a_demonstration_session_is_worth_nothing_once_the_mode_is_off(client, settings):
    operator = make.member(Role.OPERATOR)
    client.post(DEMO, {"user_id": str(operator.id)})
    settings.DEMO_MODE = False
    assert client.get("/compliance/").url.startswith("/accounts/second-factor/")


def test_the_click_needs_the_token_of_the_page():
    operator = make.member(Role.OPERATOR)
    client = Client(enforce_csrf_checks=True)
    assert client.post(DEMO, {"user_id": str(operator.id)}).status_code == 403
    assert client.get(DEMO).status_code == 405
    assert who_is(client) is None


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(client, where):
    investor = make.person()
    assert client.post(DEMO, {"user_id": str(investor.id), "next": where}).url == "/"


def test_sessions_are_listed_and_can_be_ended_one_by_one(client):
    who = make.person()
    make.sign_in(client, who)
    elsewhere = make.sign_in(Client(HTTP_USER_AGENT="Elsewhere/1.0 <b>"), who)
    elsewhere.get("/accounts/second-factor/")
    page = client.get("/accounts/sessions/").content.decode()
    assert "Elsewhere/1.0 &lt;b&gt;" in page
    other = next(one for one in selectors.sessions(who.id) if one.browser.startswith("Elsewhere"))
    assert client.post(f"/accounts/sessions/{other.id}/end/").url == "/accounts/sessions/"
    assert elsewhere.get("/accounts/second-factor/").url.startswith(LOGIN)
    assert len(selectors.sessions(who.id)) == 1


def test_somebody_elses_session_is_not_found(client):
    victim = make.sign_in(Client(), person := make.person())
    victim.get("/accounts/second-factor/")
    [session] = selectors.sessions(person.id)
    make.sign_in(client, make.person())
    assert client.post(f"/accounts/sessions/{session.id}/end/").status_code == 404
    assert selectors.sessions(person.id) == [session]


def test_every_other_session_can_be_ended_at_once(client):
    who = make.person()
    make.sign_in(client, who)
    for _ in range(2):
        make.sign_in(Client(), who).get("/accounts/second-factor/")
    client.get("/accounts/second-factor/")
    client.post("/accounts/sessions/")
    assert len(selectors.sessions(who.id)) == 1
    assert len(events("sessions_revoked")) == 1


def test_mail_that_cannot_be_sent_is_told_and_breaks_nothing(client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    page = client.post(
        "/accounts/signup/",
        {"email": "a@b.example", "password1": make.PASSWORD, "password2": make.PASSWORD},
        follow=True,
    )
    assert page.status_code == 200
    assert "could not be sent" in page.content.decode()


@pytest.mark.parametrize(
    "page",
    [
        "login",
        "signup",
        "signup/passkey",
        "password/reset",
        "password/reset/done",
        "inactive",
        "password/reset/key/done",
    ],
)
def test_each_page_of_the_entrance_opens_and_says_so(client, page):
    answer = client.get(f"/accounts/{page}/")
    assert answer.status_code == 200
    assert "<h1>" in answer.content.decode()
    assert "style=" not in answer.content.decode()


@pytest.mark.parametrize(
    "page", ["email", "password/change", "2fa", "2fa/webauthn", "sessions", "logout", "reauthenticate"]
)
def test_each_page_of_the_account_opens_and_says_so(client, page):
    make.sign_in(client, make.person(password=make.PASSWORD), make.Shown.password)
    answer = client.get(f"/accounts/{page}/")
    assert answer.status_code == 200
    assert "<h1>" in answer.content.decode()


GARBAGE = ["", "[]", "1", "null", '"x"', "{", '{"id": 1}', '{"response": []}', '{"id": "AA", "response": {"userHandle": "AA"}}',
           '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}',
           '{"id":"AA","rawId":"AA","type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":"e30","authenticatorData":"' + "A" * 60 + '","signature":"AA","userHandle":"eHg"}}']  # fmt: skip


@pytest.mark.parametrize("credential", GARBAGE)
def test_a_made_up_passkey_is_refused_without_an_error(client, credential):
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    answer = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert answer.url == LOGIN
    assert who_is(client) is None


@pytest.mark.parametrize("credential", GARBAGE)
def test_a_made_up_device_is_not_added(client, credential):
    make.sign_in(client, make.person(), {**make.Shown.password, "reauthenticated": True})
    client.get("/accounts/2fa/webauthn/add/")
    assert (
        client.post("/accounts/2fa/webauthn/add/", {"name": "x", "credential": credential}).status_code == 200
    )
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("key", ["x-y", "0-0", "zzzzzzzz-set-password", "\u0661-abc", "1" * 300 + "-a"])
def test_a_made_up_reset_link_says_that_it_is_no_longer_good(client, key):
    answer = client.get(f"/accounts/password/reset/key/{key}/")
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (LOGIN, {"login": "a\0@b.example", "password": "x\0"}),
        (LOGIN, {"login": "a" * 10_000, "password": "x" * 100_000}),
        (LOGIN, {}),
        ("/accounts/signup/", {"email": "\0", "password1": "\0", "password2": "\0"}),
        ("/accounts/signup/", {"email": "a@" + "b" * 300 + ".example", "password1": make.PASSWORD}),
        ("/accounts/password/reset/", {"email": "<script>"}),
    ],
)
def test_odd_input_is_told_beside_its_field(client, path, fields):
    answer = client.post(path, fields)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not User.objects.exists()
