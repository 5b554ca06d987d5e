"""Pages of one's own data and of closing the account, and the officers' side of it."""

import io
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from investors.closure import selectors, services
from investors.closure.models import Closure, DataExport
from investors.profiles import selectors as profiles
from portal.audit import selectors as audit
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import Shown, sign_in
from tests.factories.investors import approved_investor, new_investor

pytestmark = pytest.mark.django_db
SURE = {"wish": "Done.", "sure": "on"}


@pytest.fixture
def person():
    return accounts.person(password=accounts.PASSWORD)


@pytest.fixture
def investor(person):
    return new_investor(user=person)


@pytest.fixture
def own(client, person, investor):
    return sign_in(client, person)


@pytest.fixture
def officers():
    return [sign_in(Client(), accounts.member(Role.COMPLIANCE_OFFICER)) for _ in range(2)]


def ready(investor, now):
    asked = services.ask_export(investor_id=investor.id, actor=accounts.SETUP, at=now)
    return services.make_export(export_id=asked.id, actor=accounts.SETUP, at=now)


def decide(desk, closure, decision, reason="Nothing is left on it."):
    there = reverse("compliance:closure-decide", args=[closure.pk])
    return desk.post(there, {"decision": decision, "reason": reason})


def test_an_export_is_asked_for_and_downloaded(own, investor, now):
    assert own.post(reverse("data-export-ask")).status_code == 302
    asked = DataExport.objects.get()
    assert "Being made" in own.get(reverse("your-data")).content.decode()
    assert own.get(reverse("data-export", args=[asked.pk])).status_code == 409
    services.make_export(export_id=asked.pk, actor=accounts.SETUP, at=now)
    there = reverse("data-export", args=[asked.pk])
    assert there in own.get(reverse("your-data")).content.decode()
    answer = own.get(there)
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == f'attachment; filename="{investor.reference}.zip"'
    assert answer["Cache-Control"] == "private, no-store"
    assert "data/profile.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    event = audit.events(about=investor.owner)[0]
    assert (event.action, event.actor_id) == ("data_export.downloaded", str(investor.user_id))


def test_a_second_export_while_one_is_made_is_refused(own):
    own.post(reverse("data-export-ask"))
    assert own.post(reverse("data-export-ask")).status_code == 409
    assert DataExport.objects.count() == 1


def test_a_download_asks_who_is_there(client, person, investor, now):
    export = ready(investor, now)
    sign_in(client, person, Shown.password, at=timezone.now() - timedelta(minutes=11))
    answer = client.get(reverse("data-export", args=[export.id]))
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert selectors.export(export.id, investor_id=investor.id).downloads == 0


def test_nobody_else_downloads_it(investor, officers, now):
    there = reverse("data-export", args=[ready(investor, now).id])
    other = accounts.person()
    new_investor(user=other)
    assert sign_in(Client(), other).get(there).status_code == 404
    assert officers[0].get(there).status_code == 404
    assert Client().get(there)["Location"].startswith("/accounts/login/")
    assert DataExport.objects.get().downloads == 0


def test_an_export_whose_time_is_over_is_told(own, investor, now):
    export = ready(investor, now)
    DataExport.objects.filter(pk=export.id).update(expires_at=now - timedelta(seconds=1))
    answer = own.get(reverse("data-export", args=[export.id]))
    assert answer.status_code == 409
    assert "its file is gone" in answer.content.decode()
    assert own.get(reverse("data-export", args=[uuid4()])).status_code == 404


def test_what_keeps_an_account_open_is_named_with_its_next_step(client):
    made = approved_investor(cash={"USD": 123_456})
    sign_in(client, made.user)
    told = client.get(reverse("your-data")).content.decode()
    assert "1,234.56 USD are on your cash account." in told
    assert "Have them paid out first." in told
    assert "17 CFR 240.17a-4" in told
    answer = client.post(reverse("closure-ask"), SURE)
    assert answer.status_code == 422
    assert not Closure.objects.exists()


def test_closing_is_asked_for_only_on_purpose(own):
    answer = own.post(reverse("closure-ask"), {"wish": "Done."})
    assert answer.status_code == 422
    assert "Tick this to ask for it." in answer.content.decode()
    assert not Closure.objects.exists()


def test_two_officers_close_an_account_and_its_owner_is_out(own, person, investor, officers):
    assert own.post(reverse("closure-ask"), SURE).status_code == 302
    asked = Closure.objects.get()
    assert investor.reference in officers[0].get(reverse("compliance:index")).content.decode()
    assert (
        "Nothing is held" in officers[0].get(reverse("compliance:closure", args=[asked.pk])).content.decode()
    )
    assert decide(officers[0], asked, "agree").status_code == 302
    again = decide(officers[0], asked, "agree")
    assert again.status_code == 422
    assert profiles.investor(investor.id).closed_at is None
    assert decide(officers[1], asked, "agree").status_code == 302
    assert profiles.investor(investor.id).closed_at is not None
    told = officers[1].get(reverse("compliance:closure", args=[asked.pk])).content.decode()
    assert f"{investor.reference} is closed" in told
    assert own.get(reverse("your-data"))["Location"].startswith("/accounts/login/")
    back = Client().post(reverse("account_login"), {"login": person.email, "password": accounts.PASSWORD})
    assert back.status_code == 200
    assert "_auth_user_id" not in back.wsgi_request.session


def test_a_refusal_is_read_by_the_investor(own, officers):
    own.post(reverse("closure-ask"), SURE)
    asked = Closure.objects.get()
    assert decide(officers[0], asked, "refuse", " ").status_code == 422
    assert decide(officers[0], asked, "refuse", "A tax form is missing.").status_code == 302
    for page in ("your-data", "documents"):
        assert "A tax form is missing." in own.get(reverse(page)).content.decode()


def test_a_request_is_taken_back(own, investor):
    own.post(reverse("closure-ask"), SURE)
    assert own.post(reverse("closure-withdraw")).status_code == 302
    assert selectors.closure_of(investor.id).state == "withdrawn"
    assert own.post(reverse("closure-withdraw")).status_code == 404


@pytest.mark.parametrize(
    ("role", "see", "change"),
    [
        (Role.AUDITOR, 200, 403),
        (Role.OPERATOR, 403, 403),
        (Role.ISSUER_ADMIN, 403, 403),
        (Role.INVESTOR, 403, 403),
    ],
)
def test_only_officers_decide(own, role, see, change):
    own.post(reverse("closure-ask"), SURE)
    asked = Closure.objects.get()
    desk = sign_in(Client(), accounts.member(role))
    assert desk.get(reverse("compliance:closures")).status_code == see
    assert desk.get(reverse("compliance:closure", args=[asked.pk])).status_code == see
    assert decide(desk, asked, "agree").status_code == change
    assert Closure.objects.get().state == "asked"


def test_somebody_without_a_profile_is_led_to_it(client):
    sign_in(client, accounts.person())
    assert client.get(reverse("your-data"))["Location"] == reverse("profile")


def test_the_trail_names_staff_and_never_an_investor(client, officers):
    somebody = accounts.person("Ada Quillfeather", password=accounts.PASSWORD)
    investor = new_investor(user=somebody)
    own = sign_in(client, somebody)
    own.post(reverse("data-export-ask"))
    own.post(reverse("closure-ask"), SURE)
    closure = Closure.objects.get(investor_id=investor.id)
    decide(officers[0], closure, "refuse")
    told = {one.action: one.actor_label for one in audit.events(about=investor.owner, limit=100)}
    assert told["data_export.asked"] == told["closure.asked"] == "Investor"
    assert told["closure.refused"] == "Some compliance officer"
    written = [f"{one.actor_label} {one.reason} {one.facts}" for one in audit.events(limit=500)]
    assert not [one for one in written if "Quillfeather" in one]
