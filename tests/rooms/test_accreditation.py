"""Determination records: what they rest on, who made them, and that they stay."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from investors.accreditation import decisions, selectors, services
from investors.accreditation.facts import EvidenceInput
from investors.accreditation.models import Determination
from investors.domain.accreditation import Balance, net_worth_test
from portal.audit import selectors as audit
from portal.documents.services import store
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.investors import approved_investor, new_investor, pdf

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
WHY = "The evidence shows it."


@pytest.fixture
def officer():
    return accounts.member(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def investor():
    return new_investor(at=AT)


def paper(investor, at=AT):
    return store(
        owner=investor.owner,
        kind="accreditation",
        filename="a.pdf",
        content=pdf(),
        actor=accounts.SETUP,
        at=at,
    )


def letter(investor, dated=None):
    return EvidenceInput(paper(investor).id, "professional_letter", dated or AT.date())


def determine(investor, officer, *, at=AT, **change):
    facts = {
        "accredited": True,
        "basis": "501(a)(5)",
        "method": "professional_letter",
        "reason": WHY,
        "evidence": [letter(investor)],
        **change,
    }
    return decisions.determine(
        investor_id=investor.id, officer_id=officer.id, actor=accounts.actor(officer), at=at, **facts
    )


def test_the_record_says_basis_method_evidence_officer_and_dates(investor, officer):
    given = letter(investor, AT.date() - timedelta(days=10))
    made = determine(investor, officer, evidence=[given])
    (record,) = selectors.determinations(investor.id)
    assert record == made
    assert (record.basis, record.method, record.decided_by) == (
        "501(a)(5)",
        "professional_letter",
        officer.id,
    )
    assert (record.decided_at, record.reason) == (AT, WHY)
    assert [(e.document_id, e.dated) for e in record.evidence] == [(given.document_id, given.dated)]
    assert record.evidence_until.isoformat() == "2026-09-05"
    assert {finding["rule"] for finding in record.findings} == {
        "method-fits",
        "evidence-complete",
        "evidence-clock",
    }
    (event,) = [e for e in audit.events(subject=investor.owner) if e.action == "accreditation.determined"]
    assert record.evidence[0].sha256 in event.facts


def test_only_an_issuers_own_determination_can_be_re_used(investor, officer):
    issuer = uuid4()
    assert determine(investor, officer).reuse_until is None
    assert determine(investor, officer, issuer_id=issuer).reuse_until.isoformat() == "2031-06-15"
    sale = AT.date().replace(year=2030)
    assert not selectors.claims_of(investor.id, on=sale, issuer_id=issuer).is_accredited
    services.represent(
        investor_id=investor.id,
        kinds=["investor_representation"],
        issuer_id=issuer,
        actor=accounts.SETUP,
        at=AT.replace(year=2030),
    )
    found = selectors.claims_of(investor.id, on=sale, issuer_id=issuer).accredited
    assert (found.via, found.represented_on) == ("reuse", sale)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"evidence": []}, "Missing"),
        ({"method": "net_worth_documents"}, "Missing"),
        ({"method": "income_documents"}, "cannot support"),
        ({"reason": "ok"}, "reason"),
        ({"basis": "501(a)(3)"}, "natural person"),
        ({"basis": "501(a)(99)"}, "no basis"),
        ({"method": "astrology"}, "no method"),
    ],
)
def test_what_is_not_complete_is_refused_and_leaves_no_record(investor, officer, change, sentence):
    with pytest.raises(Invalid, match=sentence):
        determine(investor, officer, **change)
    assert not Determination.objects.exists()
    assert not [e for e in audit.events(subject=investor.owner) if e.action == "accreditation.determined"]


@pytest.mark.parametrize(("days", "accepted"), [(0, True), (92, True), (93, False)])
def test_a_letter_older_than_three_months_is_refused(investor, officer, days, accepted):
    old = [letter(investor, AT.date() - timedelta(days=days))]
    if accepted:
        assert determine(investor, officer, evidence=old).accredited
    else:
        with pytest.raises(services.EvidenceIncomplete, match="supports a sale until"):
            determine(investor, officer, evidence=old)
        assert not Determination.objects.exists()


def test_a_paper_of_somebody_else_or_of_tomorrow_is_no_evidence(investor, officer):
    other = new_investor(at=AT)
    with pytest.raises(decisions.NotTheInvestorsPaper):
        determine(investor, officer, evidence=[letter(other)])
    with pytest.raises(Invalid, match="in the future"):
        determine(investor, officer, evidence=[letter(investor, AT.date() + timedelta(days=1))])
    assert not Determination.objects.exists()


def test_a_failed_worksheet_refuses_and_a_passed_one_stands_in_the_record(investor, officer):
    poor = net_worth_test(balance=Balance(1_000_000_00, 0), on=AT.date())
    with pytest.raises(services.EvidenceIncomplete, match="must be over"):
        determine(investor, officer, worksheet=[poor])
    assert not Determination.objects.exists()
    rich = net_worth_test(balance=Balance(1_000_000_01, 0), on=AT.date())
    made = determine(investor, officer, worksheet=[rich])
    assert [f["used"] for f in made.findings if f["rule"] == "net-worth"] == ["100000001"]


def test_a_refusal_is_a_record_too_and_gives_no_right(investor, officer):
    made = determine(investor, officer, accredited=False, evidence=[], reason="The letter is not signed.")
    assert not made.accredited
    assert not selectors.claims_of(investor.id, on=AT.date()).is_accredited


def test_nobody_determines_his_own_accreditation():
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    own = new_investor(at=AT, user=officer)
    with pytest.raises(decisions.OwnDetermination):
        determine(own, officer)
    assert not Determination.objects.exists()


def test_the_minimum_investment_path_rests_on_fresh_representations(investor, officer):
    def ask(at=AT):
        return determine(investor, officer, method="minimum_investment", evidence=[], at=at)

    with pytest.raises(services.EvidenceIncomplete, match="Missing"):
        ask()
    services.represent(
        investor_id=investor.id,
        kinds=["investor_representation", "financing_representation"],
        actor=accounts.SETUP,
        at=AT,
    )
    made = ask()
    assert made.evidence_until is None
    assert {e.kind for e in made.evidence} == {"investor_representation", "financing_representation"}
    assert selectors.claims_of(investor.id, on=AT.date() + timedelta(days=30)).is_accredited
    assert not selectors.claims_of(investor.id, on=AT.date() + timedelta(days=31)).is_accredited


def test_a_revoked_determination_stays_and_counts_no_more(investor, officer):
    made = determine(investor, officer)
    later = AT + timedelta(days=3)
    decisions.revoke(
        determination_id=made.id, reason="Forged letter.", actor=accounts.actor(officer), at=later
    )
    assert selectors.claims_of(investor.id, on=AT.date()).is_accredited
    assert not selectors.claims_of(investor.id, on=later.date()).is_accredited
    (record,) = selectors.determinations(investor.id)
    assert (record.accredited, record.revoked_at, record.revocation_reason) == (True, later, "Forged letter.")
    with pytest.raises(decisions.AlreadyRevoked):
        decisions.revoke(determination_id=made.id, reason="Again, then.", actor=accounts.SETUP, at=later)


@pytest.mark.parametrize(
    "table",
    ["investors_determination", "investors_determination_evidence", "investors_representation"],
)
def test_records_cannot_be_changed(table):
    made = approved_investor(at=AT)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    assert made.claims(AT.date()).is_accredited


def asked(investor, **change):
    facts = {"basis": "501(a)(5)", "method": "professional_letter", **change}
    return services.ask(investor_id=investor.id, actor=accounts.SETUP, at=AT, **facts)


def add(request, **change):
    facts = {
        "kind": "professional_letter",
        "dated": AT.date(),
        "filename": "a.pdf",
        "content": pdf(),
        **change,
    }
    return services.add_paper(request_id=request.id, actor=accounts.SETUP, at=AT, **facts)


def test_a_request_is_completed_submitted_and_decided_once(investor, officer):
    request = asked(investor)
    with pytest.raises(services.RequestUnderWay):
        asked(investor)
    with pytest.raises(services.EvidenceIncomplete):
        services.submit_request(request_id=request.id, actor=accounts.SETUP, at=AT)
    assert selectors.request(request.id).state == "draft"
    add(request)
    assert services.submit_request(request_id=request.id, actor=accounts.SETUP, at=AT).state == "open"
    assert [one.id for one in selectors.queue()] == [request.id]
    made = determine(investor, officer, evidence=[], request_id=request.id)
    assert [e.kind for e in made.evidence] == ["professional_letter"]
    assert selectors.request(request.id).state == "decided"
    with pytest.raises(NotAllowedNow):
        determine(investor, officer, evidence=[], request_id=request.id)
    assert Determination.objects.count() == 1


def test_somebody_elses_request_is_not_found(investor, officer):
    other = new_investor(at=AT)
    request = asked(other)
    add(request)
    services.submit_request(request_id=request.id, actor=accounts.SETUP, at=AT)
    with pytest.raises(selectors.NoSuchRequest):
        determine(investor, officer, request_id=request.id)
    assert selectors.request(request.id).state == "open"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "napkin"}, "kind"),
        ({"dated": AT.date() + timedelta(days=1)}, "dated"),
        ({"kind": "tax_form"}, "tax_year"),
        ({"kind": "tax_form", "tax_year": 1989}, "tax_year"),
        ({"kind": "tax_form", "tax_year": 2027}, "tax_year"),
        ({"filename": "a.exe"}, "document"),
        ({"content": b""}, "document"),
    ],
)
def test_a_bad_paper_names_its_field_and_is_not_kept(investor, change, field):
    request = asked(investor)
    with pytest.raises(Invalid) as refused:
        add(request, **change)
    assert refused.value.field == field
    assert selectors.request(request.id).papers == ()


@pytest.mark.parametrize("kinds", [[], ["everything"], ["investor_representation", "everything"]])
def test_only_known_sentences_are_confirmed(investor, kinds):
    with pytest.raises(Invalid):
        services.represent(investor_id=investor.id, kinds=kinds, actor=accounts.SETUP, at=AT)
