"""A vote through the pages: prepared, announced, cast with a receipt, handed on, closed, certified, read."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from issuance.voting import selectors, services, verifier
from issuance.voting.models import Ballot, Proxy
from portal.accounts.selectors import organisation
from portal.audit.sequencer import seal_all
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, give, holders
from tests.factories.voting import opened, vote

pytestmark = pytest.mark.django_db


def text(answer, status=200):
    body = answer.content.decode()
    assert answer.status_code == status, body[:3000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)).replace("\u202f", " ").replace("&#x27;", "'")


def form(**fields):
    return {"form_key": str(uuid4()), **fields}


@pytest.fixture
def issued(now):
    return active_security(at=now - timedelta(hours=3))


@pytest.fixture
def people(issued, now):
    return holders(issued, 50, 30, 20, at=now - timedelta(hours=2))


def prepared(client, issued, now, **fields):
    accounts.sign_in(client, issued.admin)
    stamp = "%Y-%m-%dT%H:%M"
    given = {
        "issuer": str(issued.issuer.id),
        "name": "Annual meeting",
        "kind": "meeting",
        "record_at": (now - timedelta(hours=1)).strftime(stamp),
        "opens_at": (now - timedelta(minutes=2)).strftime(stamp),
        "closes_at": (now + timedelta(days=1)).strftime(stamp),
        f"votes_{issued.security.id}": "1",
    }
    return client.post("/console/votes/new/", form(**{**given, **fields}))


RESOLUTION = {
    "title": "New auditor",
    "text": "That Elm & Co be appointed.",
    "needs": "majority",
    "quorum": "50",
}


def test_the_issuer_prepares_announces_opens_and_sees_who_is_heard(client, issued, people, now):
    page = prepared(client, issued, now)["Location"]
    assert "Announce</button>" not in client.get(page).content.decode()
    assert client.post(f"{page}resolutions/", form(**RESOLUTION)).status_code == 302
    assert "more than 1/2 of the votes cast for it; a quorum of 1/2" in text(client.get(page))
    for step in ("announce", "open"):
        answer = client.post(f"{page}{step}/", form())
        assert answer.status_code == 302, text(answer)
    shown = text(client.get(page))
    assert "0 of 3" in shown
    assert "Annual meeting" in text(client.get("/console/votes/"))
    assert client.post(f"{page}close/", form()).status_code == 409
    assert client.post(f"{page}nonsense/", form()).status_code == 404


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"closes_at": "2020-01-01T00:00"}, "close before it opens"),
        ({"record_at": "2199-01-01T00:00"}, "after the opening"),
        ({"secret": "on", "early_close": "on"}, "cannot close early"),
        ({"name": ""}, "required"),
        ({"issuer": str(uuid4())}, "valid choice"),
    ],
)
def test_a_wrong_draft_says_which_field(client, issued, now, fields, sentence):
    assert sentence in text(prepared(client, issued, now, **fields), 422)
    assert selectors.meetings() == []


def test_a_resolution_with_an_action_needs_what_it_is_done_to(client, issued, now):
    page = prepared(client, issued, now)["Location"]
    answer = client.post(f"{page}resolutions/", form(**RESOLUTION, action="offering.cancel"))
    assert "Name what it is to be done to" in text(answer, 422)
    assert selectors.resolutions(page.rstrip("/").rsplit("/", 1)[-1]) == []


def test_a_holder_is_told_on_his_home_page_votes_and_keeps_a_receipt_that_proves_it(
    client, issued, people, now
):
    meeting = opened(issued, at=now, secret=True)
    accounts.sign_in(client, people[0].user)
    assert "Annual meeting is open for your vote" in text(client.get("/"))
    assert "Annual meeting" in text(client.get("/votes/"))
    page = f"/votes/{meeting.id}/"
    shown = client.get(page).content.decode()
    assert 'type="radio"' in shown
    assert "<script" not in re.sub(r"<script[^>]* src=[^>]*></script>", "", shown)
    answer = client.post(f"{page}ballot/", form(answer_1="for"))
    assert answer.status_code == 302, text(answer, 302)
    receipt = answer["Location"]
    assert "sealed; reload" in text(client.get(receipt))
    assert client.get(receipt, {"format": "json"}).status_code == 409
    seal_all(at=now)
    assert "Inclusion proof" in text(client.get(receipt))
    told = json.loads(client.get(receipt, {"format": "json"}).content)
    assert told["ballot"]["choice"] == "for"
    assert "is open for your vote" not in text(client.get("/"))
    assert client.get(f"{page}bundle.json").status_code == 409
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    bundle = json.loads(client.get(f"{page}bundle.json").content)
    assert verifier.verify(bundle)
    assert verifier.check_receipt(bundle, told) == "the receipt's ballot was counted"
    assert "Voting is over" in text(client.get(page))


def test_another_s_ballot_is_not_there(client, issued, people, now):
    meeting = opened(issued, at=now)
    made = vote(meeting, people[0], "for", at=now)
    accounts.sign_in(client, people[1].user)
    assert client.get(f"/votes/ballots/{made.number}/").status_code == 404
    assert client.get(f"/votes/ballots/{made.number}/", {"format": "json"}).status_code == 404
    assert client.get(f"/votes/ballots/{uuid4()}/").status_code == 404


def test_after_the_close_the_form_is_gone_and_a_late_post_is_told_so(client, issued, people, now):
    meeting = opened(issued, at=now)
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    accounts.sign_in(client, people[0].user)
    page = f"/votes/{meeting.id}/"
    assert "Cast your vote" not in text(client.get(page))
    assert "Voting closed on" in text(client.post(f"{page}ballot/", form(answer_1="for")), 409)
    assert "Voting closed on" in text(
        client.post(f"{page}proxy/", form(agent=people[1].investor.reference)), 409
    )
    assert (Ballot.objects.count(), Proxy.objects.count()) == (0, 0)


def test_more_than_held_and_no_answer_are_told_at_the_form(client, issued, people, now):
    meeting = opened(issued, at=now)
    accounts.sign_in(client, people[0].user)
    page = f"/votes/{meeting.id}/ballot/"
    assert "51 were asked for" in text(client.post(page, form(answer_1="for", units_0="51")), 422)
    assert "Answer at least one resolution." in text(client.post(page, form()), 422)
    assert "valid choice" in text(client.post(page, form(answer_1="perhaps")), 422)
    for wrong in ("x", "-1", "1.5", "9" * 50):
        assert client.post(page, form(answer_1="for", units_0=wrong)).status_code == 422
    assert Ballot.objects.count() == 0
    assert client.post(page, form(answer_1="for", units_0="20")).status_code == 302
    assert selectors.count(meeting.id)["resolutions"][0]["units"]["for"] == ["20"]


def test_who_bought_after_the_record_date_is_told_and_a_stranger_sees_nothing(client, issued, people, now):
    late = approved_investor(at=now)
    give(issued, late, 5, at=now)
    meeting = opened(issued, at=now)
    accounts.sign_in(client, late.user)
    page = f"/votes/{meeting.id}/"
    assert "You held none of these classes at the record date" in text(client.get(page))
    assert "You held none" in text(client.post(f"{page}ballot/", form(answer_1="for")), 403)
    accounts.sign_in(client, approved_investor(at=now).user)
    assert client.get(page).status_code == 404
    assert client.post(f"{page}ballot/", form(answer_1="for")).status_code == 404
    assert Ballot.objects.count() == 0


def test_a_proxy_is_given_with_instructions_refused_in_a_circle_and_revoked(client, issued, people, now):
    meeting = opened(issued, at=now)
    page = f"/votes/{meeting.id}/"
    accounts.sign_in(client, people[0].user)
    agent = {"agent": people[1].investor.reference.lower(), "instruction_1": "against"}
    answer = client.post(f"{page}proxy/", form(**agent))
    assert answer.status_code == 302, text(answer, 302)
    assert people[1].investor.reference in text(client.get(page))
    assert "no investor with this reference" in text(client.post(f"{page}proxy/", form(agent="NOBODY")), 422)
    accounts.sign_in(client, people[1].user)
    back = client.post(f"{page}proxy/", form(agent=people[0].investor.reference))
    assert "circle" in text(back, 409)
    number = Proxy.objects.get().number
    assert client.post(f"/votes/proxies/{number}/revoke/", form()).status_code == 404
    accounts.sign_in(client, people[0].user)
    assert client.post(f"/votes/proxies/{number}/revoke/", form()).status_code == 302
    assert selectors.proxies(meeting.id) == []


def test_a_second_person_certifies_and_compliance_reads(client, issued, people, now):
    meeting = opened(issued, at=now)
    vote(meeting, people[0], "for", at=now)
    vote(meeting, people[1], "for", at=now)
    services.close_voting(meeting_id=meeting.id, actor=WORKER, at=meeting.closes_at)
    page = f"/console/votes/{meeting.id}/"
    accounts.sign_in(client, issued.admin)
    assert client.post(f"{page}ask/", form()).status_code == 302
    assert client.post(f"{page}sign/certify/", form()).status_code == 403
    assert "You asked for this" in text(client.get(page))
    second = accounts.person("Second Admin")
    accounts.grant(second, Role.ISSUER_ADMIN, organisation(issued.issuer.id))
    accounts.sign_in(client, second)
    assert client.post(f"{page}sign/send-back/", form(note="Wait.")).status_code == 302
    accounts.sign_in(client, issued.admin)
    assert client.post(f"{page}ask/", form()).status_code == 302
    accounts.sign_in(client, second)
    assert client.post(f"{page}sign/certify/", form()).status_code == 302
    assert selectors.meeting(meeting.id).state == "certified"
    assert verifier.verify(json.loads(client.get(page, {"format": "json"}).content))
    assert client.get(page, {"format": "csv"}).content.count(b"\r\n") == 3
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    shown = text(client.get(f"/compliance/votes/{meeting.id}/"))
    assert "Passed" in shown
    assert "Annual meeting" in text(client.get("/compliance/votes/"))


def test_another_issuer_s_people_do_not_know_of_it(client, issued, people, now):
    meeting = opened(issued, at=now)
    accounts.sign_in(client, active_security(at=now).admin)
    page = f"/console/votes/{meeting.id}/"
    assert client.get(page).status_code == 404
    for path in ("close/", "cancel/", "resolutions/", "sign/certify/"):
        assert client.post(f"{page}{path}", form()).status_code == 404
    assert "Annual meeting" not in text(client.get("/console/votes/"))
    assert selectors.meeting(meeting.id).state == "open"
