"""The demonstration's bank: an account that may be paid to, a transfer credited, another that waits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from investors.bank_accounts import selectors as bank_accounts
from portal.funding import reconciliation, selectors
from portal.management.story import banking, investors
from portal.management.story.cast import found_house
from portal.management.story.clock import Clock
from portal.management.story.people import Person

pytestmark = pytest.mark.django_db


def test_the_story_verifies_an_account_and_imports_a_statement():
    clock = Clock(timezone.now() - timedelta(days=10))
    house = found_house("Aldermoor", clock)
    hero = investors.sign_up(Person("Ada Quillfeather"), clock)
    banking.verify_account(hero, hero.user.name, house, clock)
    clock.days(5)
    done = banking.import_statement(hero, hero.user.name, house, clock)
    assert (done.matched, done.suspense) == (1, 1)
    (account,) = bank_accounts.bank_accounts(investor_id=hero.id)
    assert account.usable(clock())
    (cash,) = selectors.cash(owner=hero.owner)
    assert (cash.currency, cash.posted) == ("EUR", 250_000)
    assert all(one.agrees for one in reconciliation.reconciled())
