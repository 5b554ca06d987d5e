"""Open Cap Table packages in the issuer console: faults first, then the import, the table, what changed, and the export."""

import io
import json
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from issuance.ocf.models import OcfImport
from portal.audit.models import Event
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.issuance import active_security
from tests.factories.ocf import founded

pytestmark = pytest.mark.django_db


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\u202f", " ")


def packed(company):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in company.files().items():
            archive.writestr(name, body)
    return SimpleUploadedFile("cap.zip", content.getvalue(), content_type="application/zip")


@pytest.fixture
def company():
    made = founded("ada", "bob")
    made.plan("Plan of 2020", "1000", "CS")
    made.issue("s1", "ada", "CS", "1000", "2020-01-01")
    made.tx("STOCK_TRANSFER", "2021-01-01", security_id="s1", quantity="400", resulting_security_ids=["s2"])
    made.issue("s2", "bob", "CS", "400", "2021-01-01")
    made.convertible("c1", "bob", "5000.50", "2021-03-01")
    return made


@pytest.fixture
def issued(client, now):
    made = active_security(at=now)
    accounts.sign_in(client, made.admin)
    return made


def page(issued):
    return f"/console/issuers/{issued.issuer.id}/ocf/"


def test_a_package_is_looked_at_then_imported_then_shown_and_taken_away(client, issued, company):
    assert "Open Cap Table" in text(client.get(f"/console/issuers/{issued.issuer.id}/"))
    looked = text(client.post(page(issued), {"file": packed(company), "check": "1"}))
    assert "No faults; not imported yet" in looked
    assert "Stock issuance 2" in looked
    assert not OcfImport.objects.exists()
    assert "5 objects" not in looked
    assert client.post(page(issued), {"file": packed(company), "import": "1"}).status_code == 302
    assert OcfImport.objects.get().issuer_id == issued.issuer.id
    table = text(client.get("/console/cap-table/"))
    assert "CS Stock stock" in table
    assert "ada Smith 600" in table
    assert "bob Smith 5 000.5" in table.replace(",", " ")
    assert "Plan of 2020 1000 1000" in table
    past = text(client.get("/console/cap-table/", {"as_of": "2020-06-01"}))
    assert "ada Smith 1 000" in past.replace(",", " ")
    changed = text(client.get("/console/cap-table/", {"since": "2020-06-01"}))
    assert "What changed since" in changed
    assert re.search(r"CS Stock ada Smith 1.000\S* 600\S* \S?400", changed)
    taken = client.post(f"{page(issued)}export/")
    names = zipfile.ZipFile(io.BytesIO(taken.content)).namelist()
    assert "Manifest.ocf.json" in names
    assert "portal-side.json" in names
    assert Event.objects.filter(action="ocf.exported").count() == 1


def test_every_fault_is_shown_and_nothing_imported(client, issued, company):
    company.tx(
        "STOCK_CANCELLATION", "2022-01-01", id="bad", security_id="s2", quantity="999", reason_text="x"
    )
    shown = text(client.post(page(issued), {"file": packed(company), "import": "1"}), 422)
    assert "1 fault; nothing was imported" in shown
    assert "Transactions.ocf.json bad s2 has 400; 999 cannot leave it." in shown
    assert not OcfImport.objects.exists()


@pytest.mark.parametrize("content", [b"x", b"PK\x03\x04", b"\xff\xff", b"[]", json.dumps({"a": 1}).encode()])
def test_what_is_no_package_is_told_at_the_field(client, issued, content):
    answer = client.post(page(issued), {"file": SimpleUploadedFile("x.json", content), "check": "1"})
    assert answer.status_code == 422


def test_only_the_issuers_administrator_comes_here(client, issued, company, now):
    other = active_security(at=now)
    for path in (page(other), f"{page(other)}export/"):
        assert client.post(path, {"file": packed(company), "import": "1"}).status_code == 404
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert client.get(page(issued)).status_code in (403, 404)
    assert not OcfImport.objects.exists()
