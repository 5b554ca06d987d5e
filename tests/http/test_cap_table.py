"""The cap table page: today and then, drawn and exported, for whose it is."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.issuance import active_security, holders

pytestmark = pytest.mark.django_db


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\u202f", " ")


@pytest.fixture
def issued(client, now):
    made = active_security(at=now, scale=2)
    accounts.sign_in(client, made.admin)
    return made


def test_holders_stand_by_reference_with_units_and_shares(client, issued, now):
    people = holders(issued, 75_00, 25_00, at=now)
    page = text(client.get("/console/cap-table/"))
    for one, figures in zip(people, ("75.00 75.0000 %", "25.00 25.0000 %"), strict=True):
        assert f"{one.investor.reference} {figures}" in page
    assert "100.0000 %" in page


def test_the_table_of_a_past_day_is_what_it_was(client, issued, now):
    holders(issued, 75_00, at=now)
    yesterday = (now - timedelta(days=1)).date().isoformat()
    assert "Nobody holds anything" in text(client.get("/console/cap-table/", {"as_of": yesterday}))


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31", "٢٠٢٦-01-01x"])
def test_an_impossible_day_is_told(client, issued, day):
    page = text(client.get("/console/cap-table/", {"as_of": day}), 422)
    assert "Enter a valid date." in page or "A day from 2000 to 2199." in page


def test_every_line_is_exported_and_no_cell_is_a_formula(client, issued, now):
    (one,) = holders(issued, 75_00, at=now)
    answer = client.get("/console/cap-table/", {"format": "csv"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Security,Holder,Reference,Quantity,Share of class ppm,As of"
    assert lines[1].startswith(f"{issued.security.code},{one.owner},{one.investor.reference},75.00,1000000,")
    assert client.get("/console/cap-table/", {"format": "xlsx"}).content[:2] == b"PK"
    assert client.get("/console/cap-table/", {"format": "exe"}).status_code == 422


def test_the_houses_people_choose_the_issuer_and_investors_stay_outside(client, issued, now):
    holders(issued, 75_00, at=now)
    accounts.sign_in(client, accounts.member(Role.AUDITOR))
    assert issued.issuer.legal_name in text(client.get(f"/console/cap-table/?issuer={issued.issuer.id}"))
    accounts.sign_in(client, accounts.person())
    assert client.get("/console/cap-table/").status_code == 403


def test_the_register_and_the_decisions_are_lists_that_nobody_edits(client, issued, now):
    (one,) = holders(issued, 75_00, at=now)
    other = active_security(at=now)
    (stranger,) = holders(other, 1, at=now)
    register = text(client.get("/console/issuance/movement/"))
    assert one.investor.reference in register
    assert stranger.investor.reference not in register
    assert client.get("/console/issuance/movement/add/").status_code == 403
    assert "/proof/" not in client.get(f"/console/securities/{issued.security.id}/").content.decode()
    files = client.get("/console/issuance/movement/?export=csv").content.decode("utf-8-sig")
    assert one.owner in files
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    listed = client.get("/compliance/issuance/decisionrecord/")
    assert stranger.investor.reference in text(listed)
    assert f'title="{stranger.owner}"' in listed.content.decode()
    link = re.search(r'href="(/compliance/decisions/[0-9a-f-]+/)"', listed.content.decode()).group(1)
    page = text(client.get(link))
    assert "Allowed" in page
    assert "Receiver, KYC state" in page
    assert "kyc_state" not in page


# --- the command


def ran(**options):
    out = StringIO()
    call_command("cap_table", stdout=out, **options)
    return out.getvalue()


def test_the_command_gives_holdings_for_each_holder_and_class(now):
    made = active_security(at=now, scale=2)
    one, other = holders(made, 75_00, 25_00, at=now)
    told = json.loads(ran(issuer=str(made.issuer.id)))
    assert told["holdings"] == {made.security.code: {one.owner: "75.00", other.owner: "25.00"}}
    yesterday = (now - timedelta(days=1)).date().isoformat()
    assert json.loads(ran(issuer=made.issuer.legal_name, as_of=yesterday))["holdings"] == {}
    lines = ran(issuer=str(made.issuer.id), format="csv").splitlines()
    assert lines[1] == f"{made.security.code},{one.owner},75.00,750000,stock,{made.security.name},,"


def test_the_command_names_what_it_cannot_read(now):
    made = active_security(at=now)
    with pytest.raises(CommandError, match="No issuer"):
        ran(issuer="nobody")
    with pytest.raises(CommandError, match="is not a day"):
        ran(issuer=str(made.issuer.id), as_of="2026-02-30")
