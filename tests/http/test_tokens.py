"""The API for programs: tokens open what their scopes and their owner's rights both allow, and nothing else."""

import base64
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from portal.access import services
from portal.access.models import AccessToken, MachineClient
from portal.access.selectors import FOR_MACHINES, SCOPES
from portal.accounts.models import Attempts, User
from portal.audit import selectors as audit
from portal.domain.roles import Role
from portal.http.tokens import AREA_OF, AREAS
from tests.factories import accounts, books

pytestmark = pytest.mark.django_db
OPEN_TO_ALL = {
    "api-root",
    "api-schema",
    "api-docs",
    "api-nowhere",
    "api-oauth-token",
    "api-identity-provider-messages",
}


@pytest.fixture
def mara(now):
    owner = books.owner(now, name="Mara Lindqvist")
    books.deposit(owner.owner, 2_019_046, now)
    return owner


def token_of(user, *scopes, days=30, at=None):
    return services.make_token(
        user_id=user.id,
        name="Sheet",
        scopes=scopes,
        days=days,
        actor=accounts.actor(user),
        at=at or timezone.now(),
    )


def with_token(secret):
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def machine():
    organisation = accounts.issuer("Harborview")
    made = services.make_client(
        organisation_id=organisation.id,
        name="Nightly sheet",
        scopes=FOR_MACHINES,
        actor=accounts.SETUP,
        at=timezone.now(),
    )
    return organisation, made


def exchange(client_id, secret, **form):
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return Client(headers={"Authorization": f"Basic {basic}"}).post(
        "/api/v1/oauth/token",
        urlencode({"grant_type": "client_credentials"} | form),
        content_type="application/x-www-form-urlencoded",
    )


def test_every_address_of_the_api_has_an_area_or_holds_nothing_of_anybodys():
    names = {
        str(one)
        for one in get_resolver().reverse_dict
        if str(one).startswith("api-") and not str(one).startswith("api-access")
    }
    assert names - set(AREA_OF) - OPEN_TO_ALL == set(), "add them to portal.http.tokens.AREAS"
    assert {scope.split(":")[1] for scope in SCOPES} == set(AREAS)


def test_a_token_reads_what_its_scope_says_and_the_trail_names_it(mara):
    made = token_of(mara.user, "read:books")
    client = with_token(made.secret)
    answer = client.get("/api/v1/accounts")
    assert answer.status_code == 200
    assert answer.json()["accounts"][0]["posted"] == "20190.46"
    assert AccessToken.objects.get().last_used_at is not None
    refused = client.get("/api/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    assert "read:profile" in refused.json()["title"]
    (event,) = audit.events(about=f"access_token:{made.token.id}")
    assert event.action == "access.token_made"
    assert made.secret not in event.facts
    assert made.secret.split("_", 2)[2] not in event.facts


def test_the_secret_is_kept_as_a_hash_only(mara):
    made = token_of(mara.user, "read:books")
    row = AccessToken.objects.values().get()
    assert made.secret.split("_", 2)[2] not in str(row)
    assert len(row["secret_sha256"]) == 64


@pytest.mark.parametrize("change", ["revoked", "expired", "closed", "another secret", "unknown", "malformed"])
def test_a_token_that_is_over_or_wrong_opens_nothing(mara, change):
    began = timezone.now() - timedelta(days=40) if change == "expired" else timezone.now()
    made, secret = token_of(mara.user, "read:books", at=began), ""
    if change == "revoked":
        services.revoke_token(
            token_id=made.token.id, user_id=mara.user.id, actor=accounts.actor(mara.user), at=timezone.now()
        )
    elif change == "closed":
        User.objects.filter(pk=mara.user.id).update(is_active=False)
    elif change == "another secret":
        secret = f"pat_{made.token.public_id}_{'A' * 43}"
    elif change == "unknown":
        secret = f"pat_{'0' * 16}_{'A' * 43}"
    elif change == "malformed":
        secret = "x" * 5000
    answer = with_token(secret or made.secret).get("/api/v1/accounts")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert AccessToken.objects.get().last_used_at is None


def test_refused_tokens_are_counted_and_told_once(mara):
    client = with_token("pat_nonsense")
    for _ in range(services.REFUSALS):
        assert client.get("/api/v1/accounts").status_code == 401
    answer = client.get("/api/v1/accounts")
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-attempts")
    assert len(audit.events(action="access.token_refused")) == 1
    assert Attempts.objects.exists()


def test_a_token_never_takes_the_place_of_a_step_up(mara):
    made = token_of(mara.user, "write:funding")
    client = accounts.sign_in(Client(), mara.user)
    answer = client.post(
        "/api/v1/withdrawals",
        {"currency": "USD", "amount": "1.00", "bank_account": str(uuid4())},
        content_type="application/json",
        headers={"Authorization": f"Bearer {made.secret}", "Idempotency-Key": str(uuid4())},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "step-up-required")
    assert "no access token can" in answer.json()["title"]


def test_scopes_only_narrow_what_the_person_may_do(mara):
    client = with_token(token_of(mara.user, *SCOPES).secret)
    assert client.get("/api/v1/deposits").status_code == 403
    other = books.owner(timezone.now(), name="Somebody Else")
    assert client.get(f"/api/v1/accounts?owner={other.owner}").status_code == 404


def test_a_token_with_somebody_elses_session_is_the_tokens_alone(mara):
    other = accounts.person("Somebody Else")
    client = accounts.sign_in(Client(), other)
    made = token_of(mara.user, "read:profile")
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {made.secret}"})
    assert answer.json()["name"] == "Mara Lindqvist"


def test_a_token_signs_in_on_no_page(mara):
    client = with_token(token_of(mara.user, *SCOPES).secret)
    assert client.get("/portfolio/").status_code == 302


def test_a_machine_gets_a_short_token_and_reads_for_its_organisation(machine):
    organisation, made = machine
    answer = exchange(made.client.client_id, made.secret, scope="read:offerings")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 900, "read:offerings")
    assert "no-store" in answer["Cache-Control"]
    client = with_token(told["access_token"])
    assert client.get("/api/v1/offerings").status_code == 200
    assert client.get(f"/api/v1/issuers/{organisation.id}/cap-table").json()["code"] == "scope-missing"
    assert MachineClient.objects.get().last_used_at is not None


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "write:funding"}, 400, "invalid_scope"),
        ({"scope": "read:nothing"}, 400, "invalid_scope"),
    ],
)
def test_what_a_machine_may_not_ask_is_refused_as_oauth_says(machine, form, status, error):
    answer = exchange(machine[1].client.client_id, machine[1].secret, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_wrong_secret_or_a_revoked_client_is_refused(machine):
    organisation, made = machine
    token = exchange(made.client.client_id, made.secret).json()["access_token"]
    assert exchange(made.client.client_id, "wrong").status_code == 401
    assert exchange("mc_unknown", made.secret).json()["error"] == "invalid_client"
    with pytest.raises(services.NoSuchClient):
        services.revoke_client(
            client_id=made.client.id,
            organisation_id=accounts.issuer().id,
            actor=accounts.SETUP,
            at=timezone.now(),
        )
    services.revoke_client(
        client_id=made.client.id, organisation_id=organisation.id, actor=accounts.SETUP, at=timezone.now()
    )
    assert with_token(token).get("/api/v1/offerings").status_code == 401
    assert exchange(made.client.client_id, made.secret).status_code == 401


def test_a_machines_token_ends_by_itself(machine):
    _, made = machine
    granted = services.grant_bearer(
        client_id=made.client.client_id,
        secret=made.secret,
        scopes=[],
        address="203.0.113.7",
        at=timezone.now() - timedelta(seconds=services.BEARER_SECONDS + 1),
    )
    assert with_token(granted.token).get("/api/v1/offerings").status_code == 401
    assert with_token(granted.token[:-1]).get("/api/v1/offerings").status_code == 401


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"scopes": ["read:everything"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
        ({"name": " "}, "name"),
    ],
)
def test_a_token_that_cannot_be_is_refused_at_its_field(mara, given, field):
    asked = {"user_id": mara.user.id, "name": "Sheet", "scopes": ["read:books"], "days": 30} | given
    with pytest.raises(services.Refused) as refused:
        services.make_token(**asked, actor=accounts.actor(mara.user), at=timezone.now())
    assert refused.value.field == field
    assert not AccessToken.objects.exists()


def test_twenty_tokens_are_enough(mara):
    for _ in range(services.MOST_TOKENS):
        token_of(mara.user, "read:books")
    with pytest.raises(services.TooManyTokens):
        token_of(mara.user, "read:books")
    assert AccessToken.objects.count() == services.MOST_TOKENS


def test_nobody_revokes_somebody_elses_token(mara):
    made = token_of(mara.user, "read:books")
    with pytest.raises(services.NoSuchToken):
        services.revoke_token(
            token_id=made.token.id, user_id=uuid4(), actor=accounts.actor(mara.user), at=timezone.now()
        )
    assert AccessToken.objects.get().revoked_at is None


def test_too_many_requests_are_told_with_the_time_to_wait(mara, settings):
    settings.API_RATE_PER_MINUTE = 2
    client = with_token(token_of(mara.user, "read:books").secret)
    answers = [client.get("/api/v1/accounts") for _ in range(5)]
    refused = [one for one in answers if one.status_code == 429]
    assert len(refused) >= 1
    assert refused[0].json()["code"] == "throttled"
    assert int(refused[0]["Retry-After"]) <= 60
    assert refused[0]["RateLimit"].startswith('"default";r=0;t=')
    assert answers[0]["RateLimit-Policy"] == '"default";q=2;w=60'


def test_what_has_not_changed_is_not_sent_again(mara):
    client = with_token(token_of(mara.user, "read:books").secret)
    first = client.get("/api/v1/accounts")
    again = client.get("/api/v1/accounts", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    books.deposit(mara.owner, 100, timezone.now())
    changed = client.get("/api/v1/accounts", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_long_list_links_to_its_next_page(mara):
    for _ in range(3):
        books.deposit(mara.owner, 100, timezone.now())
    client = with_token(token_of(mara.user, "read:books").secret)
    seen, path, pages = [], "/api/v1/accounts/USD.cash/entries?limit=2", 0
    while path:
        answer = client.get(path)
        seen += [one["transaction"] for one in answer.json()["entries"]]
        link = answer.headers.get("Link", "")
        path, pages = link[1 : link.index(">")] if link else "", pages + 1
    assert (len(seen), len(set(seen)), pages) == (4, 4, 2)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.COMPLIANCE_OFFICER])
def test_a_role_that_ends_ends_in_its_tokens_too(role):
    user = accounts.member(role)
    client = with_token(token_of(user, "read:funding").secret)
    assert client.get("/api/v1/deposits").status_code == 200
    accounts.services.end_membership(
        membership_id=accounts.selectors.memberships(user_id=user.id)[0].id,
        actor=accounts.SETUP,
        at=timezone.now(),
    )
    assert client.get("/api/v1/deposits").status_code == 403
