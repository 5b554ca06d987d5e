"""Backtests through the doors: tried by an operator, shown to investors as what they are."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from indices.backtests.models import Backtest
from indices.domain.schedule import last_closed
from portal.domain.roles import Role
from tests.factories import accounts, indices
from tests.factories.investors import approved_investor

pytestmark = pytest.mark.django_db
DAYS = 30
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def first():
    day = last_closed(timezone.now()) - timedelta(days=DAYS - 1)
    indices.steady(DAYS, first=day)
    return day


@pytest.fixture
def operator(client):
    return accounts.sign_in(client, accounts.member(Role.OPERATOR))


def asked(begins, **changes):
    last = last_closed(timezone.now())
    return {
        "document": json.dumps(indices.document()),
        "first": begins.isoformat(),
        "last": last.isoformat(),
        "form_key": "b" * 16,
    } | changes


def test_an_operator_tries_rules_before_there_is_an_index(first, operator):
    shown = operator.get("/compliance/indices/backtest/").content.decode()
    assert "Calculate" in shown
    answer = operator.post("/compliance/indices/backtest/", asked(first))
    made = Backtest.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/compliance/backtests/{made.pk}/"
    page = operator.get(answer["Location"]).content.decode()
    for said in (
        "Backtested.",
        "Nobody held this",
        "Deepest fall",
        made.prices_sha256,
        "traded at the close of",
    ):
        assert said in page
    assert "Backtest rules first" in operator.get("/compliance/indices/new/").content.decode()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"document": "{"}, "not JSON"),
        ({"document": '{"theme": "x"}'}, "cannot be used"),
        ({"first": "2024-01-01"}, "Prices are known from"),
        ({"first": "2001-01-01"}, "at most 4,000 days"),
        ({"last": "2999-01-01"}, "has not closed yet"),
        ({"cost_bps": "-5"}, "not -5"),
        ({"lag_days": "many"}, "whole number"),
        ({"first": ""}, "required"),
    ],
)
def test_what_cannot_be_tested_is_told_at_the_form_and_nothing_is_kept(first, operator, changes, told):
    answer = operator.post("/compliance/indices/backtest/", asked(first, **changes))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Backtest.objects.exists()


def test_the_page_of_an_index_tells_backtested_from_live(first, operator):
    base = first + timedelta(days=10)
    live = indices.live_index(base=base)
    indices.advance(live.id, last_closed(timezone.now()), since=base)
    investor = accounts.sign_in(type(operator)(), approved_investor().user)
    before = investor.get("/indices/TEST/").content.decode()
    assert "Backtested and live" not in before
    assert investor.get("/indices/TEST/backtest/").status_code == 404

    answer = operator.post(f"/compliance/indices/{live.id}/backtest/", asked(first))
    assert answer.status_code == 302
    page = investor.get("/indices/TEST/").content.decode()
    assert "Backtested and live" in page
    assert "acktested, after costs" in page
    sheet = investor.get("/indices/TEST/backtest/").content.decode()
    assert "Nobody held this" in sheet


def test_only_operators_calculate_and_only_staff_read_the_console(first, client):
    auditor = accounts.sign_in(client, accounts.member(Role.AUDITOR))
    assert auditor.get("/compliance/indices/backtest/").status_code == 403
    assert auditor.post("/compliance/indices/backtest/", asked(first)).status_code == 403
    assert not Backtest.objects.exists()
    assert auditor.get(f"/compliance/backtests/{NOBODY}/").status_code == 404
    assert auditor.get(f"/compliance/indices/{NOBODY}/backtest/").status_code == 403
