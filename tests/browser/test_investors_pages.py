"""Pages about investors and money in a real browser: no page breaks the policy, none is wider than a phone."""

import os
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client

from investors.accreditation import services as accreditation
from investors.kyc import decisions
from portal.domain.roles import Role
from portal.funding import services as funding
from tests.factories import accounts
from tests.factories.investors import approved_investor, pdf, screening_list, submitted_case

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES", "")


def look(context, site, who, paths):
    client = accounts.sign_in(Client(), who)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    for width in (1440, 390, 320):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            page.goto(site + path)
            assert page.locator("h1").count() == 1, path
            wider = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wider <= 0, f"{path} is {wider} px wider than {width} px"
            if PICTURES:
                page.screenshot(
                    path=f"{PICTURES}/{path.strip('/').replace('/', '-')}-{width}.png", full_page=True
                )
        page.close()


def test_an_investors_pages(context, site):
    made = approved_investor(at=datetime.now(UTC), cash={"USD": 123_456_789_00, "EUR": 50_00})
    funding.request_withdrawal(
        key="w",
        owner=made.owner,
        currency="USD",
        amount_minor=20_000_00,
        account_name="Ada Quillfeather",
        destination="DE89370400440532013000",
        actor=made.actor,
        at=datetime.now(UTC),
    )
    paths = [
        "onboarding",
        "profile",
        "onboarding/documents",
        "accreditation",
        "cash/deposit",
        "cash/withdraw",
        "documents",
    ]
    look(context, site, made.user, [f"/{path}/" for path in paths])


def test_somebody_who_begins(context, site):
    look(context, site, accounts.person(), ["/profile/"])


def test_the_officers_pages(context, site):
    now = datetime.now(UTC)
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    screening_list(at=now, source="OFAC SDN", rows="SDN-1,Ada Quillfeather,1961\n")
    case = submitted_case(at=now, legal_name="Ada Quillfeather", politically_exposed=True)
    decisions.take(case_id=case.id, officer_id=officer.id, actor=accounts.actor(officer), at=now)
    made = approved_investor(at=now, officer=officer, cash={"USD": 5_000_000})
    other = approved_investor(at=now, officer=officer, accredited=False)
    asked = accreditation.ask(
        investor_id=other.id, basis="501(a)(5)", method="professional_letter", actor=other.actor, at=now
    )
    accreditation.add_paper(
        request_id=asked.id,
        kind="professional_letter",
        dated=now.date(),
        filename="letter.pdf",
        content=pdf(),
        actor=other.actor,
        at=now,
    )
    accreditation.submit_request(request_id=asked.id, actor=other.actor, at=now)
    paths = [
        "kyc",
        f"kyc/{case.id}",
        "accreditation",
        f"accreditation/{asked.id}",
        "matches",
        "lists",
        "investors",
        f"investors/{made.id}",
        "deposits",
        "withdrawals",
    ]
    look(context, site, officer, [f"/compliance/{path}/" for path in paths])
