"""The data room's pages: the issuer lays out, investors read, and issuer and compliance see who did."""

import re
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from issuance.data_room import selectors
from portal.accounts.selectors import organisation
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.investors import approved_investor, pdf
from tests.factories.issuance import active_security, lay_out, open_offering

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(now):
    issued = active_security(at=now)
    return issued, open_offering(issued, at=now)


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body))


def laid_out(client, offering, **changes):
    form = {
        "title": "Appraisal",
        "file": SimpleUploadedFile("appraisal.pdf", pdf("appraisal")),
        "replaces": "",
        "form_key": str(uuid4()),
    }
    return client.post(f"/console/offerings/{offering.id}/room/add/", {**form, **changes})


def test_an_issuer_lays_out_replaces_and_withdraws(client, deal):
    issued, offering = deal
    accounts.sign_in(client, issued.admin)
    room = f"/console/offerings/{offering.id}/room/"
    assert "No papers yet" in text(client.get(room))
    assert laid_out(client, offering)["Location"] == room
    (first,) = selectors.papers(offering.id)
    again = SimpleUploadedFile("appraisal.pdf", pdf("appraisal, corrected"))
    assert laid_out(client, offering, file=again, replaces=str(first.id)).status_code == 302
    (second,) = selectors.papers(offering.id)
    assert "Replaced by version 2." in text(client.get(room))
    path = f"{room}{second.id}/withdraw/"
    assert "Withdraw Appraisal" in text(client.get(path))
    assert client.post(path, {"reason": "", "form_key": str(uuid4())}).status_code == 422
    assert selectors.papers(offering.id) == [second]
    assert client.post(path, {"reason": "A wrong figure.", "form_key": str(uuid4())}).status_code == 302
    assert selectors.papers(offering.id) == []
    assert "A wrong figure." in text(client.get(room))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        ({"file": SimpleUploadedFile("a.exe", b"MZ")}, "PDF"),
        ({"file": SimpleUploadedFile("a.pdf", b"no pdf at all")}, "not"),
        ({"replaces": str(uuid4())}, "not one of the available choices"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_laid_out(client, deal, changes, sentence):
    issued, offering = deal
    accounts.sign_in(client, issued.admin)
    assert sentence in text(laid_out(client, offering, **changes), 422)
    assert selectors.papers(offering.id, in_force=False) == []


def test_the_log_shows_references_to_issuer_and_compliance_and_to_nobody_else(client, deal, now):
    issued, offering = deal
    paper, who = lay_out(issued, offering, at=now), approved_investor(at=now)
    accounts.sign_in(client, who.user)
    answer = client.get(f"/invest/{offering.id}/room/{paper.id}/")
    assert answer["Content-Disposition"] == 'attachment; filename="memorandum.pdf"'
    assert "no-store" in answer["Cache-Control"]
    room = f"/console/offerings/{offering.id}/room/"
    assert client.get(room).status_code in (403, 404)
    for reader in (issued.admin, accounts.member(Role.COMPLIANCE_OFFICER), accounts.member(Role.AUDITOR)):
        accounts.sign_in(client, reader)
        page = text(client.get(room))
        assert who.investor.reference in page.split("Who opened what", 1)[1]
    accounts.sign_in(client, active_security(at=now).admin)
    assert client.get(room).status_code == 404
    assert laid_out(client, offering).status_code == 404
    assert client.get(f"/documents/{paper.document_id}/").status_code == 404


def test_withdrawn_versions_stay_readable_to_issuer_and_compliance(client, deal, now):
    issued, offering = deal
    old = lay_out(issued, offering, at=now)
    lay_out(issued, offering, at=now, replaces=old.id)
    accounts.sign_in(client, approved_investor(at=now).user)
    assert client.get(f"/invest/{offering.id}/room/{old.id}/").status_code == 404
    for reader in (issued.admin, accounts.member(Role.COMPLIANCE_OFFICER)):
        accounts.sign_in(client, reader)
        assert client.get(f"/documents/{old.document_id}/").status_code == 200


def test_who_only_reads_for_the_issuer_lays_nothing_out(client, deal):
    issued, offering = deal
    viewer = accounts.member(Role.ISSUER_VIEWER, organisation(issued.issuer.id))
    accounts.sign_in(client, viewer)
    assert "Lay out a paper" not in text(client.get(f"/console/offerings/{offering.id}/room/"))
    assert laid_out(client, offering).status_code in (403, 404)
    assert selectors.papers(offering.id) == []


def test_without_a_profile_the_room_says_where_to_begin(client, deal, now):
    issued, offering = deal
    paper = lay_out(issued, offering, at=now)
    accounts.sign_in(client, accounts.person())
    assert "Begin with your profile" in text(client.get(f"/invest/{offering.id}/room/"))
    assert client.get(f"/invest/{offering.id}/room/{paper.id}/").status_code == 404
    answer = client.get(f"/api/v1/offerings/{offering.id}/data-room").json()
    assert [one["code"] for one in answer["missing"]] == ["no-investor"]
    client.logout()
    assert client.get(f"/invest/{offering.id}/room/").status_code == 302
    assert client.get(f"/api/v1/offerings/{offering.id}/data-room").status_code in (401, 403)
