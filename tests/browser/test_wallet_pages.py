"""Wallets and one's own data in a real browser; signing by the browser's wallet, played by a real key."""

import os
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client

from investors.closure import services as closing
from investors.wallets import decisions, selectors
from investors.wallets.facts import ListedInput
from investors.wallets.models import Challenge
from portal.domain.roles import Role
from tests.browser.test_investors_pages import look
from tests.factories import accounts
from tests.factories.investors import approved_investor, new_investor
from tests.factories.wallets import Key, proved

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES", "")


def test_pages_of_wallets_and_ones_own_data(context, site):
    now = datetime.now(UTC)
    made = approved_investor(at=now, cash={"USD": 123_456_789_00})
    proved(made.investor, at=now)
    key = Key()
    decisions.list_addresses(
        source="OFAC SDN",
        list_date=now.date(),
        entries=[ListedInput(key.address, "ETH", "SDN-1")],
        actor=accounts.SETUP,
        at=now,
    )
    proved(made.investor, at=now, key=key)
    asked = closing.ask_export(investor_id=made.id, actor=made.actor, at=now)
    closing.make_export(export_id=asked.id, actor=accounts.SETUP, at=now)
    there = Challenge.objects.order_by("issued_at").first().pk
    look(context, site, made.user, ["/wallets/", f"/wallets/{there}/sign/", "/data/", "/documents/"])


def test_an_officers_pages_of_wallets_and_closing(context, site):
    now = datetime.now(UTC)
    investor = new_investor(at=now)
    proved(investor, at=now)
    asked = closing.ask_to_close(investor_id=investor.id, wish="Moving.", actor=accounts.SETUP, at=now)
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    paths = ["/compliance/wallets/", "/compliance/closures/", f"/compliance/closures/{asked.id}/"]
    look(context, site, officer, paths)


def test_a_wallet_in_the_browser_fills_the_form(context, site):
    person, key = accounts.person(), Key()
    investor = new_investor(user=person)
    client = accounts.sign_in(Client(), person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page = context.new_page()
    page.expose_function("signText", lambda text: key.sign(bytes.fromhex(text[2:]).decode()))
    page.add_init_script(
        "window.ethereum = {request: async ({method, params}) => method === 'personal_sign'"
        f" ? await window.signText(params[0]) : ['{key.address}']}}"
    )
    page.goto(f"{site}/wallets/")
    page.get_by_role("button", name="Take it from my wallet").click()
    page.wait_for_function("document.querySelector('[data-wallet=address]').value !== ''")
    page.get_by_role("button", name="Give me the message").click()
    page.get_by_role("button", name="Sign with my wallet").click()
    page.wait_for_function("document.querySelector('[data-wallet=signature]').value !== ''")
    page.get_by_role("button", name="Prove").click()
    page.wait_for_url(f"{site}/wallets/")
    assert [one.address for one in selectors.wallets_of(investor.id)] == [key.address]


def test_without_a_wallet_no_button_stands_there(context, site):
    person = accounts.person()
    new_investor(user=person)
    client = accounts.sign_in(Client(), person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page = context.new_page()
    page.goto(f"{site}/wallets/")
    assert not page.get_by_role("button", name="Take it from my wallet").is_visible()
