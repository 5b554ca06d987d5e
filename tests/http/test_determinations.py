"""Determinations from the pages: worksheets, standings, revocation."""

import pytest
from django.urls import reverse
from django.utils import timezone

from investors.accreditation import selectors as accreditation
from investors.accreditation import services as accreditation_services
from portal.domain.errors import Invalid
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return accounts.member(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def desk(client, officer):
    return sign_in(client, officer)


def asked(made, *, kind="professional_letter", method="professional_letter", basis="501(a)(5)", year=None):
    now = timezone.now()
    one = accreditation_services.ask(
        investor_id=made.id, basis=basis, method=method, actor=made.actor, at=now
    )
    accreditation_services.add_paper(
        request_id=one.id,
        kind=kind,
        dated=now.date(),
        filename="a.pdf",
        content=pdf(),
        tax_year=year,
        actor=made.actor,
        at=now,
    )
    return accreditation_services.submit_request(request_id=one.id, actor=made.actor, at=now)


DETERMINE = {
    "outcome": "accredited",
    "basis": "501(a)(5)",
    "method": "professional_letter",
    "reason": "The letter is of a CPA in good standing.",
}


def test_determining_and_revoking_from_the_pages(desk):
    made = approved_investor(accredited=False)
    one = asked(made)
    link = reverse("compliance:accreditation-request", args=[one.id])
    assert link in desk.get(reverse("compliance:accreditation")).content.decode()
    assert "Write the record" in desk.get(link).content.decode()
    assert (
        desk.post(reverse("compliance:accreditation-determine", args=[one.id]), DETERMINE).status_code == 302
    )
    (record,) = accreditation.determinations(made.id)
    assert made.claims(timezone.now().date()).is_verified_accredited
    page = reverse("compliance:determination", args=[record.id])
    assert "Accredited investor under 501(a)(5)" in desk.get(page).content.decode()
    assert desk.post(page, {"reason": "The letter was forged."}).status_code == 302
    assert not made.claims(timezone.now().date()).is_accredited
    assert desk.post(page, {"reason": "Once more, please."}).status_code == 422


def test_a_worksheet_at_the_limit_refuses_and_a_cent_more_passes(desk):
    made = approved_investor(accredited=False)
    one = asked(made)
    link = reverse("compliance:accreditation-determine", args=[one.id])
    at_limit = desk.post(link, {**DETERMINE, "assets": "1000000.00", "liabilities": "0"})
    assert at_limit.status_code == 422
    assert "must be over $1,000,000" in at_limit.content.decode()
    assert accreditation.determinations(made.id) == []
    assert accreditation.request(one.id).state == "open"
    assert desk.post(link, {**DETERMINE, "assets": "1000000.01", "liabilities": "0"}).status_code == 302


def test_the_owners_of_an_entity_are_looked_through(desk):
    made = approved_investor(accredited=False, kind="entity")
    one = asked(made, kind="owner_list", method="principles_based", basis="501(a)(8)")
    link = reverse("compliance:accreditation-determine", args=[one.id])
    sent = {**DETERMINE, "basis": "501(a)(8)", "method": "principles_based"}
    wrong = desk.post(link, {**sent, "owners": "Holding LLC; entity; no\n-- Ben; person; yes"})
    assert wrong.status_code == 422
    assert "Line 2: it has more dashes" in wrong.content.decode()
    failing = desk.post(
        link, {**sent, "owners": "Ada; person; yes\nHolding LLC; entity; no\n- Ben; person; no"}
    )
    assert failing.status_code == 422
    assert "not shown to be accredited: Ben." in failing.content.decode()
    assert accreditation.determinations(made.id) == []
    whole = {**sent, "owners": "Ada; person; yes\nHolding LLC; entity; no\n- Ben; person; yes"}
    assert desk.post(link, whole).status_code == 302
    assert made.claims(timezone.now().date()).is_verified_accredited


def test_another_basis_shows_its_worksheet_and_decides_nothing(desk):
    made = approved_investor(accredited=False)
    one = asked(made)
    link = reverse("compliance:accreditation-determine", args=[one.id])
    assert (
        "good_standing_on"
        not in desk.get(reverse("compliance:accreditation-request", args=[one.id])).content.decode()
    )
    page = desk.post(link, {**DETERMINE, "basis": "501(a)(10)", "method": "principles_based", "show": "1"})
    assert page.status_code == 200
    assert "good_standing_on" in page.content.decode()
    assert accreditation.determinations(made.id) == []
    assert accreditation.request(one.id).state == "open"


def test_a_minimum_investment_needs_the_amount_and_both_sentences(desk):
    made = approved_investor(accredited=False)
    now = timezone.now()
    said = ["investor_representation", "financing_representation"]
    accreditation_services.represent(investor_id=made.id, kinds=said, actor=made.actor, at=now)
    one = asked(made, kind="other", method="minimum_investment")
    link = reverse("compliance:accreditation-determine", args=[one.id])
    sent = {**DETERMINE, "method": "minimum_investment"}
    short = desk.post(link, {**sent, "commitment": "199999.99"})
    assert short.status_code == 422
    assert "asks for at least $200,000" in short.content.decode()
    doubted = desk.post(link, {**sent, "commitment": "200000", "contrary_knowledge": "on"})
    assert "Something known speaks against it." in doubted.content.decode()
    assert accreditation.determinations(made.id) == []
    assert desk.post(link, {**sent, "commitment": "200000"}).status_code == 302


def test_a_qualified_purchaser_is_determined_and_is_not_thereby_accredited(desk):
    made = approved_investor(accredited=False)
    now = timezone.now()
    accreditation_services.represent(
        investor_id=made.id, kinds=["purchaser_representation"], actor=made.actor, at=now
    )
    one = asked(made, kind="asset_statement", method="purchaser_documents", basis="2(a)(51)(i)")
    link = reverse("compliance:accreditation-determine", args=[one.id])
    sent = {**DETERMINE, "basis": "2(a)(51)(i)", "method": "purchaser_documents"}
    short = desk.post(link, {**sent, "investments": "5000000", "acquisition_debt": "0.01"})
    assert short.status_code == 422
    assert "must be at least $5,000,000" in short.content.decode()
    assert desk.post(link, {**sent, "investments": "5000000"}).status_code == 302
    claims = made.claims(now.date())
    assert claims.standing("qualified_purchaser").basis == "2(a)(51)(i)"
    assert not claims.is_accredited
    (record,) = accreditation.determinations(made.id)
    assert record.reuse_until is None
    page = desk.get(reverse("compliance:determination", args=[record.id])).content.decode()
    assert "Qualified purchaser under 2(a)(51)(i)" in page


def test_a_purchase_before_2013_counts_for_that_issuer_only():
    made = approved_investor(accredited=False)
    with pytest.raises(Invalid, match="the issuer must be named"):
        accreditation_services.ask(
            investor_id=made.id,
            basis="501(a)(5)",
            method="earlier_investor",
            actor=made.actor,
            at=timezone.now(),
        )
    assert accreditation.request_under_way(made.id) is None
