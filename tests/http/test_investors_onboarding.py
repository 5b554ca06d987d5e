"""The investor's pages: onboarding step by step, accreditation, cash."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from investors.accreditation import selectors as accreditation
from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from portal.domain.roles import Role
from portal.funding import selectors as funding
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, bank_account, fund, new_investor, pdf, screening_list

pytestmark = pytest.mark.django_db

PROFILE = {
    "kind": "natural",
    "legal_name": "Ada <b>Quillfeather</b>",
    "born_or_formed": "1980-02-29",
    "country": "DE",
    "tax_countries": ["DE"],
    "identifier_kind": "none",
    "identifier": "",
    "address": "1 Example Street",
    "expected": "2500.50",
}


def upload(name="passport.pdf", content=None):
    return SimpleUploadedFile(name, content or pdf("scan"))


@pytest.fixture
def person():
    return accounts.person()


@pytest.fixture
def page(client, person):
    return sign_in(client, person)


def test_somebody_not_signed_in_is_led_to_sign_in(client):
    for name in (
        "profile",
        "onboarding",
        "onboarding-documents",
        "accreditation",
        "cash-deposit",
        "cash-withdraw",
    ):
        answer = client.get(reverse(name))
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/")


def test_an_officer_has_no_investor_profile(client):
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert client.get(reverse("profile")).status_code == 403


def test_a_later_step_before_the_profile_is_told_as_not_found(page):
    for name in (
        "related-persons",
        "onboarding-documents",
        "onboarding-submit",
        "accreditation",
        "cash-withdraw",
    ):
        assert page.get(reverse(name)).status_code == 404
    assert page.get(reverse("onboarding")).url == reverse("profile")


def test_onboarding_from_the_first_page_to_submission(page, person):
    now = timezone.now()
    screening_list(at=now)
    assert page.get(reverse("profile")).status_code == 200
    assert page.post(reverse("profile"), PROFILE).url == reverse("onboarding-documents")
    investor = profiles.investor_of_user(person.id)
    assert (investor.country, investor.us_person, investor.expected_minor) == ("DE", False, 250_050)

    assert "Passport" in page.get(reverse("onboarding-documents")).content.decode()
    sent = {
        "kind": "identity",
        "expires_on": (now + timedelta(days=900)).date().isoformat(),
        "file": upload(),
    }
    assert page.post(reverse("onboarding-documents"), sent).status_code == 302
    told = page.get(reverse("onboarding-submit")).content.decode()
    assert "One thing is missing" in told
    assert "Proof of address" in told
    early = page.post(reverse("onboarding-submit"))
    assert early.status_code == 422
    assert kyc.open_case(investor.id).state == "draft"

    assert (
        page.post(
            reverse("onboarding-documents"), {"kind": "address", "file": upload("bill.pdf")}
        ).status_code
        == 302
    )
    assert "Everything is there" in page.get(reverse("onboarding-submit")).content.decode()
    assert page.post(reverse("onboarding-submit")).url == reverse("onboarding")
    assert kyc.open_case(investor.id).state == "submitted"
    told = page.get(reverse("onboarding")).content.decode()
    assert "waits for a compliance officer" in told
    assert "Quillfeather" not in told


def test_what_was_typed_is_escaped_and_shown_to_its_owner_only(page):
    page.post(reverse("profile"), PROFILE)
    told = page.get(reverse("profile")).content.decode()
    assert "Ada &lt;b&gt;Quillfeather&lt;/b&gt;" in told
    assert "<b>Quillfeather" not in told


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"born_or_formed": "2026-02-30"}, "not one of the calendar"),
        ({"born_or_formed": "2999-01-01"}, "lies in the future"),
        ({"country": "XX"}, "not one of the available choices"),
        ({"identifier_kind": "us.ssn", "identifier": "000-00-0000"}, "not a valid number"),
        ({"identifier_kind": "us.ein", "identifier": "91-1144442"}, "does not fit the investor"),
        ({"expected": "1_000"}, "not a plain decimal number"),
        ({"expected": "٣"}, "not a plain decimal number"),
        ({"expected": "-1"}, "negative"),
        ({"legal_name": "x" * 201}, "200"),
        ({"kind": "robot"}, "not one of the available choices"),
    ],
)
def test_bad_input_is_told_at_its_field_and_opens_no_profile(page, person, change, sentence):
    answer = page.post(reverse("profile"), {**PROFILE, **change})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert profiles.investor_of_user(person.id) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [("scan.exe", b"MZ"), ("scan.pdf", b"<html>"), ("scan.pdf", b""), ("a.html.pdf", b"%PDF-1.4\n%%EOF")],
)
def test_a_disguised_or_empty_upload_is_refused_and_opens_no_case(page, person, name, content):
    page.post(reverse("profile"), PROFILE)
    answer = page.post(
        reverse("onboarding-documents"), {"kind": "identity", "file": SimpleUploadedFile(name, content)}
    )
    assert answer.status_code == 200
    assert 'class="error' in answer.content.decode() or "errorlist" in answer.content.decode()
    investor = profiles.investor_of_user(person.id)
    case = kyc.open_case(investor.id)
    assert case is None or kyc.papers(case.id) == []


def test_an_upload_over_the_limit_is_refused(page, settings):
    settings.DOCUMENT_MAX_BYTES = 1000
    page.post(reverse("profile"), PROFILE)
    answer = page.post(
        reverse("onboarding-documents"), {"kind": "identity", "file": upload(content=b"%PDF-" + b"x" * 2000)}
    )
    assert "at most 0.0 MB" in answer.content.decode()


def test_the_officers_question_is_shown_and_the_answer_goes_back(client):
    made = new_investor()
    user = accounts.selectors.user(made.user_id)
    sign_in(client, user)
    told = client.get(reverse("onboarding")).content.decode()
    assert "Identity has not been checked" in told


def test_an_entity_names_who_controls_it(page, person):
    sent = {**PROFILE, "kind": "entity", "entity_form": "llc"}
    assert page.post(reverse("profile"), sent).url == reverse("related-persons")
    assert page.get(reverse("related-persons")).status_code == 200
    owner = {"role": "beneficial_owner", "name": "Bea Owner", "country": "DE", "ownership": "60"}
    assert page.post(reverse("related-persons"), owner).status_code == 302
    over = page.post(reverse("related-persons"), {**owner, "ownership": "40.0001"})
    assert "100.0001 % together" in over.content.decode()
    investor = profiles.investor_of_user(person.id)
    (found,) = profiles.related_persons(investor.id)
    assert found.ownership_ppm == 600_000
    assert page.post(reverse("related-person-end", args=[found.id])).status_code == 302
    assert profiles.related_persons(investor.id) == []


def test_somebody_elses_related_person_is_not_found(page, person):
    other = new_investor(kind="entity")
    (theirs,) = profiles.related_persons(other.id)
    page.post(reverse("profile"), {**PROFILE, "kind": "entity"})
    assert page.post(reverse("related-person-end", args=[theirs.id])).status_code == 404
    assert profiles.related_persons(other.id) == [theirs]


def test_asking_for_accreditation_with_a_letter(client):
    made = approved_investor(accredited=False)
    sign_in(client, made.user)
    assert "Not accredited yet" in client.get(reverse("accreditation")).content.decode()
    asked = client.post(reverse("accreditation-ask"), {"basis": "501(a)(5)", "method": "professional_letter"})
    assert asked.url == reverse("accreditation")
    early = client.post(reverse("accreditation-submit"))
    assert early.status_code == 422
    today = timezone.now().date()
    sent = {"kind": "professional_letter", "dated": today.isoformat(), "file": upload("letter.pdf")}
    assert client.post(reverse("accreditation-evidence"), sent).status_code == 302
    assert client.post(reverse("accreditation-submit")).status_code == 302
    (waiting,) = accreditation.queue()
    assert waiting.investor_id == made.id
    assert "An officer looks at your request" in client.get(reverse("accreditation")).content.decode()


def test_a_method_that_does_not_fit_the_basis_is_refused(client):
    made = approved_investor(accredited=False)
    sign_in(client, made.user)
    answer = client.post(reverse("accreditation-ask"), {"basis": "501(a)(10)", "method": "income_documents"})
    assert answer.status_code == 422
    assert "cannot support 501(a)(10)" in answer.content.decode()
    assert accreditation.request_under_way(made.id) is None


def test_confirming_in_writing_is_recorded(client):
    made = approved_investor(accredited=False)
    sign_in(client, made.user)
    assert client.post(reverse("accreditation-confirm"), {"kinds": []}).status_code == 422
    answer = client.post(reverse("accreditation-confirm"), {"kinds": ["investor_representation"]})
    assert answer.status_code == 302


def test_the_deposit_page_shows_the_reference(client):
    made = approved_investor(cash={"EUR": 12_345})
    sign_in(client, made.user)
    told = client.get(reverse("cash-deposit")).content.decode()
    assert funding.reference(owner=made.owner, currency="EUR") in told
    assert "DE02 1203 0000 0000 2020 51" in told
    assert "Open a GBP account" in told
    assert client.post(reverse("cash-account-open", args=["GBP"])).status_code == 302
    given = funding.reference(owner=made.owner, currency="GBP")
    assert len(given) == 12
    assert given in client.get(reverse("cash-deposit")).content.decode()
    assert client.post(reverse("cash-account-open", args=["JPY"])).status_code == 422
    assert [one.currency for one in funding.cash(owner=made.owner)] == ["EUR", "GBP"]


WITHDRAWAL = {
    "currency": "USD",
    "amount": "40.00",
}


def to_his_account(made) -> dict[str, str]:
    return {**WITHDRAWAL, "bank_account": str(bank_account(made.investor).id)}


def test_withdrawing_from_the_page_and_taking_it_back(client):
    made = approved_investor(cash={"USD": 10_000})
    sent = to_his_account(made)
    sign_in(client, made.user)
    assert client.post(reverse("cash-withdraw"), sent).status_code == 302
    (asked,) = funding.withdrawals(owner=made.owner)
    assert (asked.amount_minor, asked.state) == (4_000, "approved")
    assert "DE89 ••• 3000" in client.get(reverse("cash-withdraw")).content.decode()
    assert client.post(reverse("withdrawal-cancel", args=[asked.id])).status_code == 302
    assert funding.withdrawal(asked.id).state == "cancelled"


def test_the_same_form_sent_twice_withdraws_once(client):
    made = approved_investor(cash={"USD": 10_000})
    sign_in(client, made.user)
    sent = {**to_his_account(made), "form_key": "a-key-of-the-form-1"}
    assert client.post(reverse("cash-withdraw"), sent).status_code == 302
    assert client.post(reverse("cash-withdraw"), sent).status_code == 302
    assert len(funding.withdrawals(owner=made.owner)) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"amount": "100.01"}, "100"),
        ({"amount": "0"}, "zero"),
        ({"amount": "1.001"}, "3 decimals"),
        ({"amount": "NaN"}, "not a plain decimal number"),
        ({"bank_account": "DE00"}, "not one of the available choices"),
        ({"bank_account": str(uuid4())}, "not one of the available choices"),
        ({"currency": "JPY"}, "not one of the available choices"),
    ],
)
def test_a_bad_withdrawal_reserves_nothing(client, change, sentence):
    made = approved_investor(cash={"USD": 10_000})
    sent = to_his_account(made)
    sign_in(client, made.user)
    answer = client.post(reverse("cash-withdraw"), {**sent, **change})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert funding.withdrawals(owner=made.owner) == []
    assert funding.cash(owner=made.owner)[0].available == 10_000


def test_money_does_not_leave_for_somebody_not_identified(client):
    investor = new_investor()
    fund(investor, amount_minor=5_000)
    sent = {**WITHDRAWAL, "bank_account": str(bank_account(investor).id)}
    sign_in(client, accounts.selectors.user(investor.user_id))
    answer = client.post(reverse("cash-withdraw"), sent)
    assert "Identity has not been checked" in answer.content.decode()
    assert funding.withdrawals(owner=investor.owner) == []


def test_somebody_elses_withdrawal_is_not_found(client):
    made, other = approved_investor(cash={"USD": 10_000}), approved_investor()
    sent = to_his_account(made)
    sign_in(client, made.user)
    client.post(reverse("cash-withdraw"), sent)
    (asked,) = funding.withdrawals(owner=made.owner)
    sign_in(client, other.user)
    assert client.post(reverse("withdrawal-cancel", args=[asked.id])).status_code == 404
    assert client.post(reverse("withdrawal-cancel", args=[uuid4()])).status_code == 404
    assert funding.withdrawal(asked.id).state == "approved"
