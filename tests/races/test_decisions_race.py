"""Two officers press at the same moment, each in a browser of his own: one decision stands, the other reads why."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from investors.kyc import selectors as kyc
from issuance.corporate_actions import selectors as dividends
from issuance.corporate_actions.models import Entitlement
from portal.accounts.selectors import organisation
from portal.approvals.models import Approval
from portal.audit import selectors as audit
from portal.domain.roles import Role
from portal.funding.services import record_deposit
from tests.factories import accounts
from tests.factories.investors import submitted_case
from tests.factories.issuance import active_security, holders

pytestmark = pytest.mark.django_db(transaction=True)

OFFICERS = 6


def browsers(people):
    return [accounts.sign_in(Client(), one) for one in people]


def pressed_at_once(presses):
    """Send every request at the same moment, each on its own connection; returns the answers."""
    start, answers = threading.Barrier(len(presses)), [None] * len(presses)

    def press(place, client, path, data):
        try:
            start.wait(timeout=20)
            answers[place] = client.post(path, data)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(n, *one)) for n, one in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def statuses(answers):
    """How many were accepted; every other is a refusal in words, and none an error of ours."""
    accepted = [one for one in answers if one.status_code == 302]
    for one in answers:
        assert one.status_code in {302, 409, 422}, one.content.decode()[:2000]
    return len(accepted)


def test_one_case_is_taken_by_one_officer_and_decided_once():
    case = submitted_case()
    officers = browsers([accounts.member(Role.COMPLIANCE_OFFICER) for _ in range(OFFICERS)])
    take = reverse("compliance:kyc-take", args=[case.id])
    assert statuses(pressed_at_once([(one, take, {}) for one in officers])) == 1
    decide = reverse("compliance:kyc-decide", args=[case.id])
    words = {"reason": "Papers seen and in order."}
    presses = [
        (one, decide, {"decision": "approve" if n % 2 else "reject", **words})
        for n, one in enumerate(officers)
    ]
    assert statuses(pressed_at_once(presses)) == 1
    decided = [
        one.action
        for one in audit.events(subject=f"kyc_case:{case.id}")
        if one.action in {"kyc.approved", "kyc.rejected"}
    ]
    assert len(decided) == 1
    assert kyc.case(case.id).state in {"approved", "rejected"}


def test_the_second_signature_under_a_risky_case_is_given_once():
    case = submitted_case(politically_exposed=True)
    first = accounts.sign_in(Client(), accounts.member(Role.COMPLIANCE_OFFICER))
    assert first.post(reverse("compliance:kyc-take", args=[case.id])).status_code == 302
    decision = {"decision": "approve", "reason": "Papers seen and in order."}
    assert first.post(reverse("compliance:kyc-decide", args=[case.id]), decision).status_code == 302
    path = reverse("compliance:kyc-second", args=[case.id])
    others = browsers([accounts.member(Role.COMPLIANCE_OFFICER) for _ in range(OFFICERS - 1)])
    words = {"decision": "confirm", "reason": "I agree."}
    answers = pressed_at_once([(one, path, words) for one in [first, *others]])
    assert answers[0].status_code == 422
    assert statuses(answers) == 1
    assert kyc.case(case.id).state == "approved"


def test_a_dividend_is_approved_or_rejected_once_and_never_by_its_maker(now):
    days_ago = now - timedelta(days=3)
    issued = active_security(at=days_ago)
    record_deposit(
        key="bank-1",
        owner=issued.issuer.owner,
        currency="USD",
        amount_minor=10_000_00,
        bank_reference="bank-1",
        actor=accounts.SETUP,
        at=days_ago,
    )
    holders(issued, 100, 300, at=days_ago)
    maker = accounts.sign_in(Client(), issued.admin)
    terms = {
        "security": str(issued.security.id),
        "name": "Third quarter",
        "pot": "1000.00",
        "rounding": "largest_remainder",
        "record_date": (now - timedelta(days=1)).date().isoformat(),
        "payment_date": now.date().isoformat(),
    }
    page = maker.post("/console/dividends/new/", {"form_key": str(uuid4()), **terms})["Location"]
    for step in ("announce", "entitle", "ask"):
        assert maker.post(f"{page}{step}/", {"form_key": str(uuid4())}).status_code == 302
    people = [accounts.person(f"Admin {n}") for n in range(OFFICERS - 1)]
    for one in people:
        accounts.grant(one, Role.ISSUER_ADMIN, organisation(issued.issuer.id))
    presses = [
        (
            one,
            f"{page}sign/{'approve' if n % 2 else 'send-back'}/",
            {"form_key": str(uuid4()), "note": "Seen."},
        )
        for n, one in enumerate([maker, *browsers(people)])
    ]
    answers = pressed_at_once(presses)
    assert answers[0].status_code == 403
    assert statuses(answers[1:]) == 1
    (signed,) = Approval.objects.filter(action__startswith="dividend")
    found = dividends.dividend(page.rstrip("/").rsplit("/", 1)[-1])
    assert (signed.state == "approved") == (found.state in {"approved", "paying", "paid"})
    assert signed.checker != signed.maker
    assert Entitlement.objects.filter(dividend_id=found.id).count() == 2
