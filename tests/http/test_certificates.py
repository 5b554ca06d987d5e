"""Certificates by page: made by who holds, listed for the issuer, verified by anybody."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from issuance.certificates import services
from issuance.certificates.models import Certificate
from portal.audit.sequencer import seal_all
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, give, open_offering, subscribe

pytestmark = pytest.mark.django_db


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body))


@pytest.fixture
def issued(now):
    return active_security(at=now)


@pytest.fixture
def holder(client, issued, now):
    who = approved_investor(at=now, cash={"USD": 100_000_00})
    give(issued, who, 40, at=now)
    accounts.sign_in(client, who.user)
    return who


@pytest.mark.django_db(transaction=True)
def test_a_holder_has_a_paper_made_and_downloads_it_and_others_do_not(client, issued, holder, now):
    form = {"form_key": str(uuid4())}
    for _ in range(2):
        assert client.post(f"/certificates/{issued.security.id}/", form)["Location"] == "/certificates/"
    one = Certificate.objects.get()
    assert "Being made" in text(client.get("/certificates/"))
    seal_all(at=now)
    done = services.make(certificate_id=one.id, actor=WORKER, at=now)
    page = client.get("/certificates/").content.decode()
    path = f"/documents/{done.document_id}/"
    assert path in page
    assert client.get(path).content.startswith(b"%PDF")
    for stranger, status in (
        (approved_investor(at=now).user, 404),
        (issued.admin, 404),
        (accounts.member(Role.COMPLIANCE_OFFICER), 200),
    ):
        assert accounts.sign_in(Client(), stranger).get(path).status_code == status
    assert done.sha256 in text(Client().get(f"/verify/{one.number}/"))


def test_anybody_verifies_a_number_and_learns_nothing_of_the_holder(client, issued, holder, now):
    client.post(f"/certificates/{issued.security.id}/", {"form_key": str(uuid4())})
    one, visitor = Certificate.objects.get(), Client()
    page = text(visitor.get(f"/verify/{one.number}/"))
    assert "This certificate is valid" in page
    assert issued.security.code in page
    told = visitor.get(f"/verify/{one.number}/").content.decode()
    for secret in (holder.investor.reference, str(holder.id), "Quillfeather", "40 units"):
        assert secret not in told
    assert "This certificate is valid" in text(visitor.get("/verify/", {"number": one.number.lower()}))
    give(issued, holder, 1, at=now)
    assert "This certificate is outdated" in text(visitor.get(f"/verify/{one.number}/"))
    assert "This certificate is unknown" in text(visitor.get("/verify/0000-0000-0000-0000/"))
    assert "This certificate is unknown" in text(visitor.get("/verify/", {"number": "<script>" * 9}))
    assert "Type the number" in text(visitor.get("/verify/"))
    assert visitor.get("/verify/papers.crt").content.startswith(b"-----BEGIN CERTIFICATE-----")


def test_an_issuer_sees_numbers_and_references_of_his_own_securities(client, issued, holder, now):
    client.post(f"/certificates/{issued.security.id}/", {"form_key": str(uuid4())})
    number = Certificate.objects.get().number
    accounts.sign_in(client, issued.admin)
    page = text(client.get("/console/certificates/"))
    assert number in page
    assert holder.investor.reference in page
    accounts.sign_in(client, active_security(at=now).admin)
    assert number not in text(client.get("/console/certificates/"))


def test_the_agreement_is_made_for_its_signer_only(client, issued, holder, now):
    row = subscribe(open_offering(issued, at=now), holder, at=now, quantity=4)
    path = f"/subscriptions/{row.id}/agreement/"
    other = accounts.sign_in(Client(), approved_investor(at=now).user)
    assert other.post(path, {"form_key": str(uuid4())}).status_code == 404
    assert not Certificate.objects.exists()
    assert "Agreement" in text(client.get("/subscriptions/"))
    assert client.post(path, {"form_key": str(uuid4())}).status_code == 302
    assert Certificate.objects.get().subject == f"subscription:{row.id}"


def test_who_holds_nothing_finds_nothing(client, issued, now):
    accounts.sign_in(client, approved_investor(at=now).user)
    assert client.post(f"/certificates/{issued.security.id}/", {"form_key": str(uuid4())}).status_code == 404
    assert client.get(f"/certificates/{issued.security.id}/").status_code == 405
    assert "You hold nothing" in text(client.get("/certificates/"))
    client.logout()
    assert client.get("/certificates/").status_code == 302
