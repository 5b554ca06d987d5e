"""What every answer of every address carries, for everybody who may knock."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from portal.domain.roles import Role
from portal.http.middleware import POLICY
from tests.factories import accounts, books

NOBODY = "00000000-0000-4000-8000-000000000000"
SAMPLES = {"uuid": NOBODY, "int": "1", "str": "x", "path": "x", "slug": "x"}


def addresses(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = str(getattr(pattern.pattern, "_route", ""))
        for name, converter in getattr(pattern.pattern, "converters", {}).items():
            kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
            route = route.replace(f"<{kind}:{name}>", SAMPLES.get(kind, "x")).replace(f"<{name}>", "x")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, prefix + route)
        elif isinstance(pattern, URLPattern) and "(" not in prefix + route:
            yield prefix + route


ENDS_THE_SESSION = re.compile(r"logout|demo-sign-in|/sessions/|password/(change|set|reset)|second-factor")
EVERY = sorted(set(addresses(get_resolver())))


def test_there_are_addresses_to_look_at() -> None:
    assert "/" in EVERY
    assert "/console/" in EVERY
    assert "/compliance/outbox/" in EVERY
    assert f"/proof/{NOBODY}/" in EVERY
    assert "/api/v1/me" in EVERY


def knock(client: Client, method: str, path: str) -> None:
    answer = client.generic(method, path, data=b"", content_type="application/x-www-form-urlencoded")
    assert answer.status_code < 500, (method, path, answer.status_code)
    policy = answer.headers["Content-Security-Policy"]
    assert policy == POLICY or policy.startswith("default-src 'none'"), path
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_fails_for_a_stranger(client: Client, method: str) -> None:
    for path in EVERY:
        knock(client, method, path)


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_fails_for_any_role(client: Client, role: Role, method: str) -> None:
    accounts.sign_in(client, accounts.member(role))
    for path in EVERY:
        if not ENDS_THE_SESSION.search(path):
            knock(client, method, path)
    assert "_auth_user_id" in client.session, "the walk was meant to stay signed in"


@pytest.mark.django_db
def test_no_address_fails_for_an_investor_with_books(client: Client, now: datetime) -> None:
    mara = books.owner(now)
    books.deposit(mara.owner, 10_000, now)
    books.hold(mara.owner, 5, now, code="ACME", name="Acme", scale=0)
    accounts.sign_in(client, mara.user)
    for path in EVERY:
        if not ENDS_THE_SESSION.search(path):
            knock(client, "GET", path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "?after=%00",
        "?after=../../",
        "?limit=-1",
        "?limit=9" + "9" * 40,
        "?export=exe",
        "?q=%F0%9F",
        "?p=x",
        "?o=x",
        "?state=x",
        "?group=%3Cb%3E",
    ],
)
def test_no_query_makes_a_page_fail(client: Client, query: str, now: datetime) -> None:
    mara = books.owner(now)
    books.deposit(mara.owner, 10_000, now)
    accounts.sign_in(client, mara.user)
    for path in ("/cash/", "/activity/", "/api/v1/accounts/USD.cash/entries"):
        assert client.get(path + query).status_code < 500
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    for path in ("/compliance/", "/compliance/outbox/", "/compliance/portal/membership/"):
        assert client.get(path + query).status_code < 500


@pytest.mark.django_db
def test_what_one_person_sees_is_kept_by_no_cache(client: Client) -> None:
    assert client.get("/").headers["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_a_form_without_its_token_is_told_what_to_do() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/preferences/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
    assert "Open the page anew" in answer.content.decode()


@pytest.mark.django_db
def test_colours_are_remembered_and_lead_nowhere_else(client: Client) -> None:
    answer = client.post("/preferences/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert answer.cookies["theme"].value == "dark"
    assert 'data-theme="dark"' in client.get("/figures/").content.decode()
    client.post("/preferences/theme/", {"theme": '"><script>', "next": "/figures/"})
    assert "data-theme" not in client.get("/figures/").content.decode()


@pytest.mark.django_db
def test_figures_follow_the_language(client: Client, now: datetime) -> None:
    mara = books.owner(now)
    books.deposit(mara.owner, 123_456_789, now)
    accounts.sign_in(client, mara.user)
    assert "$1,234,567" in client.get("/cash/").content.decode()
    german = client.get("/cash/", headers={"Accept-Language": "de"}).content.decode()
    assert "1.234.567" in german
    assert 'lang="de"' in german
