"""
The first journey, to the cent: from an issuer's application to a dividend paid by workers, with every step found
in the audit trail and proved offline. Everything goes through services; relay and Celery worker are real processes.
"""

import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from issuance.assets import selectors as assets
from issuance.corporate_actions import selectors as dividend_facts
from issuance.corporate_actions import services as dividends
from issuance.corporate_actions.facts import NewDividend
from issuance.offerings import selectors as offering_facts
from issuance.offerings import services as offerings
from issuance.register import selectors as register
from issuance.register.services import MovementRefused
from portal.approvals.services import MakerCannotCheck
from portal.audit import selectors as audit
from portal.audit.sequencer import seal_all
from portal.audit.verify import verify_log
from portal.domain.canonical import fingerprint
from portal.ledger import selectors as ledger
from portal.ledger.verify import verify_ledger
from portal.management.story import investors, issuances
from portal.management.story.cast import found_house
from portal.management.story.clock import Clock
from portal.management.story.investors import Person
from portal.management.story.people import HARBORVIEW

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("processes")]
PLAN = replace(HARBORVIEW, offered=1_000)


def cash(owner):
    return next(b for b in ledger.balances(owner=owner) if b.instrument_code == "USD" and b.purpose == "cash")


def wait(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.1)


@pytest.fixture
def clock():
    return Clock(timezone.now() - timedelta(minutes=30))


def test_from_an_application_to_a_dividend_in_every_account(
    transactional_db, clock, celery_worker, relay, tmp_path
):
    house = found_house("Aldermoor", clock)
    investors.import_sample_list(house, clock)
    issuer = issuances.onboard(PLAN, house, clock)
    _token_can_be_recomputed(issuer)
    offering = issuances.offer(issuer, "First round", 1_000, 30, clock)

    ada, berta, carl = (
        investors.sign_up(Person(name, country=country), clock)
        for name, country in (
            ("Ada Quillfeather", "US"),
            ("Berta Osterhaus", "DE"),
            ("Carl Marchbanks", "US"),
        )
    )
    _refused_while_nobody_knows_her(offering, ada, clock)
    for investor in (ada, berta, carl):
        investors.approve(investors.hand_in(investor, clock), house, clock)
        investors.accredit(investor, house, clock)
        investors.pay_in(investor, 20_000_000, house, clock)
        assert cash(investor.owner).available == 20_000_000

    for investor, amount in ((ada, 15_000_000), (berta, 10_000_000), (carl, 6_250_000)):
        issuances.subscribe(offering, investor, amount, clock)
    assert [cash(i.owner).reserved for i in (ada, berta, carl)] == [15_000_000, 10_000_000, 6_250_000]

    celery_worker()
    relay()
    offerings.close(offering_id=offering.id, actor=issuer.maker, at=clock())
    wait(lambda: offering_facts.offering(offering.id).state == "settled", "the settlement by workers")

    # 1,250 units asked, 1,000 offered: everybody gets four fifths, and pays for what he got.
    holdings = register.holdings(issuer.security)
    assert {i.user.name: holdings[i.owner] for i in (ada, berta, carl)} == {
        "Ada Quillfeather": 4_800_000, "Berta Osterhaus": 3_200_000, "Carl Marchbanks": 2_000_000,
    }  # fmt: skip
    assert [(cash(i.owner).posted, cash(i.owner).reserved) for i in (ada, berta, carl)] == [
        (8_000_000, 0), (12_000_000, 0), (15_000_000, 0),
    ]  # fmt: skip
    assert cash(f"issuer:{issuer.facts.id}").posted == 25_000_000
    _cap_table_shows_fractions(issuer, ada, berta, carl)

    paid = _dividend(issuer)
    # 10,000.01 over 480, 320 and 200 units: the odd cent goes to the largest remainder; Germany's treaty keeps 15 %.
    entitled = {line.holder: (line.gross_minor, line.withheld_minor, line.net_minor) for line in
                dividend_facts.entitlements(dividend_id=paid.id)}  # fmt: skip
    assert entitled == {
        ada.owner: (480_001, 0, 480_001),
        berta.owner: (320_000, 48_000, 272_000),
        carl.owner: (200_000, 0, 200_000),
    }
    assert [cash(i.owner).posted for i in (ada, berta, carl)] == [8_480_001, 12_272_000, 15_200_000]
    assert cash(f"issuer:{issuer.facts.id}").posted == 25_000_000 - 1_000_001
    house_cash = {b.purpose: b.posted for b in ledger.balances(owner="house") if b.posted}
    assert house_cash == {"withholding": 48_000}

    _every_step_is_found_and_proved(tmp_path)
    assert verify_ledger() + verify_log() == []


def _token_can_be_recomputed(issuer):
    token = assets.token(issuer.security.token)
    assert fingerprint(token.record) == token.identifier == issuer.security.token


def _refused_while_nobody_knows_her(offering, investor, clock):
    with pytest.raises(MovementRefused) as refused:
        issuances.subscribe(offering, investor, 15_000_000, clock)
    failed = {finding.rule for finding in refused.value.decision.failures}
    assert {"identity_verified", "accredited_required", "cash_available"} <= failed
    assert offering_facts.subscriptions(offering_id=offering.id) == []
    assert [b for b in ledger.balances(owner=investor.owner) if b.posted or b.reserved] == []


def _cap_table_shows_fractions(issuer, ada, berta, carl):
    table = register.cap_table_of(issuer.facts.id)
    shares = {line.holder: (line.quantity, line.share_ppm) for line in table.classes[0].lines}
    assert shares == {
        ada.owner: (4_800_000, 480_000), berta.owner: (3_200_000, 320_000), carl.owner: (2_000_000, 200_000),
    }  # fmt: skip


def _dividend(issuer):
    now = timezone.now()
    made = dividends.declare(
        terms=NewDividend(
            security_id=issuer.security.id, name="Rent", record_date=now.date(), record_at=now,
            payment_date=now.date(), pot_minor=1_000_001,
        ),
        actor=issuer.maker, at=now,
    )  # fmt: skip
    dividends.announce(dividend_id=made.id, actor=issuer.maker, at=timezone.now())
    dividends.entitle(dividend_id=made.id, actor=issuer.maker, at=timezone.now())
    dividends.request_approval(dividend_id=made.id, actor=issuer.maker, at=timezone.now())
    with pytest.raises(MakerCannotCheck):
        dividends.approve(dividend_id=made.id, actor=issuer.maker, at=timezone.now())
    assert dividend_facts.dividend(made.id).state == "entitled"
    dividends.approve(dividend_id=made.id, actor=issuer.checker, at=timezone.now())
    wait(lambda: dividend_facts.dividend(made.id).state == "paid", "the payout by workers")
    return dividend_facts.dividend(made.id)


STEPS = (
    "issuer.applied", "issuer.approved", "asset.recorded", "asset.tokenized", "security.created", "rules.adopted",
    "offering.opened", "account.registered", "decision.refused", "kyc.submitted", "kyc.approved",
    "accreditation.determined", "deposit.recorded", "offering.subscribed", "ledger.reserved", "offering.closed",
    "register.issued", "offering.settled", "dividend.declared", "dividend.entitled", "approval.requested",
    "approval.approved", "dividend.approved", "dividend.paying", "dividend.paid", "ledger.posted",
)  # fmt: skip


def _every_step_is_found_and_proved(folder):
    seal_all(at=timezone.now())
    found = [audit.events(action=step, limit=1) for step in STEPS]
    assert [step for step, events in zip(STEPS, found, strict=True) if not events] == []
    bundle = folder / "bundle.json"
    bundle.write_text(json.dumps(audit.bundle([events[0].event_id for events in found])))
    ran = subprocess.run(
        [sys.executable, "-m", "portal.audit.verifier", bundle], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count("ok: entry") == len(STEPS)
