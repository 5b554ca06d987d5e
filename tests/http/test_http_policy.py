"""What every answer of every address carries, for everybody who may knock."""

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


EVERY = sorted(set(addresses(get_resolver())))
# signed in: without what ends the session, and without the description, which takes its time
INSIDE = [path for path in EVERY if not path.startswith(("/accounts/", "/api/v1/openapi.yaml"))]
LISTS = ["/cash/", "/activity/", "/portfolio/", "/api/v1/accounts/USD.cash/entries"]
CONSOLE_LISTS = ["/compliance/", "/compliance/outbox/", "/compliance/portal/membership/", "/console/"]
CARRIED = ("X-Content-Type-Options", "Permissions-Policy", "X-Frame-Options", "Cache-Control")


def test_there_are_addresses_to_look_at() -> None:
    assert "/" in EVERY
    assert "/console/" in EVERY
    assert "/compliance/outbox/" in EVERY
    assert f"/proof/{NOBODY}/" in EVERY
    assert "/api/v1/me" in EVERY


def wrong(client: Client, method: str, path: str) -> str:
    """What is wrong with the answer, in words; nothing for an answer as it should be."""
    client.raise_request_exception = False
    answer = client.generic(method, path, data=b"", content_type="application/x-www-form-urlencoded")
    policy = answer.headers.get("Content-Security-Policy", "")
    if answer.status_code >= 500:
        return f"{method} {path}: {answer.status_code}"
    if (policy != POLICY and not policy.startswith("default-src 'none'")) or "unsafe" in policy:
        return f"{method} {path}: policy {policy!r}"
    missing = [name for name in CARRIED if name not in answer.headers]
    return f"{method} {path}: lacks {missing}" if missing else ""


def walk(client: Client, method: str, paths: list[str]) -> list[str]:
    return [told for path in paths if (told := wrong(client, method, path))]


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_fails_for_a_stranger(client: Client, method: str) -> None:
    assert walk(client, method, EVERY) == []


WALKS = [("GET", role) for role in Role]
WALKS += [("POST", role) for role in (Role.INVESTOR, Role.ISSUER_ADMIN, Role.COMPLIANCE_OFFICER)]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "role"), WALKS)
def test_no_address_fails_for_any_role(client: Client, role: Role, method: str) -> None:
    accounts.sign_in(client, accounts.member(role))
    assert walk(client, method, INSIDE) == []
    assert "_auth_user_id" in client.session, "the walk was meant to stay signed in"


@pytest.mark.django_db
def test_no_address_fails_for_an_investor_with_books(client: Client, now: datetime) -> None:
    mara = books.owner(now)
    books.deposit(mara.owner, 10_000, now)
    books.hold(mara.owner, 5, now, code="ACME", name="Acme", scale=0)
    accounts.sign_in(client, mara.user)
    assert walk(client, "GET", INSIDE) == []


QUERIES = [
    "after=%00",
    "after=../../",
    "limit=-1",
    f"limit={'9' * 42}",
    "export=exe",
    "q=%F0%9F",
    "p=x",
    "o=x",
]
QUERIES += ["state=x", "group=%3Cb%3E", "page=0", "page=x", f"page={'9' * 30}", "id=x", "q=%00"]


@pytest.mark.django_db
def test_no_query_makes_a_page_fail(client: Client, now: datetime) -> None:
    mara = books.owner(now)
    books.deposit(mara.owner, 10_000, now)
    accounts.sign_in(client, mara.user)
    paths = [f"{path}?{query}" for path in LISTS for query in QUERIES]
    assert walk(client, "GET", paths) == []
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    paths = [f"{path}?{query}" for path in CONSOLE_LISTS for query in QUERIES]
    assert walk(client, "GET", paths) == []


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


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/compliance/", "/api/v1/me"])
def test_a_cookie_that_spells_a_nul_is_as_good_as_none(client: Client, path: str) -> None:
    client.raise_request_exception = False
    answer = client.get(path, headers={"Cookie": r'session="\000aaaaaaaaaaaaaa"; theme="\000"'})
    assert answer.status_code in (200, 302, 401)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/profile/", "/onboarding/message/", "/preferences/theme/"])
def test_a_nul_in_any_field_of_a_form_is_named(client: Client, path: str) -> None:
    accounts.sign_in(client, accounts.member(Role.INVESTOR))
    client.raise_request_exception = False
    answer = client.post(path, {"text": "one\x00two"})
    assert answer.status_code == 400
    assert "The field &quot;text&quot; holds a NUL" in answer.content.decode()
