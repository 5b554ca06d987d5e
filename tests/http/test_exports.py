"""Every list of both consoles as a file: what people typed is never run by the spreadsheet that opens it."""

import csv
import io

import openpyxl
import pytest
from django.urls import get_resolver, reverse

from portal.domain.roles import Role
from portal.http.consoles import compliance_console, issuer_console
from portal.http.exports import DANGEROUS
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import active_security, approved_issuer, holders

pytestmark = pytest.mark.django_db

FORMULA = '=HYPERLINK("http://evil.example")'
SECOND_CELL = "Harmless;=SUM(1+1)"
CONSOLES = {"issuer": issuer_console, "compliance": compliance_console}


def lists(console):
    get_resolver().url_patterns  # noqa: B018 - the consoles register their lists when their pages are first asked for
    return [
        reverse(f"{console.name}:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in sorted(console._registry, key=lambda one: one._meta.label)
    ]


def runs(cell: str) -> bool:
    """Whether a spreadsheet takes this cell for a formula; a signed figure is none."""
    return cell.startswith(DANGEROUS) and not cell[1:].replace(".", "", 1).isdigit()


@pytest.fixture
def hostile(client, now):
    admin = accounts.person(FORMULA)
    made = active_security(at=now, issuer=approved_issuer(SECOND_CELL, at=now, admin=admin))
    holders(made, 75_00, at=now)
    active_security(at=now, issuer=approved_issuer(FORMULA, at=now))
    approved_investor(user=accounts.person(SECOND_CELL), legal_name=FORMULA)
    return made


@pytest.mark.parametrize("kind", CONSOLES)
def test_no_cell_of_any_list_is_a_formula(client, hostile, kind):
    reader = hostile.admin if kind == "issuer" else accounts.member(Role.COMPLIANCE_OFFICER)
    accounts.sign_in(client, reader)
    rows = 0
    for page in lists(CONSOLES[kind]):
        answer = client.get(page, {"export": "csv"})
        if answer.status_code == 403:
            continue
        assert answer.status_code == 200, page
        text = answer.content.decode("utf-8-sig")
        for delimiter in (",", ";"):
            cells = [cell for line in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in line]
            assert [cell for cell in cells if runs(cell)] == [], page
        sheet = openpyxl.load_workbook(io.BytesIO(client.get(page, {"export": "xlsx"}).content)).active
        found = [cell for line in sheet.iter_rows() for cell in line]
        assert [cell.value for cell in found if cell.data_type == "f" or runs(str(cell.value or ""))] == []
        rows += sheet.max_row - 1
    assert rows >= 3
