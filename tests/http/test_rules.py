"""The page on which the rules of a security are changed: simulated first, adopted with a reason, refused with a sentence."""

import re
from uuid import uuid4

import pytest

from issuance.compliance import selectors as stored
from issuance.domain.compliance.limits import Supply
from issuance.register.facts import LotTerms
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import active_security, give

pytestmark = pytest.mark.django_db


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def form(do, **fields):
    return {"form_key": str(uuid4()), "do": do, "r0-rule": "supply", "add": "countries", **fields}


DENIED = {"r1-rule": "countries", "r1-deny": "DE", "r1-side": "receiver"}


def test_rules_are_added_simulated_and_adopted(client, now):
    issued = active_security(at=now, rules=[Supply()])
    abroad, home = approved_investor(at=now, country="DE"), approved_investor(at=now)
    for who in (abroad, home):
        give(issued, who, 10, at=now, lot=LotTerms(exemption="registered"))
    accounts.sign_in(client, issued.admin)
    url = f"/console/securities/{issued.security.id}/rules/"
    page = text(client.get(url))
    assert "Authorised number" in page
    assert "One more" not in page
    added = client.post(url, form("add"))
    assert "r1-deny" in added.content.decode()
    told = text(client.post(url, form("simulate", **DENIED)))
    assert "The receiver lives in DE; this security is not offered there." in told
    assert re.search(
        r"Holders looked at 2 Would be out 1 Decisions of the last year 2 Would have been refused 1", told
    )
    assert stored.rule_set(issued.security.id).version == 1
    done = client.post(url, form("adopt", reason="No sale in Germany.", **DENIED))
    assert done.status_code == 302, text(done)
    assert [rule.code for rule in stored.rule_set(issued.security.id).rules] == ["supply", "countries"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": "", **DENIED}, "Write why these rules are adopted."),
        ({"reason": "Why.", **DENIED, "r1-deny": "Germany"}, "Row 2: deny of country of residence has"),
        ({"reason": "Why.", **DENIED, "r1-side": "both"}, "Row 2: side of country of residence"),
        ({"reason": "Why.", "r0-as_of": "soon"}, "Row 1: as of is"),
        ({"reason": "Why.", "r0-out": "on"}, "A rule set has at least one rule."),
        ({"reason": "Why."}, "These are the rules of version 1 already."),
    ],
)
def test_a_fault_is_told_and_nothing_is_adopted(client, now, fields, sentence):
    issued = active_security(at=now, rules=[Supply()])
    accounts.sign_in(client, issued.admin)
    plain = {"r0-source": "Articles of the issuer", "r0-as_of": "2026-11-22"}
    answer = client.post(
        f"/console/securities/{issued.security.id}/rules/", form("adopt", **{**plain, **fields})
    )
    assert sentence in text(answer, 422)
    assert stored.rule_set(issued.security.id).version == 1


def test_the_meters_of_a_security_forecast_one_more(client, now):
    issued = active_security(at=now)
    give(issued, approved_investor(at=now), 10, at=now)
    accounts.sign_in(client, issued.admin)
    page = text(client.get(f"/console/securities/{issued.security.id}/"))
    assert "One more would make 2 of 1,999." in page
    assert "999,990 can still be issued." in page


def test_rules_are_the_issuers_own_business(client, now):
    issued = active_security(at=now, rules=[Supply()])
    accounts.sign_in(client, active_security(at=now).admin)
    url = f"/console/securities/{issued.security.id}/rules/"
    assert client.get(url).status_code == 404
    assert client.post(url, form("adopt", reason="Mine.", **DENIED)).status_code == 404
    accounts.sign_in(client, accounts.member(Role.OPERATOR))
    assert client.get(url).status_code == 403
    assert stored.rule_set(issued.security.id).version == 1
