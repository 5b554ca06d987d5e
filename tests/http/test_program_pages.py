"""Pages of tokens, clients and webhooks: made after a recent sign-in, shown once, nothing of anybody else's."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.access import services as access
from portal.access.models import AccessToken, MachineClient
from portal.domain.roles import Role
from portal.webhooks import services as webhooks
from portal.webhooks.models import Delivery, Endpoint
from tests.factories import accounts, books
from tests.factories.accounts import sign_in

pytestmark = pytest.mark.django_db
URL = "https://hooks.example/portal"
HARBORVIEW = {"name": "Nightly sheet", "scopes": ["read:offerings"]}


@pytest.fixture
def mara(client, now):
    owner = books.owner(now, name="Mara Lindqvist")
    sign_in(client, owner.user)
    return owner


@pytest.fixture
def admin():
    organisation = accounts.issuer("Harborview")
    user = accounts.member(Role.ISSUER_ADMIN, organisation)
    return organisation, user, sign_in(Client(), user)


def shown(answer):
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return re.findall(r'<code class="hash">([^<]+)</code>', answer.content.decode())


def token_form(**other):
    return {"name": "Sheet", "scopes": ["read:books"], "days": "30", "form_key": str(uuid4())} | other


def test_a_token_is_shown_once_works_and_is_revoked(client, mara):
    form = token_form()
    (secret,) = shown(client.post(reverse("api-access-make"), form))
    outside = Client(headers={"Authorization": f"Bearer {secret}"})
    assert outside.get("/api/v1/accounts").status_code == 200
    again = client.post(reverse("api-access-make"), form)
    assert (again.status_code, again["Location"]) == (302, reverse("api-access"))
    page = client.get(reverse("api-access")).content.decode()
    assert "One token is in force" in page
    assert "last used" in page
    assert secret not in page
    client.post(reverse("api-access-revoke", args=[AccessToken.objects.get().pk]))
    assert outside.get("/api/v1/accounts").status_code == 401
    assert "No token is in force" in client.get(reverse("api-access")).content.decode()


def test_a_wrong_form_keeps_what_was_typed_and_makes_nothing(client, mara):
    answer = client.post(reverse("api-access-make"), token_form(scopes=["read:everything"]))
    assert answer.status_code == 422
    assert 'value="Sheet"' in answer.content.decode()
    assert not AccessToken.objects.exists()


def test_a_key_is_made_after_a_recent_sign_in_only(client, mara, admin):
    organisation, user, _ = admin
    long_ago = timezone.now() - timedelta(hours=1)
    mine, theirs = sign_in(Client(), mara.user, at=long_ago), sign_in(Client(), user, at=long_ago)
    assert mine.post(reverse("api-access-make"), token_form()).status_code == 302
    assert mine.post(reverse("webhook-add"), {"url": URL, "types": ["deposit.recorded"]}).status_code == 302
    assert theirs.post(reverse("console:client-add", args=[organisation.id]), HARBORVIEW).status_code == 302
    assert not AccessToken.objects.exists()
    assert not MachineClient.objects.exists()
    assert not Endpoint.objects.exists()


def test_somebody_elses_token_does_not_exist(client, mara):
    other = accounts.person()
    made = access.make_token(
        user_id=other.id,
        name="x",
        scopes=["read:books"],
        days=1,
        actor=accounts.actor(other),
        at=timezone.now(),
    )
    assert client.post(reverse("api-access-revoke", args=[made.token.id])).status_code == 404
    assert AccessToken.objects.get().revoked_at is None


def test_an_auditor_makes_no_token():
    auditor = sign_in(Client(), accounts.member(Role.AUDITOR))
    assert auditor.post(reverse("api-access-make"), token_form()).status_code == 403
    assert not AccessToken.objects.exists()


def test_an_issuers_client_is_made_used_and_revoked(admin):
    organisation, _, inside = admin
    assert inside.get(reverse("console:programs"))["Location"] == reverse(
        "console:clients", args=[organisation.id]
    )
    answer = inside.post(reverse("console:client-add", args=[organisation.id]), HARBORVIEW)
    client_id, secret = shown(answer)
    granted = access.grant_bearer(
        client_id=client_id, secret=secret, scopes=[], address="203.0.113.7", at=timezone.now()
    )
    outside = Client(headers={"Authorization": f"Bearer {granted.token}"})
    assert outside.get("/api/v1/offerings").status_code == 200
    page = inside.get(reverse("console:clients", args=[organisation.id])).content.decode()
    assert client_id in page
    assert secret not in page
    made = MachineClient.objects.get()
    inside.post(reverse("console:client-revoke", args=[organisation.id, made.pk]))
    assert outside.get("/api/v1/offerings").status_code == 401


def test_another_issuers_programs_do_not_exist(admin):
    _, _, inside = admin
    theirs = accounts.issuer("Elsewhere")
    new = webhooks.add_endpoint(
        owner=f"organisation:{theirs.id}", user_id=accounts.person().id, url=URL, types=["offering.opened"],
        actor=accounts.SETUP, at=timezone.now(),
    )  # fmt: skip
    endpoint = new.endpoint.id
    delivery = webhooks.send_test(
        endpoint_id=endpoint, owner=f"organisation:{theirs.id}", actor=accounts.SETUP, at=timezone.now()
    )
    for name, args in [("clients", []), ("webhooks", []), ("webhook", [endpoint])]:
        assert inside.get(reverse(f"console:{name}", args=[theirs.id, *args])).status_code == 404
    for name, args in [
        ("client-add", []),
        ("client-revoke", [uuid4()]),
        ("webhook-add", []),
        ("webhook-rotate", [endpoint]),
        ("webhook-act", [endpoint]),
        ("webhook-replay", [delivery]),
    ]:
        path = reverse(f"console:{name}", args=[theirs.id, *args])
        assert inside.post(path, {**HARBORVIEW, "act": "remove", "url": URL}).status_code == 404, name
    own = accounts.selectors.memberships()[-1].organisation_id
    assert inside.get(reverse("console:webhook", args=[own, endpoint])).status_code == 404
    assert inside.post(reverse("console:webhook-replay", args=[own, delivery])).status_code == 404
    assert Endpoint.objects.get().state == "active"
    assert not MachineClient.objects.exists()


def test_a_viewer_of_the_issuer_makes_no_key(admin):
    organisation = admin[0]
    viewer = sign_in(Client(), accounts.member(Role.ISSUER_VIEWER, organisation))
    assert viewer.get(reverse("console:clients", args=[organisation.id])).status_code == 403
    assert viewer.post(reverse("console:client-add", args=[organisation.id]), HARBORVIEW).status_code == 403
    assert not MachineClient.objects.exists()


def walk(inside, prefix, args, types):
    """Add, test, rotate, remove: with forms alone."""
    added = shown(inside.post(reverse(f"{prefix}webhook-add", args=args), {"url": URL, "types": types}))
    one = Endpoint.objects.get()
    there = reverse(f"{prefix}webhook", args=[*args, one.pk])
    assert URL in inside.get(reverse(f"{prefix}webhooks", args=args)).content.decode()
    act = reverse(f"{prefix}webhook-act", args=[*args, one.pk])
    inside.post(act, {"act": "test"})
    sent = Delivery.objects.get()
    page = inside.get(there).content.decode()
    assert f"msg_{sent.pk.hex}" in page
    assert added[0] not in page
    changed = shown(inside.post(reverse(f"{prefix}webhook-rotate", args=[*args, one.pk])))
    assert changed != added
    assert "two signatures" in inside.get(there).content.decode()
    assert inside.post(reverse(f"{prefix}webhook-replay", args=[*args, sent.pk])).status_code == 409
    Delivery.objects.update(state="failed")
    assert inside.post(reverse(f"{prefix}webhook-replay", args=[*args, sent.pk])).status_code == 302
    inside.post(act, {"act": "remove"})
    assert inside.get(there).status_code == 404


def test_an_investor_runs_a_webhook_by_forms_alone(client, mara):
    walk(client, "", [], ["deposit.recorded", "withdrawal.paid"])


def test_an_issuer_runs_a_webhook_by_forms_alone(admin):
    organisation, _, inside = admin
    walk(inside, "console:", [organisation.id], ["offering.opened"])


def test_a_bad_address_is_told_at_its_field(client, mara):
    answer = client.post(
        reverse("webhook-add"), {"url": "https://127.0.0.1/x", "types": ["deposit.recorded"]}
    )
    assert answer.status_code == 422
    assert "private network" in answer.content.decode()
    assert not Endpoint.objects.exists()
