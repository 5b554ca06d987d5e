"""Issuers are onboarded in one console and reviewed in the other; assets become securities."""

import hashlib
import json
import re
from io import BytesIO, StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from issuance.assets import services as assets
from issuance.issuers.selectors import issuer as issuer_now
from issuance.issuers.selectors import issuers
from issuance.securities.selectors import securities
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.investors import pdf
from tests.factories.issuance import active_security, approved_issuer

pytestmark = pytest.mark.django_db
VIN = "1M8GDM9AXKP042788"


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body))


def form(**fields):
    return {"form_key": str(uuid4()), **fields}


def test_an_operator_onboards_and_an_officer_approves(client, now):
    accounts.house()
    boss = accounts.person()
    accounts.sign_in(client, accounts.member(Role.OPERATOR))
    answer = client.post(
        "/console/issuers/new/", form(legal_name="Harborview LLC", country="us", administrator=boss.email)
    )
    assert answer.status_code == 302, text(answer)
    (made,) = issuers()
    assert (made.state, made.country) == ("in_review", "US")
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert "Review Harborview LLC" in text(client.get("/compliance/"))
    assert "In review" in text(client.get(f"/compliance/issuers/{made.id}/"))
    refused = client.post(f"/compliance/issuers/{made.id}/review/", form(verdict="refuse", reason=""))
    assert refused.status_code == 422
    client.post(f"/compliance/issuers/{made.id}/review/", form(verdict="approve", reason="In order."))
    assert issuer_now(made.id).state == "approved"
    accounts.sign_in(client, boss)
    assert "Harborview LLC" in text(client.get("/console/issuers/"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"country": "XX"}, "is not a country code"),
        ({"lei": "5493001KJTIIGC8Y1R13"}, "do not agree"),
        ({"administrator": "nobody@somewhere.example"}, "Nobody with this address"),
        ({"legal_name": ""}, "required"),
    ],
)
def test_a_wrong_application_is_told_at_its_field(client, fields, sentence):
    accounts.sign_in(client, accounts.member(Role.OPERATOR))
    given = {"legal_name": "Harborview LLC", "country": "US"}
    assert sentence in text(client.post("/console/issuers/new/", form(**{**given, **fields})), 422)
    assert issuers() == []


def test_an_issuers_people_onboard_no_other_and_review_nothing(client, now):
    one, admin = approved_issuer(at=now)
    other, _ = approved_issuer(at=now)
    accounts.sign_in(client, admin)
    assert client.get("/console/issuers/new/").status_code == 403
    assert client.get(f"/console/issuers/{other.id}/").status_code == 404
    assert client.post(f"/compliance/issuers/{one.id}/review/", form(verdict="approve")).status_code == 403
    assert [one.legal_name in text(client.get("/console/issuers/"))] == [True]
    assert other.legal_name not in text(client.get("/console/issuers/"))


def test_a_car_becomes_a_security_whose_identifier_anyone_computes(client, now, tmp_path):
    one, admin = approved_issuer(at=now)
    accounts.sign_in(client, admin)
    wrong = form(name="Coach", kind="vehicle", record=f"vin: {VIN[:8]}1{VIN[9:]}")
    assert "check digit" in text(client.post("/console/assets/new/", wrong), 422)
    assert "has no colon" in text(
        client.post("/console/assets/new/", form(name="Coach", kind="vehicle", record="vin")), 422
    )
    answer = client.post("/console/assets/new/", form(name="Coach", kind="vehicle", record=f"VIN: {VIN}\n"))
    page = answer["Location"]
    upload = BytesIO(pdf("title"))
    upload.name = "title.pdf"
    digest = hashlib.sha256(upload.getvalue()).hexdigest()
    assert client.post(f"{page}documents/", form(title="Title", file=upload)).status_code == 302
    elements = ("investment_of_money", "common_enterprise", "expectation_of_profits", "efforts_of_others")
    evidence = {f"{name}_evidence": "Seen." for name in elements}
    assert (
        client.post(f"{page}assessment/", form(**dict.fromkeys(elements, "on"), **evidence)).status_code
        == 302
    )
    assert "a security" in text(client.get(page))
    terms = form(code="coach-a", name="Class A", kind="common", scale="2", authorised="1000.50")
    answer = client.post(f"{page}tokenize/", terms)
    assert answer.status_code == 302, text(answer)
    (made,) = securities(issuer_ids=[one.id])
    assert (made.code, made.authorised, made.state) == ("COACH-A", 1_000_50, "draft")
    shown = text(client.get(answer["Location"]))
    assert made.token in shown
    assert "Right" in shown
    client.post(f"{answer['Location']}move/", form(event="activate"))
    assert securities(issuer_ids=[one.id])[0].state == "active"
    record = json.loads(client.get(f"/tokens/{made.token}/?format=json").content)
    assert record["documents"] == [digest]
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record))
    out = StringIO()
    call_command("token_identifier", file=file, stdout=out)
    assert out.getvalue().strip() == made.token


def test_the_command_says_what_changed_and_exits_with_1(now, tmp_path):
    issued = active_security(at=now)
    out = StringIO()
    call_command("token_identifier", issued.security.token, stdout=out)
    assert out.getvalue().count("agrees") == 2
    record = {**issued.asset.record, "valuation": "7000000.00"}
    assets.amend_asset(asset_id=issued.asset.id, record=record, actor=issued.actor, at=now)
    with pytest.raises(SystemExit):
        call_command("token_identifier", issued.security.token, stdout=out)
    assert "asset.record.valuation: '6000000.00' -> '7000000.00'" in out.getvalue()
    with pytest.raises(CommandError, match="No token"):
        call_command("token_identifier", "0" * 64)
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(CommandError, match="cannot be read as JSON"):
        call_command("token_identifier", file=broken)


def test_another_issuers_asset_and_security_are_not_found(client, now):
    mine, theirs = active_security(at=now), active_security(at=now)
    accounts.sign_in(client, mine.admin)
    for path in (
        f"/console/assets/{theirs.asset.id}/",
        f"/console/securities/{theirs.security.id}/",
        f"/console/tokens/{theirs.security.token}/",
        f"/console/assets/?issuer={theirs.issuer.id}",
        f"/console/cap-table/?issuer={theirs.issuer.id}",
    ):
        assert client.get(path).status_code == 404, path
    move = client.post(f"/console/securities/{theirs.security.id}/move/", form(event="pause"))
    assert move.status_code == 404
    assert theirs.security.code not in text(client.get("/console/securities/"))


def test_bad_terms_are_told_at_their_field(client, now):
    issued = active_security(at=now)
    accounts.sign_in(client, issued.admin)
    path = f"/console/assets/{issued.asset.id}/tokenize/"
    good = {"code": "NEXT-A", "name": "Class A", "kind": "common", "scale": "0", "authorised": "10"}
    for field, value, sentence in (
        ("code", "USD", "two parts"),
        ("scale", "19", "less than or equal to 18"),
        ("authorised", "1.5", "at most 0"),
        ("isin", "US0378331006", "do not agree"),
        ("authorised", "0", "zero"),
    ):
        assert sentence in text(client.post(path, form(**{**good, field: value})), 422), field
    assert len(securities(issuer_ids=[issued.issuer.id])) == 1
