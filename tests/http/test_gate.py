"""
The gate: whoever lacks a valid claim cannot subscribe, buy, receive or order, by page, API or direct call; each
refusal says how to get everything that is missing, and changes nothing.
"""

from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from uuid import uuid4

import pytest

from indices.subscriptions import services as units
from investors.accreditation import decisions as determinations
from investors.accreditation import selectors as accreditation
from investors.kyc import decisions as kyc
from investors.profiles import services as profiles
from investors.profiles.selectors import investor
from issuance.data_room import services as data_room
from issuance.data_room.selectors import NoSuchPaper, accesses
from issuance.offerings.models import Subscription
from issuance.register.facts import Intended
from issuance.register.selectors import holdings
from issuance.register.services import MovementRefused, transfer
from portal.audit.models import Event
from portal.domain.canonical import sha256_hex
from portal.domain.roles import Role
from portal.ledger import selectors as ledger
from tests.factories import accounts, indices
from tests.factories.investors import (
    accredit,
    approved_investor,
    case_with_papers,
    fund,
    new_investor,
    screening_list,
    submitted_case,
)
from tests.factories.issuance import active_security, give, holders, lay_out, open_offering, subscribe

pytestmark = pytest.mark.django_db


def person(made, user):
    return SimpleNamespace(id=made.id, owner=made.owner, user=user, actor=accounts.actor(user))


def begun(now):
    screening_list(at=now)
    user = accounts.person()
    made = profiles.create_investor(
        kind="natural", country="US", us_person=True, user_id=user.id, actor=accounts.actor(user), at=now
    )
    return person(made, user)


def draft(now):
    screening_list(at=now)
    user = accounts.person()
    made = new_investor(at=now, user=user)
    case_with_papers(made, at=now, actor=accounts.actor(user))
    return person(made, user)


def submitted(now, decide=None, **said):
    user = accounts.person()
    case = submitted_case(at=now, user=user)
    if decide:
        officer = accounts.member(Role.COMPLIANCE_OFFICER)
        me = accounts.actor(officer)
        kyc.take(case_id=case.id, officer_id=officer.id, actor=me, at=now)
        decide(case_id=case.id, officer_id=officer.id, actor=me, at=now, **said)
    return person(investor(case.investor_id), user)


def expired(now):
    made = approved_investor(at=now - timedelta(days=1200))
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    accredit(made.investor, officer=officer, actor=made.actor, at=now)
    return made


def old_evidence(now):
    made = approved_investor(at=now, accredited=False)
    accredit(
        made.investor, officer=made.officer, actor=made.actor, at=now, dated=now.date() - timedelta(days=80)
    )
    (one,) = accreditation.determinations(made.id)
    assert one.evidence_until is not None
    return made


def revoked(now):
    made = approved_investor(at=now)
    (one,) = accreditation.determinations(made.id)
    determinations.revoke(
        determination_id=one.id, reason="The letter was forged.", actor=accounts.SETUP, at=now
    )
    return made


STATES = {
    "a profile with empty fields": begun,
    "a case not handed in": draft,
    "a case that waits": submitted,
    "a case that asks for more": lambda now: submitted(
        now, kyc.request_information, question="Which street?"
    ),
    "a rejected case": lambda now: submitted(now, kyc.reject, reason="Not shown."),
    "an identity check that ran out": expired,
    "no accreditation": lambda now: approved_investor(at=now, accredited=False),
    "a revoked accreditation": revoked,
    "his own word only": lambda now: approved_investor(at=now, method="self_certification"),
    "an accreditation for another issuer": lambda now: approved_investor(at=now, issuer_id=uuid4()),
}


@pytest.fixture
def deal(now):
    issued = active_security(at=now)
    return issued, open_offering(issued, at=now)


def wanting(one, issued, now):
    claims = accreditation.claims_of(one.id, on=now.date(), issuer_id=issued.issuer.id)
    missing = claims.missing_for(accredited=True, verified=True)
    assert missing
    return [item.how_to_get_it for item in missing]


def standing(one):
    return (
        [(balance.posted, balance.reserved) for balance in ledger.balances(owner=one.owner)],
        Subscription.objects.count(),
    )


@pytest.mark.parametrize("state", STATES)
def test_without_a_valid_claim_nobody_subscribes_or_receives_by_any_door(client, deal, now, state):
    issued, offering = deal
    one = STATES[state](now)
    fund(investor(one.id), currency="USD", amount_minor=100_000_00, at=now)
    needed, before = wanting(one, issued, now), standing(one)

    with pytest.raises(MovementRefused) as refused:
        subscribe(offering, one, at=now, quantity=4)
    told = " ".join(finding.remedy for finding in refused.value.decision.failures)
    assert [way for way in needed if way not in told] == []

    accounts.sign_in(client, one.user)
    form = {
        "amount": "1000.00",
        "typed_name": "Ada Quillfeather",
        "agreement": offering.agreement_sha256,
        "risks": "on",
        "form_key": str(uuid4()),
    }
    page = client.post(f"/invest/{offering.id}/subscribe/", form)
    assert page.status_code == 422
    assert [way for way in needed if way not in unescape(page.content.decode())] == []
    body = {
        "offering": str(offering.id),
        "amount": "1000.00",
        "typed_name": "Ada Quillfeather",
        "agreement_sha256": offering.agreement_sha256,
        "risks_acknowledged": True,
    }
    answer = client.post(
        "/api/v1/subscriptions",
        body,
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 422
    remedies = " ".join(
        found["remedy"] for found in answer.json()["findings"] if found["outcome"] == "failed"
    )
    assert [way for way in needed if way not in remedies] == []
    assert standing(one) == before


@pytest.mark.parametrize("state", STATES)
def test_without_a_valid_claim_nobody_reads_a_data_room_by_any_door(client, deal, now, state):
    issued, offering = deal
    paper = lay_out(issued, offering, at=now, title="Appraisal of the dock")
    one = STATES[state](now)
    needed = wanting(one, issued, now)

    with pytest.raises(NoSuchPaper):
        data_room.open_paper(
            offering_id=offering.id, paper_id=paper.id, investor_id=one.id, actor=one.actor, at=now
        )

    accounts.sign_in(client, one.user)
    page = client.get(f"/invest/{offering.id}/room/")
    told = unescape(page.content.decode())
    assert (page.status_code, paper.title in told, paper.sha256 in told) == (200, False, False)
    assert [way for way in needed if way not in told] == []
    for path in (
        f"/invest/{offering.id}/room/{paper.id}/",
        f"/documents/{paper.document_id}/",
        f"/api/v1/offerings/{offering.id}/data-room/{paper.id}",
    ):
        assert client.get(path).status_code == 404, path
    answer = client.get(f"/api/v1/offerings/{offering.id}/data-room").json()
    assert (answer["number"], answer["papers"]) == (1, [])
    assert [missing["how_to_get_it"] for missing in answer["missing"]] == needed
    assert accesses(offering.id) == []
    assert not Event.objects.filter(action__in=("document.read", "data_room.paper_opened")).exists()


def test_with_every_claim_the_room_is_open_by_every_door(client, deal, now):
    issued, offering = deal
    paper, one = lay_out(issued, offering, at=now), approved_investor(at=now)
    accounts.sign_in(client, one.user)
    assert paper.title in client.get(f"/invest/{offering.id}/room/").content.decode()
    for path in (
        f"/invest/{offering.id}/room/{paper.id}/",
        f"/api/v1/offerings/{offering.id}/data-room/{paper.id}",
    ):
        answer = client.get(path)
        assert (answer.status_code, sha256_hex(answer.content)) == (200, paper.sha256)
    assert [line.investor for line in accesses(offering.id)] == [one.owner] * 2


UNIDENTIFIED = [name for name, make in list(STATES.items())[:6]]


@pytest.mark.parametrize("state", UNIDENTIFIED)
def test_who_is_not_identified_receives_nothing_and_orders_no_units(deal, now, state):
    issued, _ = deal
    one = STATES[state](now)
    (seller,) = holders(issued, 100, at=now)
    fund(investor(one.id), currency="USD", amount_minor=100_000_00, at=now)
    before = (holdings(issued.security), standing(one))
    with pytest.raises(MovementRefused):
        give(issued, one.id, 5, at=now)
    with pytest.raises(MovementRefused):
        transfer(
            key=str(uuid4()),
            intended=Intended(
                "transfer", issued.security.id, 5, "gift:1", source=seller.owner, target=one.owner
            ),
            reason="A gift between friends.",
            actor=issued.actor,
            at=now,
        )
    indices.steady(5)
    live = indices.live_index("GATE")
    with pytest.raises(units.OrderRefused):
        units.place_create(
            index_id=live.id, investor_id=one.id, amount_minor=10_000_00, actor=one.actor, at=now
        )
    assert (holdings(issued.security), standing(one)) == before


def test_evidence_that_grows_old_closes_the_gate_on_the_day_after(now):
    issued = active_security(at=now)
    made = old_evidence(now)
    (one,) = accreditation.determinations(made.id)
    last = one.evidence_until
    days = [last, last + timedelta(days=1)]
    found = [accreditation.claims_of(made.id, on=day, issuer_id=issued.issuer.id) for day in days]
    assert [claims.is_accredited for claims in found] == [True, False]
    assert found[1].accreditation_missing[0].code == "accreditation-evidence-old"
