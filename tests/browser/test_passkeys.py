"""Passkeys in a real browser: sign up with one, sign in with one, and what they open."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Page

from portal.accounts.models import User
from portal.audit.models import Event
from portal.domain.roles import Role
from tests.factories import accounts as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page on a device that makes and shows passkeys without asking anybody."""
    cache.clear()
    opened = context.new_page()
    devtools = context.new_cdp_session(opened)
    devtools.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    return opened


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def leave(page: Page, site: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{site}/accounts/login/")


def enter_by_passkey(page: Page) -> None:
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def test_somebody_signs_up_and_in_with_a_passkey_alone(page, site):
    page.goto(f"{site}/accounts/signup/passkey/")
    page.get_by_label("Email").fill("ada@somewhere.example")
    page.get_by_role("button", name="Send the code").click()
    page.wait_for_url("**/accounts/confirm-email/")
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", mail.outbox[-1].body, re.M).group(1)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/accounts/2fa/webauthn/signup/")
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)

    ada = User.objects.get()
    assert not ada.has_usable_password()
    assert Authenticator.objects.get(type="webauthn").user_id == ada.pk

    leave(page, site)
    enter_by_passkey(page)
    assert path_of(page) == "/"
    assert '"webauthn"' in Event.objects.filter(action="account.signed_in").latest("id").facts


def test_an_operator_is_stopped_makes_a_passkey_and_enters_with_it_from_then_on(page, site):
    operator = make.member(Role.OPERATOR, password=make.PASSWORD)
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("Email").fill(operator.email)
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/accounts/second-factor/**")
    assert page.get_by_role("heading", level=1).inner_text() == "Your role needs a second factor"

    page.get_by_role("link", name="Make a passkey").click()
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("office key")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    assert page.locator("code").count() == 10

    page.goto(f"{site}/accounts/sessions/")
    assert path_of(page) == "/accounts/sessions/"

    leave(page, site)
    enter_by_passkey(page)
    assert path_of(page) == "/compliance/"


def test_a_passkey_is_the_second_factor_after_a_password_too(page, site):
    operator = make.member(Role.OPERATOR, password=make.PASSWORD)
    page.goto(f"{site}/accounts/login/?next=/accounts/2fa/webauthn/add/")
    page.get_by_label("Email").fill(operator.email)
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Confirm").wait_for()
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/")

    leave(page, site)
    page.get_by_label("Email").fill(operator.email)
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/accounts/2fa/authenticate/")
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.wait_for_url("**/compliance/**")
