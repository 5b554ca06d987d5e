"""
Leaving: an investor with a wallet and money has everything exported by a real worker, is told what keeps the account
open, has the money paid out, and is let go by two officers. What the law keeps, stays; the log still verifies.
"""

import io
import json
import time
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from investors.bank_accounts import selectors as bank_accounts
from investors.closure import selectors as closing
from investors.closure.models import Closure
from investors.profiles import selectors as profiles
from investors.wallets import selectors as wallets
from investors.wallets.models import Challenge
from portal.audit.sequencer import seal_all
from portal.audit.verifier import verify
from portal.audit.verify import verify_log
from portal.domain.roles import Role
from portal.funding import services as funding
from portal.ledger.verify import verify_ledger
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, bank_account
from tests.factories.wallets import Key

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("processes")]


def wait(condition, what, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.2)


def test_an_investor_takes_everything_along_and_leaves(transactional_db, now, celery_worker, relay):
    made = approved_investor(at=now, cash={"USD": 250_000}, legal_name="Ada Quillfeather")
    own = sign_in(Client(), made.user)
    _proves_a_wallet(own, made)
    seal_all(at=now)
    celery_worker()
    relay()
    bundle = _export(own, made)
    assert json.loads(bundle.read("data/profile.json"))["profile"]["legal_name"] == "Ada Quillfeather"
    assert verify(json.loads(bundle.read("data/audit_trail.json"))["bundle"])
    told = own.get(reverse("your-data")).content.decode()
    assert "2,500.00 USD are on your cash account." in told
    assert own.post(reverse("closure-ask"), {"sure": "on"}).status_code == 422
    _is_paid_out(made, now)
    assert own.post(reverse("closure-ask"), {"wish": "Moving.", "sure": "on"}).status_code == 302
    _two_officers_agree()
    assert own.get(reverse("your-data"))["Location"].startswith("/accounts/login/")
    left = closing.closure_of(made.id)
    assert (left.state, left.retained_until.year) == (
        "approved",
        profiles.investor(made.id).closed_at.year + 6,
    )
    assert [one.state for one in wallets.wallets_of(made.id)] == ["retired"]
    assert [one.state for one in bank_accounts.bank_accounts(investor_id=made.id)] == ["retired"]
    assert [one.state for one in closing.exports_of(made.id)] == ["expired"]
    assert profiles.names_to_screen(made.id)[0].name == "Ada Quillfeather"
    seal_all(at=profiles.investor(made.id).closed_at)
    assert verify_log() == []
    assert verify_ledger() == []


def _proves_a_wallet(own, made):
    key = Key()
    page = own.post(reverse("wallets"), {"address": key.address, "chain_id": 1})["Location"]
    message = Challenge.objects.get(investor_id=made.id).message
    assert own.post(page, {"message": message, "signature": key.sign(message)}).status_code == 302
    assert [one.address for one in wallets.wallets_of(made.id)] == [key.address]


def _export(own, made):
    assert own.post(reverse("data-export-ask")).status_code == 302
    wait(lambda: closing.exports_of(made.id)[0].state == "ready", "the worker to make the export")
    answer = own.get(reverse("data-export", args=[closing.exports_of(made.id)[0].id]))
    return zipfile.ZipFile(io.BytesIO(answer.content))


def _two_officers_agree():
    asked = Closure.objects.get()
    for _ in range(2):
        officer = sign_in(Client(), accounts.member(Role.COMPLIANCE_OFFICER))
        there = reverse("compliance:closure-decide", args=[asked.pk])
        answer = officer.post(there, {"decision": "agree", "reason": "Nothing is left on it."})
        assert answer.status_code == 302


def _is_paid_out(made, now):
    """To a verified bank account, by an operator who is not the investor."""
    account = "DE89370400440532013000"
    bank_account(made.investor, account=account, at=now)
    asked = funding.request_withdrawal(
        key=f"leaving-{made.id}",
        owner=made.owner,
        currency="USD",
        amount_minor=250_000,
        account_name="Ada Quillfeather",
        destination=account,
        actor=made.actor,
        at=now,
    )
    operator = accounts.actor(accounts.member(Role.OPERATOR))
    funding.pay_withdrawal(withdrawal_id=asked.id, bank_reference="OUT-1", actor=operator, at=now)
