"""Votes in a real browser: no page breaks the policy or is wider than a phone, and one votes without JavaScript."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client

from issuance.voting import selectors, services
from issuance.voting.models import Ballot
from portal.audit.sequencer import seal_all
from portal.domain.roles import Role
from tests.browser.test_investors_pages import look
from tests.factories import accounts
from tests.factories.issuance import WORKER, active_security, holders
from tests.factories.voting import drafted, hand_on, opened, vote

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def issued(now):
    return active_security(at=now - timedelta(hours=3))


def test_the_pages_of_holders_issuer_and_compliance(context, site, issued, now):
    people = holders(issued, 50, 30, 20, at=now - timedelta(hours=2))
    draft, going, over = drafted(issued, at=now), opened(issued, at=now), opened(issued, at=now)
    own = vote(going, people[0], "for", at=now)
    vote(over, people[0], "for", at=now)
    hand_on(going, people[1], people[0], at=now)
    services.close_voting(meeting_id=over.id, actor=WORKER, at=over.closes_at)
    services.request_certification(meeting_id=over.id, actor=issued.actor, at=now)
    seal_all(at=now)
    ones = [f"/votes/{one.id}/" for one in (going, over)]
    look(context, site, people[0].user, ["/", "/votes/", *ones, f"/votes/ballots/{own.number}/"])
    look(context, site, people[1].user, ones[:1])
    ours = [f"/console/votes/{one.id}/" for one in (draft, going, over)]
    look(context, site, issued.admin, ["/console/votes/", "/console/votes/new/", *ours])
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    look(context, site, officer, ["/compliance/votes/", f"/compliance/votes/{over.id}/"])


def test_a_holder_votes_without_javascript(browser, site, issued, now):
    people = holders(issued, 50, 30, at=now - timedelta(hours=2))
    meeting = opened(issued, at=datetime.now(UTC))
    client, name = accounts.sign_in(Client(), people[0].user), settings.SESSION_COOKIE_NAME
    plain = browser.new_context(java_script_enabled=False)
    plain.set_default_timeout(8000)
    plain.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page = plain.new_page()
    page.goto(f"{site}/votes/{meeting.id}/")
    page.get_by_label("Against").first.check()
    page.get_by_role("button", name="Cast your vote").click()
    assert page.locator("h1").inner_text() == "Receipt of your ballot"
    plain.close()
    assert Ballot.objects.count() == 1
    assert selectors.count(meeting.id)["resolutions"][0]["units"]["against"] == ["50"]
