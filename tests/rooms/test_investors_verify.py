"""`verify` finds what a superuser changed in the records of investors and of their money, and names the row."""

from datetime import timedelta

import pytest

from investors.accreditation import decisions as accreditation
from investors.accreditation import services as requests
from investors.accreditation.selectors import determinations
from investors.kyc import decisions, services
from investors.profiles import services as profiles
from investors.profiles.facts import ProfileInput
from investors.screening import decisions as screening_decisions
from investors.screening import selectors as screening
from portal.approvals.verify import verify_approvals
from portal.audit.verify import verify_rows
from portal.funding import services as funding
from portal.management.commands.verify import verify_investors, verify_money
from tests.factories import accounts, tampering
from tests.factories.investors import approved_investor, new_investor, pdf, screening_list, submitted_case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def story(now):
    """Investors at every stage: approved by two, matched, refused, determined, revoked, paid in and out."""
    start = now - timedelta(hours=3)
    screening_list(at=start)
    ann = approved_investor(at=start, cash={"USD": 5_000_000_00})
    approved_investor(at=start, kind="entity", country="DE", politically_exposed=True)
    officer = ann.officer
    by = {"officer_id": officer.id, "actor": accounts.actor(officer), "at": now}
    (made,) = determinations(ann.id)
    accreditation.revoke(determination_id=made.id, reason="A mistake.", actor=by["actor"], at=now)
    asked = requests.ask(
        investor_id=ann.id, basis="501(a)(5)", method="professional_letter", actor=ann.actor, at=now
    )
    requests.add_paper(
        request_id=asked.id, kind="professional_letter", dated=now.date(), filename="letter.pdf", content=pdf(),
        actor=ann.actor, at=now,
    )  # fmt: skip
    requests.submit_request(request_id=asked.id, actor=ann.actor, at=now)
    accreditation.determine(
        investor_id=ann.id, accredited=True, basis="501(a)(5)", method="professional_letter", reason="It shows it.",
        request_id=asked.id, **by,
    )  # fmt: skip
    case = submitted_case(at=start, legal_name="Zoltan Vexingham Prohibited", born="1955-02-03")
    (hit,) = screening.hits(investor_id=case.investor_id)
    screening_decisions.decide_hit(hit_id=hit.id, true_match=True, reason="Same person.", **by)
    decisions.take(case_id=case.id, **by)
    services.message(case_id=case.id, text="We are looking at it.", actor=by["actor"], at=now)
    decisions.reject(case_id=case.id, reason="A listed person.", **by)
    other = new_investor(at=start, kind="joint")
    profiles.update_profile(
        investor_id=other.id, profile=ProfileInput(country="CA", us_person=False), reason="moved", actor=ann.actor, at=now
    )  # fmt: skip
    _withdrawals(ann, now)
    return ann


def _withdrawals(ann, now):
    given = {
        "owner": ann.owner, "currency": "USD", "account_name": "Ann", "destination": "021000021/123456789",
        "actor": ann.actor, "at": now,
    }  # fmt: skip
    one = funding.request_withdrawal(key="w1", amount_minor=1_000_00, **given)
    funding.pay_withdrawal(withdrawal_id=one.id, bank_reference="OUT-1", actor=accounts.SETUP, at=now)
    funding.request_withdrawal(key="w2", amount_minor=4_000_000_00, **given)
    last = funding.request_withdrawal(key="w3", amount_minor=2_00, **given)
    funding.cancel_withdrawal(withdrawal_id=last.id, owner=ann.owner, actor=ann.actor, at=now)


def test_what_the_services_wrote_agrees_with_the_trail(story):
    assert verify_approvals() == []
    assert verify_investors() == []
    assert verify_money() == []


@pytest.mark.slow
@pytest.mark.parametrize("house", ["investors", "portal"])
def test_every_column_a_superuser_changes_is_found_and_its_row_named(story, superuser_connection, house):
    tried, held, unseen = 0, [], []
    for model in tampering.kept_models(house):
        table = model._meta.db_table
        key = tampering.key_of_a_row(superuser_connection, model)
        if key is None:
            continue
        for column in tampering.columns_of(model):
            if column == "snapshot":
                continue
            with tampering.changed(superuser_connection, table, column, key) as done:
                tried += done
                if not done:
                    held.append(f"{table}.{column}")
                elif f"{table} {key}: it is not what the audit trail recorded." not in verify_rows(house):
                    unseen.append(f"{table}.{column}")
    assert unseen == []
    assert tried > (20 if house == "portal" else 70)
    assert len(held) <= 4, held
    assert verify_rows(house) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE investors_case SET state = 'withdrawn' WHERE state = 'rejected'", "its last step left it rejected"),
        ("DELETE FROM investors_caseevent WHERE event = 'take'", "does not follow from the step before it"),
        ("UPDATE portal_document SET sha256 = repeat('0', 64)", "it is not the document in the store"),
        ("UPDATE portal_document SET sha256 = repeat('0', 64)", "it is not the paper that was kept"),
        ("UPDATE investors_listedname SET name = 'Somebody Else'", "its names are not those that were imported"),
        ("DELETE FROM investors_listedname", "there are 0 of 1"),
        ("DELETE FROM investors_hit", "it raised 1 matches; there are 0"),
        ("DELETE FROM investors_hit", "the audit trail tells of it, and it is gone"),
        ("DELETE FROM investors_determination_revocation", "the audit trail tells of it, and it is gone"),
        ("UPDATE investors_representation SET text = 'I am not.'", "its text does not give its hash"),
        ("UPDATE investors_determination SET basis = '501(a)(6)'", "tells of another basis, clock or reason"),
        ("UPDATE investors_accreditation_request SET state = 'open'", "its determination says otherwise"),
        ("UPDATE investors_investor SET country = 'FR', us_person = false", "country"),
        ("UPDATE investors_investor SET politically_exposed = NOT politically_exposed", "politically_exposed"),
        ("UPDATE investors_investor SET legal_name = address", "cannot be opened"),
        ("UPDATE investors_relatedperson SET country = 'KP'", "related_persons differ from revision"),
        ("UPDATE investors_revision SET snapshot = replace(snapshot, 'a', 'b')", "cannot be opened"),
        (
            "INSERT INTO investors_caseevent (case_id, event, before, after, text, actor, actor_label, at) "
            "SELECT case_id, 'approve', after, 'approved', '', actor, '', at FROM investors_caseevent ORDER BY id DESC LIMIT 1",
            "no event of the audit trail tells of it",
        ),
        ("UPDATE portal_deposit SET amount_minor = amount_minor + 1", "the ledger has no posting of 500000001 USD"),
        ("UPDATE portal_deposit SET owner = 'investor:' || gen_random_uuid()", "the ledger has no posting"),
        ("UPDATE portal_withdrawal SET amount_minor = 1", "its reservation in the ledger says otherwise"),
        (
            "UPDATE portal_withdrawal SET state = 'paid', transaction_id = gen_random_uuid() WHERE key = 'w3'",
            "disagree on whether it is paid",
        ),
        ("UPDATE portal_withdrawal SET state = 'approved' WHERE key = 'w2'", "its approval says otherwise"),
        ("UPDATE portal_withdrawal SET destination = account_name", "its destination cannot be opened"),
        ("UPDATE portal_withdrawal SET destination_shown = '•••1'", "is not the one that is kept"),
        ("UPDATE portal_approval SET facts = '{}'", "what was asked, by whom or when"),
        ("UPDATE portal_approval SET maker = 'user:eve'", "what was asked, by whom or when"),
        ("UPDATE portal_approval SET checker = 'user:eve' WHERE checker <> ''", "another decision, person or time"),
        ("UPDATE portal_approval SET note = 'x' WHERE checker <> ''", "another decision, person or time"),
        (
            "UPDATE portal_approval SET state = 'approved', checker = 'user:eve', decided_at = now() WHERE state = 'requested'",
            "another decision, person or time",
        ),
        ("DELETE FROM portal_approval", "is gone, and the trail tells of it"),
        ("DELETE FROM portal_deposit", "the audit trail tells of it, and it is gone"),
    ],
)  # fmt: skip
def test_a_row_changed_by_a_superuser_is_named(story, superuser_connection, statement, sentence):
    superuser_connection.execute("SET session_replication_role = replica")
    superuser_connection.execute(statement)
    found = [*verify_investors(), *verify_money(), *verify_approvals()]
    assert any(sentence in line for line in found), found
