"""The front doors in a real browser: no page breaks the policy, none is wider than a phone, none needs script."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from portal.audit.sequencer import seal_all
from portal.domain.roles import Role
from tests.factories import accounts, books

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = ["/", "/styleguide/", "/log/", "/figures/", "/more/", "/accounts/login/"]
INVESTOR = ["/", "/portfolio/", "/cash/", "/activity/", "/more/"]
HOUSE = [
    "/compliance/",
    "/compliance/approvals/",
    "/compliance/health/",
    "/compliance/portal/membership/",
    "/console/",
]


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def cookie(who: accounts.UserFacts, site: str) -> dict:
    client = accounts.sign_in(Client(), who)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": site}


def look(context, site: str, paths: list[str]) -> None:
    for width in (1440, 390, 320):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        for path in paths:
            page.goto(site + path)
            wider = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wider <= 0, f"{path} is {wider} px wider than {width} px"
            assert page.locator("h1").count() == 1, path
        page.close()


def test_pages_for_everybody_fit_and_keep_the_policy(context, site: str) -> None:
    look(context, site, OPEN)


def test_an_investors_pages_fit_and_keep_the_policy(context, site: str, now: datetime) -> None:
    mara = books.owner(now, name="Mara Lindqvist")
    books.deposit(
        mara.owner, 123_456_789_012, now, memo="Bank transfer with a long reference ALD-4471-4471-4471-4471"
    )
    books.hold(mara.owner, 1_285_000, now, code="HLP-B", name="Harborview Logistics Park, class B", scale=4)
    seal_all(at=now)
    context.add_cookies([cookie(mara.user, site)])
    look(context, site, INVESTOR)


def test_the_consoles_fit_and_keep_the_policy(context, site: str) -> None:
    context.add_cookies([cookie(accounts.member(Role.COMPLIANCE_OFFICER), site)])
    look(context, site, HOUSE)


@pytest.fixture
def without_script(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    context.set_default_timeout(8000)
    yield context.new_page()
    context.close()


def test_menus_and_preferences_work_without_script(without_script: Page, site: str) -> None:
    page = without_script
    page.context.add_cookies([cookie(accounts.member(Role.OPERATOR), site)])
    page.goto(f"{site}/compliance/")
    expect(page.get_by_role("link", name="Outbox")).to_be_hidden()
    page.locator("label[for=side-toggle]").click()
    page.get_by_role("link", name="Outbox").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Every message")
    page.goto(f"{site}/more/")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_keyboard_reaches_the_content_first(context, site: str) -> None:
    page = context.new_page()
    page.goto(f"{site}/figures/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
