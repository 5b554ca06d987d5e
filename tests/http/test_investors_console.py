"""The compliance console's pages about investors and money."""

from datetime import date
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from investors.screening import selectors as screening
from portal.audit import selectors as audit
from portal.domain.roles import Role
from portal.funding import selectors as funding
from portal.funding import services as funding_services
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, screening_list, submitted_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return accounts.member(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def desk(client, officer):
    return sign_in(client, officer)


def take(desk, case):
    assert desk.post(reverse("compliance:kyc-take", args=[case.id])).status_code == 302


def decide(desk, case, decision, reason="Papers seen and in order."):
    return desk.post(
        reverse("compliance:kyc-decide", args=[case.id]), {"decision": decision, "reason": reason}
    )


def test_the_queue_and_the_work_queue_lead_to_the_case(desk):
    case = submitted_case()
    reference = profiles.investor(case.investor_id).reference
    link = reverse("compliance:kyc-case", args=[case.id])
    for page in ("compliance:kyc", "compliance:index"):
        told = desk.get(reverse(page)).content.decode()
        assert reference in told
        assert link in told


def test_approving_from_the_case_page(desk):
    case = submitted_case()
    assert "Take the case" in desk.get(reverse("compliance:kyc-case", args=[case.id])).content.decode()
    take(desk, case)
    assert decide(desk, case, "approve").status_code == 302
    assert kyc.case(case.id).state == "approved"


def test_asking_rejecting_and_handing_back(desk):
    for decision, state in (("ask", "needs_information"), ("reject", "rejected"), ("hand_back", "submitted")):
        case = submitted_case()
        take(desk, case)
        assert decide(desk, case, decision).status_code == 302
        assert kyc.case(case.id).state == state


def test_a_decision_without_a_reason_changes_nothing(desk):
    case = submitted_case()
    take(desk, case)
    assert decide(desk, case, "approve", reason="ok").status_code == 422
    assert kyc.case(case.id).state == "in_review"


def test_a_risky_case_needs_a_second_officer(desk, client, officer):
    case = submitted_case(politically_exposed=True)
    take(desk, case)
    assert decide(desk, case, "approve").status_code == 302
    assert kyc.case(case.id).state == "awaiting_second"
    own = desk.post(
        reverse("compliance:kyc-second", args=[case.id]),
        {"decision": "confirm", "reason": "I agree with me."},
    )
    assert own.status_code == 422
    assert kyc.case(case.id).state == "awaiting_second"
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    page = client.get(reverse("compliance:kyc-case", args=[case.id])).content.decode()
    assert "One of two" in page
    answer = client.post(
        reverse("compliance:kyc-second", args=[case.id]), {"decision": "confirm", "reason": "I agree."}
    )
    assert answer.status_code == 302
    assert kyc.case(case.id).state == "approved"


def test_personal_data_is_masked_until_opened_with_a_reason_that_is_kept(desk):
    case = submitted_case(legal_name="Ada Quillfeather", identifier_kind="us.ssn", identifier="536-90-4399")
    link = reverse("compliance:kyc-case", args=[case.id])
    told = desk.get(link).content.decode()
    assert "Quillfeather" not in told
    assert "536904399" not in told.replace("-", "")
    assert "•••••4399" in told
    bare = desk.post(reverse("compliance:kyc-reveal", args=[case.id]), {"reason": ""})
    assert bare.status_code == 422
    assert "Quillfeather" not in bare.content.decode()
    opened = desk.post(
        reverse("compliance:kyc-reveal", args=[case.id]), {"reason": "Comparing with the passport."}
    )
    assert "Ada Quillfeather" in opened.content.decode()
    assert "no-store" in opened["Cache-Control"]
    events = audit.events(subject=f"investor:{case.investor_id}")
    (event,) = [one for one in events if one.action == "investor.personal_data_opened"]
    assert event.reason == "Comparing with the passport."
    assert "Quillfeather" not in event.facts


def test_an_auditor_reads_and_decides_nothing(client):
    case = submitted_case(legal_name="Ada Quillfeather")
    sign_in(client, accounts.member(Role.AUDITOR))
    assert client.get(reverse("compliance:kyc-case", args=[case.id])).status_code == 200
    for name in ("kyc-take", "kyc-decide", "kyc-reveal", "kyc-screen", "kyc-second", "kyc-message"):
        assert (
            client.post(reverse(f"compliance:{name}", args=[case.id]), {"reason": "because"}).status_code
            == 403
        )
    assert kyc.case(case.id).state == "submitted"


@pytest.mark.parametrize("role", [Role.ISSUER_ADMIN, Role.ISSUER_VIEWER, Role.INVESTOR])
def test_nobody_else_sees_cases(client, role):
    case = submitted_case()
    sign_in(client, accounts.member(role))
    for page in (
        "kyc",
        "matches",
        "accreditation",
        "investors",
        "deposits",
        "withdrawals",
        "screening-lists",
    ):
        assert client.get(reverse(f"compliance:{page}")).status_code == 403
    assert client.get(reverse("compliance:kyc-case", args=[case.id])).status_code == 403


def test_unknown_ids_are_not_found(desk):
    for name in ("kyc-case", "accreditation-request", "determination", "investor", "withdrawal"):
        assert desk.get(reverse(f"compliance:{name}", args=[uuid4()])).status_code == 404


def test_without_a_list_the_console_says_so_plainly(desk):
    told = desk.get(reverse("compliance:index")).content.decode()
    assert "No sanctions list has been imported" in told
    told = desk.get(reverse("compliance:screening-lists")).content.decode()
    assert "No list has been imported" in told


def send_list(desk, text, source="OFAC SDN", day="2026-01-02"):
    file = SimpleUploadedFile("sdn.csv", text.encode())
    return desk.post(
        reverse("compliance:screening-lists"), {"source": source, "list_date": day, "file": file}
    )


def test_importing_a_list_from_the_page(desk):
    assert send_list(desk, "reference,name\nA-1,Some Body\n").status_code == 302
    (found,) = screening.all_lists()
    assert (found.source, found.list_date, found.names) == ("OFAC SDN", date(2026, 1, 2), 1)
    again = send_list(desk, "reference,name\nA-1,Some Body\n")
    assert again.status_code == 422
    assert "very file was imported" in again.content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("reference\nA\n", "must name the columns"),
        ("reference,name\n", "has no names"),
        ("reference,name\nA,\n", "Line 2"),
        ("reference,name,born\nA,B,1990-13-01\n", "Line 2"),
        ("", "empty"),
    ],
)
def test_a_bad_list_is_refused_with_its_line(desk, text, sentence):
    answer = send_list(desk, text)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert screening.all_lists() == []


def test_a_match_is_compared_and_decided(desk):
    screening_list(at=timezone.now(), source="Test list", rows="T-1,Ada Quillfeather,1980-02-29\n")
    case = submitted_case(legal_name="Quillfeather Ada")
    (hit,) = screening.hits(state="open")
    told = desk.get(reverse("compliance:matches")).content.decode()
    assert "One name match waits" in told
    assert "Quillfeather Ada" not in told
    opened = desk.post(reverse("compliance:match-compare", args=[hit.id]), {"reason": "Side by side."})
    assert "Quillfeather Ada" in opened.content.decode()
    take(desk, case)
    refused = decide(desk, case, "approve")
    assert refused.status_code == 422
    assert "1 name matches are undecided" in refused.content.decode()
    sent = {"match": "clear", "reason": "Another person, born elsewhere."}
    assert desk.post(reverse("compliance:match-decide", args=[hit.id]), sent).status_code == 302
    assert decide(desk, case, "approve").status_code == 302


def test_a_deposit_is_credited_by_an_operator_only(client, officer):
    made = approved_investor()
    sent = {
        "owner": made.investor.reference.lower(),
        "currency": "USD",
        "amount": "12.50",
        "bank_reference": "BK-77",
    }
    sign_in(client, officer)
    assert client.post(reverse("compliance:deposits"), sent).status_code == 403
    sign_in(client, accounts.member(Role.OPERATOR))
    for nobody in (f"investor:{uuid4()}", "investor:ada", "INV-0000000"):
        unknown = client.post(reverse("compliance:deposits"), {**sent, "owner": nobody})
        assert unknown.status_code == 422
        assert "There is no investor" in unknown.content.decode()
    assert funding.deposits(owner=made.owner) == []
    assert client.post(reverse("compliance:deposits"), sent).status_code == 302
    (one,) = funding.deposits(owner=made.owner)
    assert one.amount_minor == 1250
    assert "BK-77" in client.get(reverse("compliance:deposits")).content.decode()
    other = client.post(reverse("compliance:deposits"), {**sent, "amount": "13"})
    assert other.status_code == 422
    assert "was credited on" in other.content.decode()
    unknown = client.post(
        reverse("compliance:deposits"), {**sent, "owner": "INV-000000", "bank_reference": "BK-78"}
    )
    assert "There is no investor" in unknown.content.decode()


def test_a_large_withdrawal_is_approved_by_one_and_paid_by_another(client, officer):
    made = approved_investor(cash={"USD": 5_000_000})
    asked_for = funding_services.request_withdrawal(
        key="w-1",
        owner=made.owner,
        currency="USD",
        amount_minor=1_000_001,
        account_name="Ada",
        destination="DE89370400440532013000",
        actor=made.actor,
        at=timezone.now(),
    )
    page = reverse("compliance:withdrawal", args=[asked_for.id])
    sign_in(client, officer)
    assert "You may be the second" in client.get(page).content.decode()
    assert client.post(reverse("compliance:withdrawal-approve", args=[asked_for.id])).status_code == 302
    assert (
        client.post(
            reverse("compliance:withdrawal-pay", args=[asked_for.id]), {"bank_reference": "P-1"}
        ).status_code
        == 403
    )
    sign_in(client, accounts.member(Role.OPERATOR))
    assert (
        client.post(
            reverse("compliance:withdrawal-pay", args=[asked_for.id]), {"bank_reference": "P-1"}
        ).status_code
        == 302
    )
    assert funding.withdrawal(asked_for.id).state == "paid"
    assert client.get(page).status_code == 200
    assert client.get(reverse("compliance:withdrawals")).status_code == 200


def test_the_list_of_investors_and_one_of_them(desk):
    made = approved_investor(legal_name="Ada Quillfeather", cash={"USD": 100})
    told = desk.get(reverse("compliance:investors"), {"q": made.investor.reference}).content.decode()
    assert made.investor.reference in told
    assert "Quillfeather" not in told
    told = desk.get(reverse("compliance:investor", args=[made.id])).content.decode()
    assert "may subscribe" in told
    assert "Quillfeather" not in told
