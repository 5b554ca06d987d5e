"""The work queue of prices in the compliance console."""

from datetime import timedelta

import pytest
from django.utils import timezone

from indices.domain.schedule import last_closed
from indices.prices import checks, selectors
from portal.domain.roles import Role
from tests.factories import accounts, indices

pytestmark = pytest.mark.django_db


@pytest.fixture
def finding():
    last = last_closed(timezone.now()) - timedelta(days=1)
    closes = {"AAA": [100 + n % 3 for n in range(40)] + [1_000]}
    batch = indices.closes(closes, first=last - timedelta(days=40), at=timezone.now())
    checks.inspect(batch_id=batch.id, actor=indices.ACTOR, at=timezone.now())
    [found] = selectors.findings()
    return found


def test_an_operator_decides_a_finding(finding, client):
    operator = accounts.sign_in(client, accounts.member(Role.OPERATOR))
    assert "AAA" in operator.get("/compliance/prices/").content.decode()
    page = f"/compliance/prices/{finding.id}/"
    assert "times the usual step" in operator.get(page).content.decode()
    refused = operator.post(page, {"answer": "correct", "reason": "a slip"})
    assert refused.status_code == 422
    assert "State the right price" in refused.content.decode()
    assert selectors.finding(finding.id) == finding
    done = operator.post(page, {"answer": "correct", "close": "101", "reason": "a slip of the source"})
    assert (done.status_code, selectors.finding(finding.id).state) == (302, "corrected")
    assert operator.get("/compliance/prices/00000000-0000-4000-8000-000000000000/").status_code == 404


def test_an_event_is_recorded_by_form_and_shown(finding, client):
    operator = accounts.sign_in(client, accounts.member(Role.OPERATOR))
    page = "/compliance/prices/events/"
    told = {
        "kind": "redenomination",
        "symbol": "AAA",
        "day": "2025-01-05",
        "old": 1,
        "new": 1,
        "source": "notice",
    }
    refused = operator.post(page, told)
    assert (refused.status_code, selectors.token_events(known_by=timezone.now())) == (422, [])
    assert "A redenomination of one to one is none." in refused.content.decode()
    assert operator.post(page, told | {"new": 1000}).status_code == 302
    assert "1 : 1,000" in operator.get(page).content.decode()
